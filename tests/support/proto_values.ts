/**
 * Messages of protobufjs in the form of the vectors, which is JSON without a loss (see `valueRules` in their files),
 * and back. Pure functions; the types of the fields come from `tests/fixtures/protos/schemas.json`.
 *
 * @module
 */
import type { FieldSchema, Schema } from "../fixtures/protos/make.ts";
import schemas from "../fixtures/protos/schemas.json" with { type: "json" };
import { fromHex, toHex } from "./hex.ts";

/** A message in the form of the vectors. */
export type VectorMessage = { readonly [field: string]: unknown };

/** The fields of one message, and where those are found that it holds. */
export interface MessageSchema {
  readonly fields: Schema[string];
  readonly schema: Schema;
}

/** The schema of a message: `messageSchema("torch", "pytorch.eas.PredictRequest")`. */
export function messageSchema(file: keyof typeof schemas, name: string): MessageSchema {
  const schema: Schema = schemas[file];
  return of(schema, name);
}

function of(schema: Schema, name: string): MessageSchema {
  const fields = schema[name];
  if (!fields) throw new Error(`no message ${name}`);
  return { fields, schema };
}

/** How a library takes what JSON has no form for. */
export interface Form {
  long(value: bigint): unknown;
  map(entries: [key: unknown, value: unknown][]): unknown;
}

/** As `protobuf()` takes it. */
export const sdkForm: Form = { long: (value) => value, map: (entries) => new Map(entries) };

/** As protobufjs itself takes it. */
export const protobufjsForm: Form = {
  long: (value) => `${value}`,
  map: (entries) => Object.fromEntries(entries),
};

/** A message as a library takes it. */
export function fromVector(
  message: MessageSchema,
  value: VectorMessage,
  form: Form,
): Record<string, unknown> {
  return convert(message, value, (field, item) => {
    const one = (item: unknown): unknown => fromScalar(field, item, message.schema, form);
    if (!field.keyType) return field.isList ? (item as unknown[]).map(one) : one(item);
    const key = { type: field.keyType };
    const pairs = (item as [unknown, unknown][]).map((
      [k, v],
    ): [unknown, unknown] => [fromScalar(key, k, message.schema, form), one(v)]);
    return form.map(pairs);
  });
}

/** What was read as the vectors show it: defaults without presence left out, maps by ascending keys. */
export function toVector(message: MessageSchema, value: object): Record<string, unknown> {
  return convert(message, value as VectorMessage, (field, item) => {
    const one = (item: unknown): unknown => toScalar(field, item, message.schema);
    if (field.keyType) {
      const pairs = Object.entries(item as object).map((
        [k, v],
      ): [unknown, unknown] => [toKey(field.keyType!, k), one(v)]);
      return pairs.length ? pairs.sort(([a], [b]) => compare(field.keyType!, a, b)) : undefined;
    }
    if (field.isList) return (item as unknown[]).length ? Array.from(item as unknown[], one) : undefined;
    const shown = one(item);
    return field.hasPresence || !isDefault(field, shown) ? shown : undefined;
  });
}

function convert(
  { fields }: MessageSchema,
  value: VectorMessage,
  field: (field: FieldSchema, value: unknown) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(value).map(([name, item]) => {
    if (!Object.hasOwn(fields, name)) throw new Error(`no field ${name} among ${Object.keys(fields)}`);
    return [name, item === undefined || item === null ? undefined : field(fields[name]!, item)];
  });
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

const isLong = (type: string): boolean => type.endsWith("64");

function fromScalar(field: FieldSchema, value: unknown, schema: Schema, form: Form): unknown {
  if (isLong(field.type)) return form.long(BigInt(value as string));
  if (field.type === "float" || field.type === "double") return Number(value);
  if (field.type === "bytes") return fromHex((value as { $hex: string }).$hex);
  return schema[field.type] ? fromVector(of(schema, field.type), value as VectorMessage, form) : value;
}

function toScalar(field: FieldSchema, value: unknown, schema: Schema): unknown {
  if (isLong(field.type)) return toDecimal(field.type, value);
  if (typeof value === "number") {
    return Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : `${value}`;
  }
  if (field.type === "bytes") return { $hex: toHex(value as Uint8Array) };
  return schema[field.type] ? toVector(of(schema, field.type), value as object) : value;
}

/** Of a bigint, a number, decimal digits or the halves that protobufjs makes. */
function toDecimal(type: string, value: unknown): string {
  if (typeof value !== "object") return `${value}`;
  const { low, high } = value as { low: number; high: number };
  const bits = BigInt(high) << 32n | BigInt(low >>> 0);
  return `${/^u|^f/.test(type) ? BigInt.asUintN(64, bits) : bits}`;
}

/** Keys of 64 bits are decimal digits; in messages that protobufjs read they are 8 characters. */
function toKey(type: string, key: string): unknown {
  if (type === "bool") return key === "true";
  if (!isLong(type)) return type === "string" ? key : Number(key);
  if (/^-?\d+$/.test(key)) return key;
  const bytes = new DataView(Uint8Array.from(key, (char) => char.charCodeAt(0)).buffer);
  return toDecimal(type, { low: bytes.getInt32(0, true), high: bytes.getInt32(4, true) });
}

/** Text by its bytes in UTF-8. */
function compare(type: string, a: unknown, b: unknown): number {
  const [x, y] = type === "string"
    ? [a, b].map((text) => toHex(new TextEncoder().encode(text as string)))
    : [a, b].map((key) => BigInt(key as string));
  return x! < y! ? -1 : x! > y! ? 1 : 0;
}

function isDefault({ type }: FieldSchema, shown: unknown): boolean {
  if (isLong(type)) return shown === "0"; // which is text like any other elsewhere
  return [0, "", false].includes(shown as number) || (shown as { $hex?: string }).$hex === "";
}

/**
 * Whether a message in the form of the vectors has a map of several integer-like keys. protobufjs keeps maps in objects,
 * which sort such keys by their size: a reader sees the same map, in other bytes.
 */
export function hasSortedKeys(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const isMap = Array.isArray(value) && value.length > 1 &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] !== "object");
  return isMap && value.some(([key]) => /^-?\d+$/.test(`${key}`)) || Object.values(value).some(hasSortedKeys);
}
