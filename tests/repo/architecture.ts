/**
 * The dependency rule as data, and what breaks it. `tests/repo/architecture_test.ts` applies it to the tree.
 *
 * @module
 */

/** Packages that a part may import. A new plugin folder gets a line here, or its imports are violations. */
const packages: Record<string, string[]> = {
  "mod.ts": [],
  core: ["@noble/hashes", "@std/streams"],
  protos: [],
  "plugins/archive": ["modern-tar"],
  "plugins/cli": ["@stricli/core", "yaml"],
  "plugins/credentials": [],
  "plugins/deploy": ["@cfworker/json-schema", "@noble/hashes", "@std/streams"],
  "plugins/emulator": ["@noble/hashes", "@std/streams", "hono"],
  "plugins/processors": [],
  "plugins/predict": ["eventsource-parser", "@std/streams", "@noble/hashes", "fflate"],
  "plugins/queue": [],
  "plugins/gateway": [],
  "plugins/local-docker": ["@noble/hashes", "@std/streams"],
  "plugins/serializers": ["fflate", "protobufjs"],
  "plugins/storage": ["@noble/hashes", "@std/streams", "fflate", "ignore", "modern-tar"],
};

/** Parts that only make sense where there is a system, and so may import those of their files that need Node. */
const systems = ["plugins/cli", "plugins/local-docker"];

/** Parts below the plugins: what several of them are made of, and no user imports. */
const shared = ["plugins/archive", "plugins/processors"];

/** The only files that may import `node:` modules; no file but these imports one. */
export const nodeFiles: string[] = [
  "plugins/cli/commands/emulator.ts",
  "plugins/cli/local-file.ts",
  "plugins/cli/main.ts",
  "plugins/cli/service-file.ts",
  "plugins/cli/wanted-service.ts",
  "plugins/credentials/disk.ts",
  "plugins/credentials/mod.ts",
  "plugins/emulator/disk.ts",
  "plugins/emulator/serve-websocket.ts",
  "plugins/emulator/serve.ts",
  "plugins/local-docker/owner.ts",
  "plugins/local-docker/wait/ask-port.ts",
  "plugins/local-docker/engine/this-machine.ts",
  "plugins/local-docker/engine/transport.ts",
  "plugins/processors/listen.ts",
  "plugins/storage/download.ts",
  "plugins/storage/download/file.ts",
  "plugins/storage/download/folder.ts",
  "plugins/storage/download/part-file.ts",
  "plugins/storage/disk/file.ts",
  "plugins/storage/extract.ts",
  "plugins/storage/files.ts",
  "plugins/storage/git/command.ts",
  "plugins/storage/git.ts",
  "plugins/storage/disk/local-path.ts",
  "plugins/storage/disk/walk.ts",
];

/** Files whose whole graph, type imports included, must stay clear of some files or folders. */
const graphs: { from: string; without: string[]; because: string }[] = [
  {
    from: "core/predictor.ts",
    without: ["core/acs3.ts", "core/client.ts", "core/credentials.ts", "plugins/"],
    because: "calling a model needs no signer and no control plane",
  },
  {
    from: "plugins/emulator/",
    without: ["core/acs3.ts", "plugins/storage/oss/signature-v4.ts"],
    because: "a verifier that calls the signer proves nothing",
  },
];

/** Sources by path, POSIX and relative to the project. */
export type Sources = ReadonlyMap<string, string>;

/** Whether a file is published code: what the rule is about. */
export function isSource(path: string): boolean {
  return path === "mod.ts" || /^(core|protos|plugins)\/.*\.(ts|js)$/.test(path);
}

/** Lists what breaks the rule, one sentence each. */
export function violations(sources: Sources): string[] {
  const found: string[] = [];
  for (const [file, text] of sources) {
    for (const specifier of imports(text)) {
      const problem = judge(file, specifier, sources);
      if (problem) found.push(`${file} imports "${specifier}": ${problem}`);
    }
  }
  for (const { from, without, because } of graphs) {
    for (const file of [...sources.keys()].filter((path) => path.startsWith(from))) {
      for (const path of reach(file, sources)) {
        const end = path.at(-1)!;
        if (without.some((part) => end.startsWith(part)) && !end.startsWith(from)) {
          found.push(`${path.join(" → ")}: ${because}`);
        }
      }
    }
  }
  return found;
}

/** Why an import is not allowed, or `undefined`. */
function judge(file: string, specifier: string, sources: Sources): string | undefined {
  const part = partOf(file);
  if (!/^\.\.?\//.test(specifier)) {
    if (specifier.startsWith("node:")) {
      return nodeFiles.includes(file) ? undefined : "only files of a system may use Node";
    }
    if (!packages[part]) return `the packages of ${part} are not listed in tests/repo/architecture.ts`;
    const allowed = packages[part].some((name) => specifier === name || specifier.startsWith(`${name}/`));
    return allowed ? undefined : `${part} may only use ${packages[part].join(", ") || "no package"}`;
  }
  const target = resolve(file, specifier);
  if (!sources.has(target)) return "no such source";
  const other = partOf(target);
  const system = nodeFiles.includes(file) || systems.includes(part);
  if (nodeFiles.includes(target) && !system) return "it would bring Node to every runtime";
  if (other === part && part !== "mod.ts") return undefined;
  if (part === "protos") return "protos import nothing";
  if (other === "mod.ts") return "it would bring everything";
  if (other === "core") return undefined;
  if (part === "mod.ts") return "mod.ts re-exports core and nothing else";
  if (other === "protos") return undefined;
  if (part === "plugins/cli") return undefined;
  if (shared.includes(other) && part !== "core") return undefined;
  return part === "core" ? "core imports core and protos" : "no plugin imports another plugin";
}

function partOf(file: string): string {
  const [first, second] = file.split("/");
  return first === "plugins" ? `${first}/${second}` : first!;
}

/** Every file that one reaches, each as the shortest path to it. */
function reach(file: string, sources: Sources): string[][] {
  const paths = new Map([[file, [file]]]);
  for (const [at, path] of paths) { // grows while it is walked
    for (const specifier of imports(sources.get(at) ?? "")) {
      const target = specifier.startsWith(".") ? resolve(at, specifier) : specifier;
      if (!paths.has(target)) paths.set(target, [...path, target]);
    }
  }
  return [...paths.values()];
}

function resolve(file: string, specifier: string): string {
  return new URL(specifier, `file:///${file}`).pathname.slice(1);
}

/** An import or export at the start of a line, where the formatter puts it; comments have a mark before it. */
const statement = /^(?:import|export)\b(?:[^"';]*?\bfrom)?\s*["']([^"']+)["']/gm;
/** An import inside an expression or a type; in a line that is no comment. */
const call = /^(?!\s*(?:\*|\/[/*])).*?\bimport\(\s*([^)]*)/gm;

/** Specifiers of all static, dynamic and type imports. One that is computed comes as its expression. */
export function imports(text: string): string[] {
  const found = [...text.matchAll(statement)].map((match) => match[1]!);
  for (const [, argument] of text.matchAll(call)) {
    found.push(/^["'`]([^"'`$]+)["'`]/.exec(argument!)?.[1] ?? argument!);
  }
  return found;
}
