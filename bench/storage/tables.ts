/**
 * What was measured of storage as Markdown.
 *
 * @module
 */
import { short } from "../goals.ts";
import type { MemoryUse } from "./memory.ts";
import { operations } from "./operations.ts";
import { sizeText } from "./plans.ts";
import { median, ratio, type Transfer } from "./transfers.ts";

/** What tables call the clients. */
export const titles: Readonly<Record<string, string>> = {
  fetch: "plain `fetch`",
  ours: "**this package**",
  injected: "**this package** over `node:http`",
  "ali-oss": "`ali-oss`",
  "ali-oss-parts": "`ali-oss`, in parts",
  "bun-s3": "Bun's S3 client",
};

/** One table for each operation and size. */
export function tablesOf(transfers: readonly Transfer[], uses: readonly MemoryUse[]): string {
  return [...transfers.map(transferTable), memoryTable(uses)].join("\n");
}

function transferTable({ plan, taken }: Transfer): string {
  const { size } = plan, isSmall = size < 1 << 20;
  const rows = taken.map(({ caller: { child, client }, times, busy }) => {
    const base = taken.find(({ caller }) => caller.child === child && caller.client === "fetch")!; // every runtime has it
    const speed = isSmall
      ? `${short(median(times) * 1000)} µs`
      : `${short(size / median(times) / 1000)} MB/s`;
    const processor = isSmall
      ? `${short(median(busy) * 1000)} µs`
      : `${short(median(busy) / 1000 * 1e9 / size)} s/GB`;
    return [
      child.title,
      titles[client] ?? client,
      speed,
      short(ratio(base.times, times)),
      processor,
      short(ratio(busy, base.busy)),
    ];
  });
  const head = ["", "", isSmall ? "one call" : "speed", "× `fetch`", "processor", "× `fetch`"];
  return `### Storage: ${operations[plan.operation]}, ${sizeText(size)}\n\n${table(head, rows)}`;
}

function memoryTable(uses: readonly MemoryUse[]): string {
  const rows = uses.map(({ runtime, client, operation, size, bytes }) => {
    const base = uses.find((other) =>
      other.runtime === runtime && other.client === "fetch" && other.operation === operation
    );
    const times = base ? short(bytes / base.bytes) : "";
    return [
      runtime,
      `${operations[operation]}, ${sizeText(size)}`,
      titles[client] ?? client,
      `${short(bytes / 1024 / 1024)} MB`,
      times,
    ];
  });
  return `### Storage: peak memory above the idle runtime\n\n${
    table(["", "", "", "peak", "× `fetch`"], rows)
  }`;
}

function table(head: string[], body: string[][]): string {
  const rule = head.map((_, i) => i < 2 ? "---" : "---:");
  return [head, rule, ...body].map((row) => `| ${row.join(" | ")} |\n`).join("");
}
