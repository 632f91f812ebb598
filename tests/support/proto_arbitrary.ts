import fc from "fast-check";
import type { FieldSchema, Schema } from "../fixtures/protos/make.ts";
import { unicodeText } from "./unicode_text.ts";
import type { MessageSchema, VectorMessage } from "./proto_values.ts";

const bits = (type: string): bigint => type.endsWith("64") ? 64n : 32n;

/** Integers of any type with its extremes among them, which fast-check favours. */
function integer(type: string): fc.Arbitrary<bigint> {
  const unsigned = /^[uf]/.test(type);
  const half = 2n ** (bits(type) - 1n);
  return fc.bigInt(unsigned ? { min: 0n, max: 2n * half - 1n } : { min: -half, max: half - 1n });
}

const shownNumber = (value: number): unknown =>
  Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : `${value}`;

function scalar({ type, numbers }: FieldSchema): fc.Arbitrary<unknown> {
  switch (type) {
    case "enum":
      return fc.constantFrom(...numbers!);
    case "bool":
      return fc.boolean();
    case "string":
      return unicodeText();
    case "bytes":
      return fc.array(fc.integer({ min: 0, max: 255 }))
        .map((bytes) => ({ $hex: bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("") }));
    case "float":
      return fc.float().map(shownNumber);
    case "double":
      return fc.double().map(shownNumber);
    default:
      return integer(type).map((value) => type.endsWith("64") ? `${value}` : Number(value));
  }
}

/** Messages in the form of the vectors: each field is there or not; defaults and twice the same key may be. */
export function anyMessage({ fields, schema }: MessageSchema, depth = 1): fc.Arbitrary<VectorMessage> {
  const required: string[] = [];
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, field] of Object.entries(fields)) {
    const inner = schema[field.type];
    if (inner && depth === 0) continue;
    members[name] = anyField(field, schema, depth);
    if (field.isRequired) required.push(name);
  }
  return fc.record(members, { requiredKeys: required }).map((message) => firstMembers(fields, message));
}

function anyField(field: FieldSchema, schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const inner = schema[field.type];
  const one = inner ? anyMessage({ fields: inner, schema }, depth - 1) : scalar(field);
  if (field.isList) return fc.array(one, { maxLength: 20 });
  if (!field.keyType) return one;
  return fc.array(fc.tuple(scalar({ type: field.keyType }), one), { maxLength: 4 });
}

/** A oneof holds one member. */
function firstMembers(fields: Schema[string], message: VectorMessage): VectorMessage {
  const full = new Set<string>();
  return Object.fromEntries(
    Object.entries(message).filter(([name]) => {
      const { oneof } = fields[name]!;
      if (oneof === undefined) return true;
      return full.size !== full.add(oneof).size;
    }),
  );
}
