/**
 * How fast objects are put and read, beside `ali-oss`, Bun's built-in S3 client and plain `fetch`, on Deno, Bun and Node,
 * all against one server in a process of its own: `deno run -A storage.ts [--quick]`. Needs Linux, whose kernel tells how
 * much memory a process had at most, and g++; `SKIP=storage` leaves it out.
 *
 * @module
 */
import { stop } from "esbuild";
import { combineCrc64, crc64 } from "../plugins/storage/crc64.ts";
import type { GoalRow } from "./goals.ts";
import { buildCpp, printGoals, type Program, runtimes, skipped, start } from "./processes.ts";
import { memoryGoals, transferGoals } from "./storage/goals.ts";
import { type MemoryUse, memoryUse } from "./storage/memory.ts";
import type { Operation } from "./storage/operations.ts";
import { full, memorySize, quick } from "./storage/plans.ts";
import { tablesOf, titles } from "./storage/tables.ts";
import { type Caller, type Transfer, transfer } from "./storage/transfers.ts";

/** What was measured. */
export interface StorageRun {
  transfers: Transfer[];
  uses: MemoryUse[];
}

/** Measures all clients. */
export async function measureStorage(options: { quick: boolean }): Promise<StorageRun> {
  if (skipped.includes("storage")) return { transfers: [], uses: [] };
  const plans = options.quick ? quick : full, size = options.quick ? memorySize.quick : memorySize.full;
  const folder = await sources([1024, size, 64 * 1024 * 1024, ...plans.map(({ size }) => size)]);
  try {
    await using server = await startServer([1024, size, 64 * 1024 * 1024, ...plans.map(({ size }) => size)]);
    const programs = await runtimes(new URL("storage/child.ts", import.meta.url));
    await stop(); // nothing else should run meanwhile
    const uses = await measureMemory(programs, [server.url, folder], size, options);
    await using stack = new AsyncDisposableStack();
    const callers: Caller[] = [];
    for (const program of programs) {
      const child = stack.use(await start(program, server.url, folder));
      await keepOnFirstCore(child.pid);
      for (const client of Object.keys(titles)) callers.push({ child, client });
    }
    const transfers: Transfer[] = [];
    for (const plan of plans) transfers.push(await transfer(plan, callers, server.received));
    return { transfers, uses };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Peers are not measured in the quick form. */
async function measureMemory(
  programs: readonly Program[],
  args: readonly string[],
  size: number,
  { quick }: { quick: boolean },
): Promise<MemoryUse[]> {
  const uses: MemoryUse[] = [];
  const operations: Operation[] = ["put-file", "put-stream", "get-file", "get-stream"];
  for (const operation of operations) {
    for (const program of programs) {
      for (const client of quick ? ["ours"] : Object.keys(titles)) {
        const times = quick || client !== "ours" ? 1 : 3;
        const use = await memoryUse(program, args, { client, operation, size }, times);
        if (use) uses.push(use);
      }
    }
  }
  return uses;
}

/** A folder with a file of each length, without a byte on a disk. Files that are downloaded go there too. */
async function sources(sizes: readonly number[]): Promise<string> {
  const memory = "/dev/shm"; // a disk would be what is measured
  const isThere = await Deno.stat(memory).then(() => true, () => false);
  const folder = await Deno.makeTempDir({ prefix: "bench-storage-", dir: isThere ? memory : undefined });
  for (const size of new Set(sizes)) {
    await Deno.writeTextFile(`${folder}/source-${size}`, "");
    await Deno.truncate(`${folder}/source-${size}`, size);
  }
  return folder;
}

interface Server extends AsyncDisposable {
  url: string;
  /** Bytes of bodies since it was asked last. */
  received(): Promise<number>;
}

async function startServer(sizes: readonly number[]): Promise<Server> {
  const command = await buildCpp(new URL("storage/server.cpp", import.meta.url), "storage");
  const args = [...new Set(sizes)].map((size) => `${size}=${crcOf(size)}`);
  const child = await start({ title: "the server", command, args });
  const url = child.ready.replace("listening on ", "");
  return {
    url,
    received: async () => Number(await (await fetch(`${url}/received`)).text()),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

let block: Uint8Array<ArrayBuffer> | undefined;

/** CRC-64 of so many bytes of what the server sends: a block of noise over and over. */
function crcOf(size: number): bigint {
  if (!block) {
    block = new Uint8Array(1 << 20);
    for (let i = 0, state = 1; i < block.length; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      block[i] = state >>> 24;
    }
  }
  const one = crc64(block);
  let crc = 0n;
  for (let left = size; left >= block.length; left -= block.length) {
    crc = combineCrc64(crc, one, block.length);
  }
  const rest = block.subarray(0, size % block.length);
  return combineCrc64(crc, crc64(rest), rest.length);
}

/** Its main thread only, and where that is possible: `server.cpp` says why. Other threads go where there is room. */
async function keepOnFirstCore(pid: number): Promise<void> {
  await new Deno.Command("taskset", { args: ["--cpu-list", "--pid", "0", `${pid}`] }).output().catch(
    () => {},
  );
}

/** One table for each operation and size; nothing when storage was left out. */
export function storageTables({ transfers, uses }: StorageRun): string {
  return transfers.length ? tablesOf(transfers, uses) : "";
}

/** The rows of what was measured here. */
export function storageGoals({ transfers, uses }: StorageRun): GoalRow[] {
  return [...transferGoals(transfers), ...memoryGoals(uses)];
}

/** What is in the tables. */
export const storagePreface =
  `Clients in processes of their own, on one core but for their other threads, and a server in C++ on the other that
throws bodies away and sends the same noise to all; it checks no signature, so that Bun's S3 client can sign as it does.
What is put from a file is a sparse one; what is got to a file goes to memory (\`/dev/shm\`). Above 1 MB this package
sends parts and reads ranges, several at a time, hashes all of it, and compares the CRC-64; plain \`fetch\` and the peers
check nothing. Speeds are medians; ratios are medians of those within rounds, **above 1 is faster**; of the processor's
time and of memory, below 1 is less.`;

if (import.meta.main) {
  const run = await measureStorage({ quick: Deno.args.includes("--quick") });
  console.log(storageTables(run));
  printGoals(storageGoals(run));
}
