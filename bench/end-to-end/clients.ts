/**
 * Ways to call the service from JavaScript, on any runtime: from typed arrays to typed arrays.
 *
 * @module
 */
import type { Fetch } from "../../core/fetch.ts";
import { Predictor } from "../../core/predictor.ts";
import { type Tensor, tensor } from "../../core/tensors.ts";
import { allocate, tensorflow, type TensorFlowInput } from "../../plugins/serializers/tensorflow.ts";
import { encode, predictRequest, predictResponse } from "../../protos/tf-predict.ts";
import type { Peer, Values } from "../codecs/codec.ts";
import { protobufEs } from "../codecs/protobuf-es.ts";
import { protobufjsStatic } from "../codecs/protobufjs.ts";
import { type Payload, payload, type PayloadId, signatureName, type Source } from "../payloads.ts";
import { isSame } from "./same.ts";
import { undiciFetch } from "./undici-fetch.ts";

/** What a client hands out: the arrays of an answer in the order of the payload's tensors, or unread bytes. */
type Answer = Uint8Array | readonly Values[];

/** One way to call. */
export interface Client {
  /** Calls once. */
  call: () => Promise<unknown>;
  /** Whether what a call has resolved to is what the service says. */
  isRight: (result: never) => boolean;
}

/** One way to send arrays, and how to get them from what a call has resolved to. */
interface ArrayClient {
  call: () => Promise<unknown>;
  read: (result: never) => Answer;
}

/** Makes a client of the service at an address, which holds the payload's arrays. */
type Make = (url: string, payload: Payload) => ArrayClient | Promise<ArrayClient>;

const token = "invented-token";
const headers = { authorization: token, "content-type": "application/octet-stream" };

const makers = {
  fetch: bare,
  predictor,
  allocated,
  undici: async (url, payload) => predictor(url, payload, await undiciFetch()),
  protobufjs: peer(protobufjsStatic),
  "protobuf-es": peer(protobufEs),
} satisfies Record<string, Make>;

/** Name of a client. */
export type ClientName = keyof typeof makers;

/** Makes a client for a payload. */
export async function client(name: string, url: string, id: PayloadId): Promise<Client> {
  if (!isClient(name)) throw new RangeError(`Cannot call with "${name}": no such client`);
  const sent = floats(payload(id)), { call, read } = await makers[name](url, sent);
  return { call, isRight: (result) => isRight(read(result), sent) };
}

/** The service answers with the arrays that it was sent. */
function isRight(answer: Answer, { sources, family, response }: Payload): boolean {
  if (answer instanceof Uint8Array) {
    return family === "tf" && isSame(answer, encode(predictResponse, response));
  }
  return sources.every(({ data }, i) => isSame(answer[i], data));
}

/** All payloads that are sent have tensors of float32, which the clients rely on. */
function floats(payload: Payload): Payload {
  if (payload.sources.every(({ data }) => data instanceof Float32Array)) return payload;
  throw new TypeError(`Cannot send "${payload.id}": not all of its tensors are of float32`);
}

function isClient(name: string): name is ClientName {
  return Object.hasOwn(makers, name);
}

/** The floor: nothing is written and nothing read. */
function bare(url: string, { family, request }: Payload): ArrayClient {
  if (family !== "tf") throw new TypeError("Cannot send it: the service is one of TensorFlow");
  const ready = encode(predictRequest, request);
  return { call: () => post(url, ready), read: (answer: Uint8Array) => answer };
}

/** What a caller without any library writes; no time-out, no retry. */
async function post(url: string, body: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  // peers say of their bytes no more than that they are bytes; none has shared memory
  const response = await fetch(url, { method: "POST", headers, body: body as Uint8Array<ArrayBuffer> });
  if (!response.ok) throw new Error(`Cannot predict: status is ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Time-out, retries, and arrays that are anywhere in the user's memory. */
function predictor(url: string, { sources }: Payload, fetch?: Fetch): ArrayClient {
  const make = (): TensorFlowInput => {
    const inputs: Record<string, Tensor> = {};
    for (const { name, data, shape } of sources) {
      inputs[name] = tensor(data as Float32Array<ArrayBuffer>, shape); // see floats
    }
    return inputs;
  };
  return predicting(url, sources, make, fetch);
}

/** Time-out, retries, and arrays that are filled where they are sent from. */
function allocated(url: string, { sources }: Payload): ArrayClient {
  const inputs = Object.fromEntries(
    sources.map(({ name, shape }) => [name, { dtype: "float32", shape } as const]),
  );
  const request = allocate({ inputs, signatureName });
  for (const { name, data } of sources) request.inputs[name]!.set(data as Float32Array); // see floats
  return predicting(url, sources, () => request);
}

function predicting(
  url: string,
  sources: readonly Source[],
  input: () => TensorFlowInput,
  fetch?: Fetch,
): ArrayClient {
  const predictor = new Predictor({ endpoint: url, token, serializer: tensorflow({ signatureName }), fetch });
  return {
    call: () => predictor.predict(input()),
    read: (outputs: Awaited<ReturnType<typeof predictor.predict>>) =>
      sources.map(({ name }) => outputs[name]!.data),
  };
}

/** A codec by somebody else between `fetch` and the arrays. */
function peer({ make }: Peer): Make {
  return async (url, payload) => {
    const codec = await make(payload);
    return {
      call: async () => codec.decode(await post(url, codec.encode())),
      read: (arrays: Values[]) => arrays,
    };
  };
}
