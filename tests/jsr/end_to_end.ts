// Publishes to a loopback registry and imports from it: `deno test -A tests/jsr/end_to_end.ts`.
import { test } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import deno from "../../deno.json" with { type: "json" };
import { root } from "../support/tree.ts";
import { type Package, serveRegistry } from "./registry.ts";

const { name, version } = deno;

test("the published package is imported by jsr: and predicts against its emulator", async () => {
  await using registry = serveRegistry([await folderPackage("tests/support/std-streams/")]);
  const published = await run(
    ["publish", "--token", "any", "--no-provenance", "--allow-dirty", "--no-check", "--quiet"],
    fileURLToPath(root),
    { JSR_URL: registry.url },
  );
  assert.equal(published.code, 0, published.text);
  const sdk = registry.packages.get(name);
  assert.ok(sdk, published.text);
  checkContents(sdk);

  const folder = await Deno.makeTempDir({ prefix: "jsr-consumer-" });
  try {
    const env = { JSR_URL: registry.url, DENO_DIR: await emptyCache(folder) };
    const program = await Deno.readTextFile(new URL("consumer.ts", import.meta.url));
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      program.replaceAll(`"${name}`, `"jsr:${name}@^${version}`),
    );
    await Deno.writeTextFile(`${folder}/deno.json`, '{ "lock": false }');
    const consumed = await run(["run", "--check", "--quiet", "main.ts"], folder, env);
    assert.equal(consumed.text, "[2,4,6]\nwas refused: 401\n");
    assert.equal(consumed.code, 0);

    const allowed = ["--allow-net", "--allow-read", "--allow-env"];
    const pai = await run(
      ["run", "--quiet", ...allowed, `jsr:${name}@^${version}/cli`, "--version"],
      folder,
      env,
    );
    assert.equal(pai.text, `${version}\n`);

    await Deno.writeTextFile(
      `${folder}/misuse.ts`,
      `import { tensor } from "jsr:${name}@^${version}/tensor";\ntensor("1");\n`,
    );
    const misused = await run(["check", "--quiet", "misuse.ts"], folder, env);
    assert.match(misused.text, /TS\d+ \[ERROR\]/, "types do not arrive");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The archive holds what users need and no more, and imports nothing that exists only in this checkout. */
function checkContents({ exports, files }: Package): void {
  assert.deepEqual(exports, deno.exports);
  for (const file of [...Object.values(exports), "README.md", "LICENSE"]) {
    assert.ok(files.has(file.replace(/^\.\//, "")), `${file} is missing`);
  }
  const strange = [...files.keys()].filter((path) =>
    /^(\.|bench|examples|tests\/(?!support\/std-streams\/))/.test(path)
  );
  assert.deepEqual(strange, []);
  for (const [path, bytes] of files) {
    if (!path.endsWith(".ts")) continue;
    const bare = new TextDecoder().decode(bytes).match(
      /^(?:import|export)\b[^"';]*?\bfrom\s*"(?!\.|node:|npm:|jsr:)[^"]+"/m,
    );
    assert.equal(bare?.[0], undefined, `${path} has an import that only the import map knows`);
  }
}

/** A package as its folder holds it. */
async function folderPackage(folder: string): Promise<Package> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for await (const { name, isFile } of Deno.readDir(new URL(folder, root))) {
    if (isFile) files.set(name, await Deno.readFile(new URL(folder + name, root)));
  }
  const manifest = JSON.parse(new TextDecoder().decode(files.get("deno.json")));
  return { ...manifest, files };
}

/** A cache that knows nothing of JSR and shares only npm's packages with the user's own. */
async function emptyCache(folder: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  await Deno.mkdir(`${folder}/cache`);
  await Deno.mkdir(npmCache, { recursive: true });
  await Deno.symlink(npmCache, `${folder}/cache/npm`, { type: "dir" });
  return `${folder}/cache`;
}

async function run(
  args: string[],
  cwd: string,
  env: Record<string, string>,
): Promise<{ code: number; text: string }> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd, env: { NO_COLOR: "1", ...env } });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}
