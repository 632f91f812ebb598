/**
 * Speaks the messages of any `.proto` file, for processors such as EasyRec, Caffe, Blade and ONNX and for your own.
 * The message types are classes that protobufjs' `pbjs` made, which also run where no code can be made, as in edge
 * workers:
 *
 * ```sh
 * deno run -A npm:protobufjs-cli@2.7.1/pbjs -r recommend -t static-module -w esm --keep-case --no-create --no-verify \
 *   --no-delimited --no-typeurl --no-service --no-comments -o recommend.js easyrec_predict.proto
 * # or: npx -p protobufjs-cli@2.7.1 pbjs … with the same options
 * ```
 *
 * Give each module a name of its own after `-r`, and leave `--no-convert` away. `--keep-case` keeps names of fields as
 * the file has them. Elsewhere, `messageTypes()` of `@pai-edge/sdk/serializers/protobuf-reflection` takes the text of
 * the file. The `.proto` files of the vendor's processors are in the package's folder `protos`.
 *
 * protobufjs writes what it doesn't understand as zero, cuts it off or leaves it out: a bigint, a misspelt field, an
 * integer that is too large. So each request is read back and compared before it is sent.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { protobuf } from "@pai-edge/sdk/serializers/protobuf";
 * import { messageTypes } from "@pai-edge/sdk/serializers/protobuf-reflection"; // or: a module that pbjs made
 *
 * const types = messageTypes(`
 *   syntax = "proto3";
 *   message Request { repeated int64 item_ids = 1; }
 *   message Answer { map<string, double> scores = 1; }
 * `);
 * const predictor = new Predictor({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "recommend",
 *   token: "the token of the service",
 *   serializer: protobuf<{ item_ids: bigint[] }, { scores?: Record<string, number> }>(
 *     types.get("Request"),
 *     types.get("Answer"),
 *   ),
 *   fetch: () => new Response(Uint8Array.from(atob("Cg0KAmkxEQAAAAAAAOg/"), (c) => c.charCodeAt(0))), // leave this out
 * });
 * console.log(await predictor.predict({ item_ids: [9007199254740993n] })); // { scores: { i1: 0.75 } }
 * ```
 *
 * @module
 */
import type { Serializer } from "../../core/serializer.ts";
import { assertKept } from "./protobuf-check.ts";
import { isText, unreadable } from "./protobuf-failure.ts";
import { encodable } from "./protobuf-input.ts";
import type { MessageType } from "./protobuf-message.ts";
import { asBytes, plain } from "./protobuf-output.ts";

export type { MessageType } from "./protobuf-message.ts";

/** Options of {@linkcode protobuf}. */
export interface ProtobufOptions {
  /** Media type of the requests. @default {"application/octet-stream"} */
  contentType?: string;
  /**
   * How integers of 64 bits come: as bigints, as strings, or as numbers, where those beyond ±(2^53 − 1) stay bigints.
   *
   * @default {"bigint"}
   */
  longs?: "bigint" | "number" | "string";
  /** Whether fields that an answer doesn't carry come with their defaults. @default {false} */
  defaults?: boolean;
  /**
   * Whether each request is read back and compared before it is sent, which takes a few times as long as writing it.
   * Without it, what protobufjs doesn't understand is sent as zero or not at all.
   *
   * @default {true}
   */
  check?: boolean;
}

/** A message as a plain object, its fields named as in the class. */
export interface Message {
  /** A field. */
  [name: string]: unknown;
}

/**
 * Reads and writes protobuf messages of the given types. No type parameter is checked: the caller says what they are.
 *
 * A request is a plain object. Integers of 64 bits are bigints, safe integers or decimal strings; a repeated number may
 * be any typed array, a map may be a `Map`, bytes may be an `ArrayBuffer`; fields that are `null` or `undefined` are
 * left out. Enums are numbers, in answers too. Bytes in an answer are views of its body. A `Map` is written in its own
 * order, a record with its integer-like keys first, as everywhere; `__proto__` is a key like any other.
 *
 * `serialize` throws a `TypeError` or `RangeError` for what the message can't hold, naming the field's path, and
 * `deserialize` a `SyntaxError` that says where the body is no such message.
 *
 * @param request Type of the requests.
 * @param response Type of the answers.
 * @throws {TypeError} when a type is no message type.
 */
export function protobuf<Input extends object = Message, Output extends object = Message>(
  request: MessageType,
  response: MessageType,
  options: ProtobufOptions = {},
): Serializer<Input, Output> {
  const { contentType = "application/octet-stream", longs = "bigint", defaults = false, check = true } =
    options;
  assertMessageType(request, "request");
  assertMessageType(response, "response");
  const long = {
    bigint: (value: bigint): unknown => value,
    number: (value: bigint): unknown => Number.isSafeInteger(Number(value)) ? Number(value) : value,
    string: (value: bigint): unknown => `${value}`,
  }[longs];
  if (!long) throw new TypeError(`Cannot read protobuf: longs is "${longs}"`);
  return {
    contentType,
    serialize: (input) => write(request, input, check),
    deserialize: (body) => plain(read(response, body, defaults), long) as Output, // the caller says what it is
  };
}

function assertMessageType(type: MessageType, which: string): void {
  for (const method of ["encode", "decode", "toObject"] as const) {
    if (typeof type?.[method] === "function") continue;
    const hint = method === "toObject" ? ", which pbjs makes without --no-convert" : "";
    throw new TypeError(`Cannot use the ${which} type: it is no message type with ${method}()${hint}`);
  }
}

function write(type: MessageType, input: unknown, check: boolean): Uint8Array<ArrayBuffer> {
  if (typeof input !== "object" || input === null || Array.isArray(input) || ArrayBuffer.isView(input)) {
    throw new TypeError("Cannot write the request as protobuf: it is no object with fields");
  }
  const message = encodable(input) as object; // as the input is one
  let bytes: Uint8Array<ArrayBuffer>;
  let written: object;
  try {
    bytes = asBytes(type.encode(message).finish());
    written = check ? type.decode(bytes) : {};
  } catch (cause) {
    const hint = cause instanceof TypeError ? "a required field may be missing: " : "";
    throw new TypeError(`Cannot write the request as protobuf: ${hint}${(cause as Error).message}`, {
      cause,
    });
  }
  if (check) assertKept(message, written);
  return bytes;
}

function read(type: MessageType, body: Uint8Array<ArrayBuffer>, defaults: boolean): object {
  let message: object;
  try {
    message = type.decode(asBytes(body));
  } catch (cause) {
    throw unreadable(type, body, cause);
  }
  if (body.length && isText(body) && !Object.keys(type.toObject(message)).length) { // "error" is an unknown field
    throw new SyntaxError(
      `Cannot read ${body.length} bytes as protobuf: no field is known, and it begins as text does`,
    );
  }
  return type.toObject(message, { longs: BigInt, defaults });
}
