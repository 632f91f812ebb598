/**
 * Where the code of peers is that their own generators wrote; `generate.ts` has it made.
 *
 * @module
 */
import type { Payload } from "../payloads.ts";

/**
 * The folder, which is not kept. This file is either in `codecs` or, on other runtimes, part of the bundle in
 * `node_modules/.bench`.
 */
export const folder: string = import.meta.url.replace(
  /\/(codecs|node_modules\/\.bench)\/[^/]*$/,
  "/node_modules/.bench/codecs/",
);

/** Our `.proto` file of each family. */
export const protoFiles: Record<Payload["family"], string> = {
  tf: "tf_predict.proto",
  torch: "pytorch_predict.proto",
};

/** Its address. */
export function protoFile(family: Payload["family"]): URL {
  return new URL(`../../../../protos/${protoFiles[family]}`, folder);
}

/**
 * Loads a peer's code for the messages of a family.
 *
 * @typeParam Module What the generator writes. Nobody checks it but the comparison of the bytes before a contest.
 */
export async function generated<Module>(peer: string, family: Payload["family"]): Promise<Module> {
  return await import(`${folder}${peer}/${family}.mjs`) as Module; // as its generator writes it
}
