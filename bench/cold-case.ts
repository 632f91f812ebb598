/**
 * How long a process waits for a codec that it has not used before: a program for a process of its own, whose argument
 * is the address of a module. It prints the milliseconds, and in hex what was written.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { isSame } from "./end-to-end/same.ts";
import { payload, type Source } from "./payloads.ts";

/** What a module of `cold.ts` has: it writes a request of the tensors, and reads an answer. */
export interface Module {
  default(
    tensors: readonly Source[],
    answer: Uint8Array,
  ): { written: Uint8Array; read: ArrayLike<number>[] } | undefined;
}

const [address, hex] = process.argv.slice(2) as [string, string]; // the parent gives both
const { sources } = payload("small"), answer = new Uint8Array(Buffer.from(hex, "hex"));
const start = performance.now();
const { default: run }: Module = await import(address);
const result = run(sources, answer);
const took = performance.now() - start;
const isRight = sources.every(({ data }, i) => !result || isSame(Float32Array.from(result.read[i]!), data)); // as many
if (!isRight) throw new Error(`Cannot compare ${address}: it reads other values`);
console.log(took, Buffer.from(result?.written ?? []).toString("hex"));
