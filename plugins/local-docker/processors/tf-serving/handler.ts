import { toArrayProto, typeNumber } from "../../../../core/array-proto.ts";
import type { Tensor } from "../../../../core/tensor.ts";
import type { ArrayProto } from "../../../../protos/array-proto.ts";
import { decode, encode, predictRequest, predictResponse } from "../../../../protos/tf-predict.ts";
import type { Handler } from "../../../processors/handler.ts";
import {
  BadRequest,
  badRequest,
  type Bytes,
  list,
  messageHandler,
  reading,
  readInput,
  refuseUnknown,
  typeName,
} from "../../../processors/tensor-handler.ts";
import { describeSignature } from "../../../processors/tensorflow-processor.ts";
import type { AskContainer } from "../proxied-service.ts";
import { withOneRow, withoutRows } from "./empty-batch.ts";
import { readResponse } from "./read-response.ts";
import {
  describe,
  names,
  readSignatures,
  type ServedSignature,
  type ServedSignatures,
} from "./signatures.ts";
import { writeRequest } from "./write-request.ts";

/**
 * A TensorFlow processor whose model runs in TensorFlow Serving: what comes as messages is asked there in JSON. Integers,
 * strings and floats are exact; what that JSON has no words for (half precision, complex numbers, strings that are no
 * text from outputs whose names don't end in `_bytes`) is answered with 400 and the reason.
 *
 * @param model Name of the model there.
 */
export function tfServing(model: string, ask: AskContainer): Handler {
  const path = `v1/models/${model}`;
  let known: Promise<ServedSignatures> | undefined;

  /** Asks once, or again after a failure. */
  function signatures(): Promise<ServedSignatures> {
    return known ??= said(ask(`${path}/metadata`)).then((text) => readSignatures(JSON.parse(text)))
      .catch((error) => {
        known = undefined;
        throw error;
      });
  }

  async function answer(body: Bytes, { signal }: Request): Promise<Bytes> {
    const request = reading(() => decode(predictRequest, body));
    const signature = select(await signatures(), request.signature_name);
    const inputs = readInputs(request.inputs ?? new Map(), signature);
    refuseUnknown("output", request.output_filter ?? [], signature.outputs);
    const oneRow = withOneRow(inputs, signature);
    const text = writeRequest(signature.signatureName, oneRow ?? inputs);
    const wanted = new Set(request.output_filter?.length ? request.output_filter : names(signature.outputs));
    const answer = await said(ask(`${path}:predict`, { method: "POST", body: text, signal }));
    const read = readResponse(answer, signature.outputs, wanted);
    const outputs = oneRow ? withoutRows(read, signature) : read;
    return encode(predictResponse, {
      outputs: new Map(Array.from(wanted, (name) => [name, writeOutput(name, outputs, signature)])),
    });
  }
  return messageHandler(answer, async () => describeSignature(describe((await signatures()).usual)));
}

function select({ byName, usual }: ServedSignatures, name = ""): ServedSignature {
  const found = name ? byName.get(name) : usual;
  if (found) return found;
  throw badRequest(`the model has no signature "${name}"; it has ${list(byName.keys())}`);
}

/** Tensors of the signature's types; whether their shapes fit, the model itself knows best. */
function readInputs(
  given: ReadonlyMap<string, ArrayProto>,
  { inputs }: ServedSignature,
): Map<string, Tensor> {
  refuseUnknown("input", given.keys(), inputs);
  return new Map(inputs.map(({ name, type }) => {
    const array = given.get(name), what = `input "${name}"`;
    if (!array) throw badRequest(`${what} is missing`);
    const made = readInput(array, what);
    if (array.dtype === typeNumber(type)) return [name, made];
    throw badRequest(`${what} is ${typeName(array.dtype)}, the model takes ${type}`);
  }));
}

function writeOutput(
  name: string,
  outputs: ReadonlyMap<string, Tensor>,
  { outputs: specs }: ServedSignature,
): ArrayProto {
  const { type } = specs.find((spec) => spec.name === name)!; // names were checked
  if (typeNumber(type) >= 0) return toArrayProto(outputs.get(name)!, `output "${name}"`, typeNumber(type));
  throw badRequest(`output "${name}" is ${type}, which processors can't send; ask for others by name`);
}

/**
 * What the server says. That it refuses is the caller's mistake; that it can't be reached is not.
 *
 * @throws {BadRequest} when it refuses, with its own words.
 */
async function said(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.ok) return textOf(bytes);
  const reason = errorOf(new TextDecoder().decode(bytes));
  const isRefusal = response.status === 400 || response.status === 501; // what its JSON has no words for is 501
  if (isRefusal) throw new BadRequest(`the model failed: ${reason}`);
  throw new Error(`TensorFlow Serving answered ${response.status}: ${reason}`);
}

/** @throws {BadRequest} when an output has bytes that are no text, which TensorFlow Serving writes as they are. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw badRequest(
      'an output has strings that are no text; such an output needs a name that ends in "_bytes"',
    );
  }
}

/** What an answer says is wrong; the whole of it when it is not in the usual form. */
function errorOf(text: string): string {
  try {
    const { error } = JSON.parse(text);
    return String(error);
  } catch {
    return text.slice(0, 1000);
  }
}
