/**
 * Compares speed with peers, on Deno, Bun and Node: `deno task bench`. `--write` puts the tables into RESULTS.md,
 * `--json` prints every measured time in nanoseconds instead, `--quick` takes seconds. `SKIP=bun,node` leaves
 * runtimes out.
 *
 * @module
 */
import { stop } from "esbuild";
import { fileURLToPath } from "node:url";
import { type Effort, full, quick, type Ratio, ratios } from "./measure.ts";
import { bundleFor, measureHere, measureIn, others, type Report } from "./runtimes.ts";

const preface =
  `Time of one call as a multiple of the first row's: **below 1 is faster**; in brackets the middle half of
the rounds. The candidates of a table run in one process and take turns in random order, are compared within a round,
and the median of the rounds counts. Before that they must have sent the same request and read the same answer, or
written the same signature.

The service is a function in this process, but for the row with a port: a yardstick, what a bare call costs that leaves
the function. Clients have their default options. The vendor's signers hash with the runtime's native code; ours hash
in JavaScript (\`@noble/hashes\`), which is synchronous and the same on every runtime, edge workers included.`;

/** One table for each contest, one column for each runtime. */
function tables(reports: Report[]): string {
  return reports[0]!.measured.map(({ contest, candidates }, i) => {
    const columns = reports.map(({ measured }) => ratios(measured[i]!)); // every runtime ran every contest
    const rows = candidates.map(({ name }, j) => [name, ...columns.map((column) => cell(column[j]!))]);
    const head = [["", ...reports.map(({ runtime }) => runtime)], ["---", ...reports.map(() => "---:")]];
    return `## ${contest}\n\n${[...head, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`;
  }).join("\n");
}

function cell({ median, low, high }: Ratio): string {
  const short = (x: number): string => x < 9.95 ? x.toFixed(2) : x.toFixed(0);
  return low === high ? short(median) : `${short(median)} (${short(low)}–${short(high)})`;
}

async function reportAll(effort: Effort, skipped: string[]): Promise<Report[]> {
  const reports = [{ runtime: `Deno ${Deno.version.deno}`, measured: await measureHere(effort) }];
  const module = await bundleFor(effort);
  await stop(); // nothing else should run meanwhile
  for (const runtime of others) {
    if (!skipped.includes(runtime.name)) reports.push(measureIn(runtime, module));
  }
  return reports;
}

/** Replaces RESULTS.md, with the peers' versions as the manifest pins them. */
async function write(reports: Report[]): Promise<void> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", import.meta.url)));
  const peers = ["ofetch", "ky", "openai", "@alicloud/openapi-core", "ali-oss"];
  const versions = peers.map((name) => imports[name].replace("npm:", "")).join(", ");
  const date = new Date().toISOString().slice(0, 10);
  const origin =
    `Written by \`deno task bench --write\` on ${date}, ${Deno.build.os} ${Deno.build.arch}. Peers: ${versions}.`;
  const file = fileURLToPath(new URL("RESULTS.md", import.meta.url));
  await Deno.writeTextFile(file, `# Speed\n\n${origin}\n\n${preface}\n\n${tables(reports)}`);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", file] }).output(); // aligns the columns
}

if (import.meta.main) {
  const flags = new Set(Deno.args);
  const unknown = Deno.args.find((flag) => !["--quick", "--json", "--write"].includes(flag));
  if (unknown) throw new TypeError(`Cannot run the bench: ${unknown} is none of --quick, --json and --write`);
  if (flags.has("--quick") && flags.has("--write")) {
    throw new TypeError("Cannot write the results: --quick is too short for figures that stay");
  }
  const skipped = (Deno.env.get("SKIP") ?? "").split(",");
  const reports = await reportAll(flags.has("--quick") ? quick : full, skipped);
  console.log(flags.has("--json") ? JSON.stringify(reports) : tables(reports));
  if (flags.has("--write")) await write(reports);
}
