import { bools, doubles, floats, int32s, int64s, lengths } from "../../protos/arrays.ts";
import type { Field, MessageType } from "../../protos/message.ts";
import { Writer } from "../../protos/writer.ts";
import { bytes, double, float, int32, int64, string, uint64 } from "../../protos/scalars.ts";
import { fromHex, toHex } from "./hex.ts";

/** A message in the form of the vectors: JSON without a loss. See `valueRules` in their files. */
export type VectorValue = { readonly [field: string]: unknown };

type AnyType = Field<unknown>["type"];
interface Conversion {
  from(value: never): unknown;
  to(value: never): unknown;
}

const number: Conversion = {
  from: (value: number | string) => Number(value),
  to: (value: number) =>
    Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : `${value}`,
};
const plain: Conversion = { from: (value) => value, to: (value) => value };
const big: Conversion = { from: (value: string) => BigInt(value), to: (value: bigint) => `${value}` };
const hex: Conversion = {
  from: (value: { $hex: string }) => fromHex(value.$hex),
  to: (value: Uint8Array) => ({ $hex: toHex(value) }),
};

/** How the values of each type are converted; arrays of numbers by the type of one of them. */
const conversions: ReadonlyMap<AnyType, Conversion> = new Map<AnyType, Conversion>([
  [int32, plain],
  [string, plain],
  [int64, big],
  [uint64, big],
  [float, number],
  [double, number],
  [bytes, hex],
  [floats, list(number, Float32Array)],
  [doubles, list(number, Float64Array)],
  [int32s, list(plain, Int32Array)],
  [int64s, list(big, BigInt64Array)],
  [lengths, {
    from: (values: string[]) => BigInt64Array.from(values, BigInt),
    to: (values: ArrayLike<number | bigint>) => Array.from(values, String),
  }],
  [bools, {
    from: (values: boolean[]) => Uint8Array.from(values, Number),
    to: (values: Uint8Array) => Array.from(values, Boolean),
  }],
]);

function list(
  item: Conversion,
  List: { from(values: never[], map: (value: never) => never): unknown },
): Conversion {
  return {
    from: (values: never[]) => List.from(values, item.from as (value: never) => never),
    to: (values: Iterable<never>) => Array.from(values, item.to),
  };
}

function isMessage(type: AnyType): type is MessageType<unknown> {
  return "fields" in type;
}

/** A message as the codec takes it. */
export function fromVector<Message>(type: MessageType<Message>, value: VectorValue): Message {
  return convert(type, value, "from") as Message; // by its own table
}

/** A message as the vectors show it: fields that are not there, or empty lists, left out; maps by ascending keys. */
export function toVector<Message>(type: MessageType<Message>, value: Message): VectorValue {
  return convert(type, value as VectorValue, "to");
}

function convert(type: MessageType<unknown>, value: VectorValue, way: keyof Conversion): VectorValue {
  const fields = type.fields as Record<string, Field<unknown>>;
  const entries = Object.entries(value).flatMap(([name, item]) => {
    const field = fields[name];
    if (!field) throw new Error(`${type.name} has no field ${name}`);
    const isWritten = way === "from" || isNoDefault(field, item);
    return isWritten ? [[name, convertField(field, item, way)]] : [];
  });
  return Object.fromEntries(entries);
}

/** Whether a value is one that is written. */
function isNoDefault(field: Field<unknown>, value: unknown): boolean {
  const to = new Writer();
  if (value !== undefined) field.write(value, to);
  return to.length > 0;
}

function convertField({ key, type }: Field<unknown>, value: unknown, way: keyof Conversion): unknown {
  const one = (type: AnyType, item: unknown): unknown => {
    if (isMessage(type)) return convert(type, item as VectorValue, way);
    const conversion = conversions.get(type);
    if (!conversion) throw new Error("a type without a conversion");
    return conversion[way](item as never);
  };
  if (key) {
    const given = [...value as Iterable<[unknown, unknown]>];
    if (way === "to") given.sort(([a], [b]) => compare(a, b)); // while numbers are numbers
    const pairs = given.map(([name, item]): [unknown, unknown] => [one(key, name), one(type, item)]);
    return way === "from" ? new Map(pairs) : pairs;
  }
  const isNumbers = conversions.has(type) && !("initial" in type);
  return Array.isArray(value) && !isNumbers
    ? (value as unknown[]).map((item) => one(type, item))
    : one(type, value);
}

/** Numbers by value, text by its bytes in UTF-8. */
function compare(a: unknown, b: unknown): number {
  if (typeof a !== "string") return a as number < (b as number) ? -1 : 1; // or two of bigint
  const encode = (text: unknown): string => toHex(new TextEncoder().encode(String(text)));
  return encode(a) < encode(b) ? -1 : 1;
}
