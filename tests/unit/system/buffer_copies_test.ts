// Node's Buffer is a Uint8Array whose slice() shares memory: a copy must be one all the same.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { decode, encode, predictResponse } from "../../../protos/tf-predict.ts";

test("copy: true copies out of a Buffer", () => {
  const array = { string_val: ["secret"], bool_val: Uint8Array.of(1, 0), float_val: Float32Array.of(1) };
  const buffer = Buffer.from(encode(predictResponse, { outputs: new Map([["x", array]]) }));
  const read = decode(predictResponse, buffer, { copy: true }).outputs!.get("x")!;
  buffer.fill(0);
  assert.deepEqual([...read.bool_val!], [1, 0]);
  assert.deepEqual([...read.float_val!], [1]);
  assert.equal(new TextDecoder().decode(read.string_val![0] as Uint8Array), "secret");
});
