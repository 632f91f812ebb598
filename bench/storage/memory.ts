/**
 * The most memory that one transfer takes above what the idle runtime has: each in a fresh process, as the kernel's
 * high-water mark tells it.
 *
 * @module
 */
import { type Program, start } from "../processes.ts";
import type { Operation } from "./operations.ts";

/** What one client took for one transfer. */
export interface MemoryUse {
  runtime: string;
  client: string;
  operation: Operation;
  size: number;
  bytes: number;
}

/** Measures one client, so often; the middle counts. */
export async function memoryUse(
  program: Program,
  args: readonly string[],
  { client, operation, size }: Pick<MemoryUse, "client" | "operation" | "size">,
  times: number,
): Promise<MemoryUse | undefined> {
  const found: number[] = [];
  for (let i = 0; i < times; i++) {
    await using child = await start(program, ...args);
    if (await child.ask(`has ${client} ${operation}`) !== "yes") return undefined;
    found.push(Number(await child.ask(`memory ${client} ${operation} ${size}`)));
  }
  const bytes = found.sort((a, b) => a - b)[times >> 1]!; // it was measured at least once
  return { runtime: program.title, client, operation, size, bytes };
}
