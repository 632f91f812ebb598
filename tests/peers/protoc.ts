// Google's own protobuf compiler, as grpcio-tools packages it.
import { fileURLToPath } from "node:url";
import { runPython } from "./python.ts";

/** The folder of the schemas; `args` name them relative to it. */
const schemas = fileURLToPath(new URL("../../protos/", import.meta.url));

/**
 * Runs protoc and returns what it prints: `--encode=Message x.proto` turns text format into bytes,
 * `--decode=Message x.proto` bytes into text format.
 *
 * Takes about 40 ms; `messages.py` answers hundreds of messages in one request.
 */
export async function protoc(args: string[], stdin?: Uint8Array): Promise<Uint8Array> {
  return await runPython(["-m", "grpc_tools.protoc", `--proto_path=${schemas}`, ...args], stdin);
}
