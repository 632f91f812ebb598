/**
 * The published figures, RESULTS.md: a section for each group, with the day on which it was measured.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { Group } from "./runtimes.ts";

const intro = `# Speed

Each section says when it was measured; \`deno task bench --only GROUP --write\` measures it anew.

Tables that give a row as 1.00 are contests: time of one call as a multiple of that row's, whose median is given: **below
1 is faster**; in brackets the middle half of the rounds. The candidates of a table run in one process and take turns in
random order, are compared within a round, and the median of the rounds counts. Before that they must have written the
same bytes, read the same values, sent the same request or written the same signature.`;

interface Section {
  title: string;
  /** Names of packages in the manifest. */
  peers: readonly string[];
  /** What figures are of. */
  preface?: string;
}

/** In the order of the file. */
const sections: Readonly<Record<Group, Section>> = {
  predict: {
    title: "Predict",
    peers: ["ky", "ofetch", "openai", "undici", "protobufjs", "@bufbuild/protobuf"],
    preface:
      `In contests of small requests the service is a function in this process, but for the row with a port: a yardstick, what
a bare call costs that leaves the function. Clients have their default options.

End to end, and for streams and queues, clients in processes of their own call one server on a port of this machine: a
program in C++, or the emulator for queues. They take turns, and ratios, which are medians of those within rounds, are to
the first client of a process, **below 1 is faster**; *processor* is what the whole process of a client takes of it for a
call. Alibaba's SDKs read a body whole before they hand it out, so from them a stream has no first event.`,
  },
  tensors: {
    title: "Tensors",
    peers: [
      "@bufbuild/protobuf",
      "@protobuf-ts/runtime",
      "google-protobuf",
      "long",
      "pbf",
      "protobufjs",
      "ts-proto",
    ],
    preface:
      `From typed arrays to the bytes of a request, and from the bytes of a response to typed arrays. What a peer forces
on its users is inside its time: numbers or \`Long\` in place of \`bigint\`, lists in place of typed arrays, bytes in
place of text; typed arrays are handed over as they are wherever the peer writes them right. Two rows are no codecs: copies
of as many bytes, as a measure of what memory allows. Peers' code is written by their own generators, but that of
google-protobuf, whose generator comes in no package: its calls are written by hand.`,
  },
  sign: {
    title: "Sign",
    peers: ["@alicloud/openapi-core", "@darabonba/typescript", "ali-oss", "aws4fetch"],
    preface:
      `The vendor's signers hash with the runtime's native code; ours hash in JavaScript (\`@noble/hashes\`), which is
synchronous and the same on every runtime, edge workers included.`,
  },
  storage: { title: "Storage", peers: ["ali-oss"] },
  docker: {
    title: "Local Docker",
    peers: [],
    preface:
      `From \`model.deploy(localDocker())\` to its promise, beside \`docker run -d\` of the same image and asking its port every
5 ms until it answers. Both take turns on one engine; the median of the rounds' differences and ratios counts.`,
  },
};

const file = new URL("RESULTS.md", import.meta.url);

/** The versions of peers as the manifest pins them. */
async function versionsOf(peers: readonly string[]): Promise<string> {
  const { imports }: { imports: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", import.meta.url)),
  );
  return peers.map((name) => imports[name]!.replace("npm:", "")).join(", "); // each is in it
}

/** The section of a group that has just been measured. */
async function sectionOf(group: Group, goals: string, tables: string): Promise<string> {
  const { title, peers, preface } = sections[group], date = new Date().toISOString().slice(0, 10);
  const compared = peers.length ? ` Peers: ${await versionsOf(peers)}.` : "";
  const origin = `Measured on ${date}, ${Deno.build.os} ${Deno.build.arch}.${compared}`;
  const held = goals && `### ${title}: goals\n\nBold is missed.\n\n${goals}`;
  return [`## ${title}`, origin, preface, held, tables].filter(Boolean).join("\n\n");
}

/** The sections of a text by their titles. */
function split(text: string): Map<string, string> {
  const found = text.split(/^(?=## )/m).slice(1); // before the first is the introduction
  return new Map(found.map((section) => [/^## (.*)/.exec(section)![1]!, section.trim()])); // each begins with its title
}

/** Replaces the sections of groups, each given as its goals and its tables; others stay as they are. */
export async function writeResults(
  measured: readonly { group: Group; goals: string; tables: string }[],
): Promise<void> {
  const written = split(await Deno.readTextFile(file));
  for (const { group, goals, tables } of measured) {
    written.set(sections[group].title, await sectionOf(group, goals, tables));
  }
  const ordered = Object.values(sections).flatMap(({ title }) => written.get(title) ?? []);
  await Deno.writeTextFile(file, `${[intro, ...ordered].join("\n\n")}\n`);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", fileURLToPath(file)] }).output(); // aligns the columns
}
