/**
 * Makes message types from the text of `.proto` files, for `protobuf()`. It needs a runtime that generates code while
 * it runs, as Deno, Bun and Node do and edge workers don't.
 *
 * @example
 * ```ts
 * import { protobuf } from "@pai-edge/sdk/serializers/protobuf";
 * import { messageTypes } from "@pai-edge/sdk/serializers/protobuf-reflection";
 *
 * const types = messageTypes({
 *   "shape.proto": `syntax = "proto3"; package demo; message Shape { repeated int64 dim = 1; }`,
 *   "array.proto": `syntax = "proto3"; package demo; import "shape.proto"; message Array { Shape shape = 1; }`,
 * });
 * const serializer = protobuf(types.get("demo.Array"), types.get("demo.Array"));
 * const body = serializer.serialize({ shape: { dim: [1n, 3n] } });
 * console.log(serializer.deserialize(body!)); // { shape: { dim: [1n, 3n] } }
 * ```
 *
 * @module
 */
import protobufjs from "protobufjs";
import type { MessageType } from "./protobuf-message.ts";

export type { MessageType } from "./protobuf-message.ts";

/** The message types of `.proto` files. */
export interface MessageTypes {
  /** Full names of all messages, such as `pytorch.eas.PredictRequest`. */
  readonly names: readonly string[];
  /**
   * The message of a full name.
   *
   * @throws {RangeError} when there is none.
   */
  get(name: string): MessageType;
}

/** How static code is made for runtimes that allow nothing else. */
const staticCode =
  "deno run -A npm:protobufjs-cli@2.7.1/pbjs -r NAME -t static-module -w esm --keep-case -o NAME.js NAME.proto";

/**
 * Reads `.proto` files. The code of all types is made at once, so that a runtime that forbids this says so here and
 * not in the first prediction. Fields keep the names that they have in the file.
 *
 * @param proto Text of one file; or of several by name, as they import each other. Those of `google/protobuf/` that
 * protobufjs has may be imported too.
 * @throws {SyntaxError} when a text is no `.proto` file, or needs what is not there.
 * @throws {EvalError} when the runtime forbids making code; then `pbjs` makes it beforehand.
 */
export function messageTypes(proto: string | Readonly<Record<string, string>>): MessageTypes {
  const files = typeof proto === "string" ? { "the text": proto } : proto;
  const root = new protobufjs.Root();
  for (const [name, text] of Object.entries(files)) readFile(root, name, text, files);
  attempt("the files together", () => root.resolveAll());
  const types = new Map(compiled(root));
  return {
    names: [...types.keys()],
    get(name): MessageType {
      const type = types.get(name);
      if (type) return type;
      const names = [...types.keys()].join(", ").slice(0, 300);
      throw new RangeError(`Cannot get message type "${name}": there is ${names || "none"}`);
    },
  };
}

function readFile(
  root: protobufjs.Root,
  name: string,
  text: string,
  files: Readonly<Record<string, string>>,
): void {
  const { imports = [], weakImports = [] } = attempt(
    name,
    () => protobufjs.parse(text, root, { keepCase: true }),
  );
  for (const file of [...imports, ...weakImports]) {
    const common = protobufjs.common.get(file);
    if (common && !root.files.includes(file)) {
      root.files.push(file);
      root.addJSON(common.nested ?? {});
    } else if (!common && !Object.hasOwn(files, file)) {
      throw new SyntaxError(`Cannot read ${name}: it imports "${file}", which is not there`);
    }
  }
}

/** Makes the code of every message, each with its full name. */
function compiled({ nestedArray }: protobufjs.NamespaceBase): [name: string, type: MessageType][] {
  return nestedArray.flatMap((object) => {
    const inner = object instanceof protobufjs.Namespace ? compiled(object) : [];
    return object instanceof protobufjs.Type
      ? [[object.fullName.slice(1), compile(object)], ...inner]
      : inner;
  });
}

function compile(type: protobufjs.Type): MessageType {
  try {
    return type.setup();
  } catch (cause) {
    if (!(cause instanceof EvalError)) throw cause;
    const state = `the runtime forbids to make code, make it beforehand with "${staticCode}"`;
    throw new EvalError(`Cannot make message types from text: ${state}`, { cause });
  }
}

function attempt<Result>(what: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${what}: ${(cause as Error).message.slice(0, 300)}`, { cause });
  }
}
