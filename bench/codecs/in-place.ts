/**
 * Requests of our codec whose arrays are filled where they lie in the message.
 *
 * @module
 */
import assert from "node:assert/strict";
import { allocate, type ArraySpec } from "../../plugins/serializers/tensorflow.ts";
import { decode, predictRequest } from "../../protos/tf-predict.ts";
import { type Payload, signatureName } from "../payloads.ts";

/**
 * Makes the request of a payload and fills it; the function takes its bytes, which is all that is left to do for each
 * request. Nothing for payloads of other elements than floats.
 */
export function inPlace({ family, sources }: Payload): (() => Uint8Array) | undefined {
  const isFloat = sources.every(({ field }) => field === "float_val" || field === "double_val");
  if (!isFloat || family !== "tf") return undefined;
  const inputs: Record<string, ArraySpec> = {};
  for (const { name, field, shape } of sources) {
    inputs[name] = { dtype: field === "float_val" ? "float32" : "float64", shape };
  }
  const request = allocate({ signatureName, inputs });
  // of the same kind as the source, as its dtype says
  for (const { name, data } of sources) (request.inputs[name] as Float32Array).set(data as Float32Array);
  const read = decode(predictRequest, request.toBytes(), { copy: true }).inputs;
  for (const { name, field, data } of sources) {
    const values = read?.get(name)?.[field] as ArrayLike<unknown> | undefined; // numbers, as in the source
    assert.ok(values?.length === data.length, `${name} is not in the request`);
    for (let i = 0; i < data.length; i++) assert.ok(values[i] === data[i], `${name} has another value`);
  }
  return () => request.toBytes();
}
