// The tables of the codec say what the .proto files say.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import protobufjs from "protobufjs";
import { bools, doubles, floats, int32s, int64s, lengths } from "../../protos/arrays.ts";
import { arrayDataTypes } from "../../protos/array-proto.ts";
import type { Field, MessageType } from "../../protos/message.ts";
import {
  predictRequest as torchRequest,
  predictResponse as torchResponse,
} from "../../protos/pytorch-predict.ts";
import { attributes, dataFrame, dataFrameList } from "../../protos/queue.ts";
import { bytes, double, float, int32, int64, string, uint64 } from "../../protos/scalars.ts";
import { predictRequest, predictResponse } from "../../protos/tf-predict.ts";
import { pbLogData, pbRequest, pbResponse } from "../../protos/torchrec-predict.ts";
import { root } from "../support/tree.ts";

type AnyType = Field<unknown>["type"];

/** Our types by the words of the language. */
const scalars: Record<string, unknown> = { int32, int64, uint64, float, double, string, bytes };
const lists: Record<string, unknown> = {
  int32: int32s,
  int64: int64s,
  float: floats,
  double: doubles,
  bool: bools,
};

const files: [file: string, imports: string[], tables: Record<string, unknown>][] = [
  ["tf_predict", [], { PredictRequest: predictRequest, PredictResponse: predictResponse }],
  ["pytorch_predict", [], { PredictRequest: torchRequest, PredictResponse: torchResponse }],
  ["torchrec_predict", ["pytorch_predict"], {
    "com.alibaba.pairec.processor.PBRequest": pbRequest,
    "com.alibaba.pairec.processor.PBResponse": pbResponse,
    "com.alibaba.pairec.processor.PBLogData": pbLogData,
  }],
  ["queue", [], {
    DataFrameProto: dataFrame,
    DataFrameListProto: dataFrameList,
    AttributesProto: attributes,
  }],
];

function schemaOf(file: string, imports: readonly string[]): protobufjs.Root {
  const schema = new protobufjs.Root();
  for (const name of [...imports, file]) {
    protobufjs.parse(readFileSync(new URL(`protos/${name}.proto`, root), "utf8"), schema, { keepCase: true });
  }
  schema.resolveAll();
  return schema;
}

/** Compares a table with a message, and those of its fields; tells how many fields were seen. */
function compare(table: MessageType<unknown>, message: protobufjs.Type, seen: Set<unknown>): number {
  if (seen.has(table)) return 0;
  seen.add(table);
  const fields = Object.entries<Field<unknown>>(table.fields);
  assert.deepEqual(
    fields.map(([name, { number }]) => [name, number]),
    message.fieldsArray.map(({ name, id }) => [name, id]),
  );
  let count = fields.length;
  for (const [name, { key, type }] of fields) {
    const field = message.fields[name]!, where = `${message.name}.${name}`;
    if (field instanceof protobufjs.MapField) {
      assert.equal(key, scalars[field.keyType], where);
      count += compareType(type, field, where, seen);
    } else if (field.repeated && field.type in lists) {
      assert.equal(type, field.name === "dim" ? lengths : lists[field.type], where);
      assert.ok(field.packed, `${where} is packed`);
    } else count += compareType(type, field, where, seen);
  }
  return count;
}

function compareType(type: AnyType, field: protobufjs.Field, where: string, seen: Set<unknown>): number {
  const { resolvedType } = field;
  if (resolvedType instanceof protobufjs.Type) {
    return compare(type as MessageType<unknown>, resolvedType, seen);
  }
  assert.equal(type, resolvedType instanceof protobufjs.Enum ? int32 : scalars[field.type], where);
  return 0;
}

for (const [file, imports, tables] of files) {
  test(`the tables of ${file}.proto have its fields, numbers and types`, () => {
    const schema = schemaOf(file, imports), seen = new Set<unknown>();
    for (const [name, table] of Object.entries(tables)) {
      const fields = compare(table as MessageType<unknown>, schema.lookupType(name), seen); // as the row says
      assert.ok(fields > 0 || seen.has(table));
    }
  });
}

test("the element types have the numbers that the files give them", () => {
  for (const file of ["tf_predict", "pytorch_predict"]) {
    const { values } = schemaOf(file, []).lookupEnum("ArrayDataType");
    arrayDataTypes.forEach((name, number) => assert.equal(values[`DT_${name}`], number));
    const rest = Object.keys(values).slice(arrayDataTypes.length);
    assert.deepEqual(rest, ["DT_RESOURCE", "DT_VARIANT"]);
  }
});
