import { dtypeOf, fromArrayProto } from "../../core/array-proto.ts";
import type { Tensor } from "../../core/tensor.ts";
import { arrayDataTypes, type ArrayProto } from "../../protos/array-proto.ts";
import type { Handler } from "./handler.ts";

/** What a processor answers with 400. */
export class BadRequest extends Error {}

/** Bytes of a message. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * A handler of POST requests whose bodies are messages. The vendor answers 400 both to a body that is wrong and when the
 * model throws; anything else that is thrown is a mistake of the handler itself, and left to the gateway.
 *
 * @param answer Makes the message of the answer; what it throws as a {@linkcode BadRequest} is said with 400.
 * @param describe Answers GET, for a processor that does.
 */
export function messageHandler(
  answer: (body: Bytes, request: Request) => Promise<Bytes>,
  describe?: () => Response | Promise<Response>,
): Handler {
  return async (request) => {
    const { method } = request;
    if (describe && (method === "GET" || method === "HEAD")) return describe();
    if (method !== "POST") return new Response("method not allowed", { status: 405 });
    try {
      const body = await answer(new Uint8Array(await request.arrayBuffer()), request);
      return new Response(body, { headers: { "content-type": "application/octet-stream" } });
    } catch (error) {
      if (error instanceof BadRequest) return new Response(error.message, { status: 400 });
      throw error;
    }
  };
}

/** Reads a request, or the part of it that is named; whatever is wrong with it is the caller's mistake. */
export function reading<Value>(read: () => Value, what?: string): Value {
  try {
    return read();
  } catch (error) {
    throw badRequest(`${what ? `${what}: ` : ""}${error instanceof Error ? error.message : error}`);
  }
}

/** Runs a model. */
export async function running<Outputs>(run: () => Outputs | Promise<Outputs>): Promise<Outputs> {
  try {
    return await run();
  } catch (error) {
    throw new BadRequest(`the model failed: ${error instanceof Error ? error.message : error}`);
  }
}

/** The error of a request that a processor does not take. */
export function badRequest(state: string): BadRequest {
  return new BadRequest(`bad request: ${state}`);
}

/** Reads one tensor of a request: of a known element type, with as many elements as its shape holds. */
export function readInput(array: ArrayProto, what: string): Tensor {
  if (!dtypeOf(arrayDataTypes[array.dtype ?? 0])) {
    throw badRequest(`${what} has the unknown element type ${typeName(array.dtype)}`);
  }
  const made = reading(() => fromArrayProto(array), what);
  if (made.isComplete) return made;
  throw badRequest(
    `${what} has ${made.data.length} elements, which don't fill its shape [${made.shape.join(", ")}]`,
  );
}

/** Refuses names that a model does not have. */
export function refuseUnknown(
  what: string,
  names: Iterable<string>,
  specs: readonly { readonly name: string }[],
): void {
  for (const name of names) {
    if (specs.some((spec) => spec.name === name)) continue;
    throw badRequest(`the model has no ${what} "${name}"; it has ${list(specs.map(({ name }) => name))}`);
  }
}

/** The vendor's name of an element type, such as `DT_FLOAT`. */
export function typeName(number = 0): string {
  const name = arrayDataTypes[number];
  return name ? `DT_${name}` : String(number);
}

/** Names as a message lists them. */
export function list(names: Iterable<string>): string {
  return Array.from(names, (name) => JSON.stringify(name)).join(", ") || "none";
}
