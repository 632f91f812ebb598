/** An object of a saved model. */
export type Json = { readonly [key: string]: unknown };

/** XGBoost writes counts as texts, `"30"`. Without a fallback the count has to be there. */
export function count(parent: Json, name: string, fallback?: number): number {
  const text = parent[name];
  if (text === undefined && fallback !== undefined) return fallback;
  if (typeof text !== "string" || !/^\d{1,9}$/.test(text)) {
    refuse(`"${name}" is ${quote(text)}, expected a count`);
  }
  return Number(text);
}

/** A member that has to be an object. */
export function section(parent: Json, name: string): Json {
  const value = parent[name];
  if (!isObject(value)) refuse(`"${name}" is missing or not an object`);
  return value;
}

/** Whether it is an object, and no list. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether it is a whole number from 0. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Whether it is a whole number that int32 can hold. */
export function isInt32(value: number): boolean {
  return value === (value | 0);
}

/** Whether it is a flag. */
export function isBit(value: number): boolean {
  return value === 0 || value === 1;
}

/** Whether it is a number that float32 can hold, rounded. */
export function isFloat32(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}

/** Whether all of them are numbers that float32 can hold. */
export function isFloats(values: readonly unknown[]): values is number[] {
  return values.every(isFloat32);
}

/** A value from the file for a message: short, whatever it is. */
export function quote(value: unknown): string {
  return (JSON.stringify(value) ?? "missing").slice(0, 60);
}

/** Refuses a model for one reason. */
export function refuse(state: string, cause?: unknown): never {
  throw new Error(`Cannot load XGBoost model: ${state}`, cause === undefined ? undefined : { cause });
}
