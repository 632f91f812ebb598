// The real binary, in a pipe and in a terminal: `deno test -A tests/cli/end_to_end.ts`. Needs Bun, which makes the
// binary, and `script` of util-linux, which makes the terminal.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import deno from "../../deno.json" with { type: "json" };
import heldOut from "../../examples/breast-cancer/held-out.json" with { type: "json" };
import { emulator } from "../../plugins/emulator/mod.ts";
import { serve } from "../../plugins/emulator/serve.ts";
import { copyProject } from "../support/copy_project.ts";
import { emulatorEnv } from "../support/pai.ts";
import { find } from "../support/run_tests.ts";
import { root } from "../support/tree.ts";
import { inPipe, inTerminal, type Place, type Running } from "./terminal.ts";

const model = fileURLToPath(new URL("examples/breast-cancer/model.json", root));
const rows = JSON.stringify(heldOut.rows.slice(0, 3));
const deployment = ["deploy", "--name", "cancer", "--model", "model.json", "--processor", "xgboost"];
const machine = ["--instance-type", "ecs.c6.large"];

let built = "";
let pai = "";

before(async () => {
  const bun = find("bun", "1.2.0");
  assert.ok(bun, "Bun makes the binary; set BUN to one");
  built = await mkdtemp(join(tmpdir(), "pai-built-"));
  copyProject(built);
  pai = join(built, "pai");
  for (
    const args of [
      ["install", "--frozen-lockfile", "--silent"],
      ["build", "--compile", "plugins/cli/main.ts", "--outfile", pai],
    ]
  ) {
    const { success, stderr } = await new Deno.Command(bun, { args, cwd: built }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
});
after(() => rm(built, { recursive: true, force: true }));

/** An empty folder, which is the user's folder too. */
async function inFolder(use: (place: Place) => Promise<void>): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), "pai-"));
  try {
    await use({ cwd, env: { HOME: cwd, PATH: Deno.env.get("PATH") ?? "", NO_COLOR: "1" } });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

/** Runs `pai emulator`, and the test with the variables that it prints. */
async function withEmulator({ cwd, env }: Place, use: (place: Place) => Promise<void>): Promise<void> {
  const server = inPipe([pai, "emulator", "--port", "0"], { cwd, env });
  await server.until(/Ctrl-C stops it/);
  const printed = [...server.out.matchAll(/^export (\w+)=(\S+)$/gm)].map((
    [, name, value],
  ) => [name!, value!]);
  assert.equal(printed.length, 5, server.out);
  try {
    await use({ cwd, env: { ...env, ...Object.fromEntries(printed) } });
  } finally {
    server.kill("SIGINT");
    assert.equal(await server.code, 0);
    assert.match(server.err, /the emulator has stopped\n$/);
  }
}

/** Runs to its end. */
async function run(started: Running): Promise<{ code: number; out: string; err: string }> {
  const code = await started.code;
  return { code, out: started.out, err: started.err };
}

function assertScores(text: string): void {
  const scores: number[] = JSON.parse(text);
  assert.equal(scores.length, 3);
  scores.forEach((score, i) => assert.ok(Math.abs(score - heldOut.predictions[i]!) < 1e-6));
}

test("in a pipe, from an empty folder to a prediction and back", () =>
  inFolder((empty) =>
    withEmulator(empty, async (place) => {
      const at = (...args: string[]) => run(inPipe([pai, ...args], place));
      const nothing = await at("deploy");
      assert.deepEqual([nothing.code, nothing.out], [2, ""]);
      assert.match(nothing.err, /there is no pai\.json or pai\.yaml here/);

      await copyFile(model, join(place.cwd, "model.json"));
      const deployed = await at(...deployment, ...machine);
      assert.equal(deployed.code, 0, deployed.err);
      assert.match(deployed.out, /^name\tcancer\nstatus\tRunning\n/);
      assert.match(deployed.err, /uploading model\.json.*\n[^]*creating service "cancer"\n[^]*is Running/);
      for (const control of ["\r", "\x1b"]) assert.ok(!(deployed.out + deployed.err).includes(control));

      await writeFile(join(place.cwd, "rows.json"), rows);
      const predicting = inPipe([pai, "predict", "cancer", "-"], place);
      await predicting.type(rows);
      await predicting.close();
      for (const ran of [await run(predicting), await at("predict", "cancer", "@rows.json")]) {
        assert.deepEqual([ran.code, ran.err], [0, ""]);
        assertScores(ran.out);
      }
      const again = await at(...deployment, ...machine, "--json");
      assert.deepEqual([again.code, JSON.parse(again.out).error.code, again.err], [4, "AlreadyExists", ""]);
      assert.equal(JSON.parse((await at("get", "cancer", "--json")).out).status, "Running");
      assert.match((await at("ls")).out, /^cancer\tRunning\t1\/1\t/);
      assert.equal((await at("delete", "cancer")).code, 2); // nobody is there to be asked
      assert.deepEqual(await at("delete", "cancer", "--yes", "--quiet"), {
        code: 0,
        out: "deleted cancer\n",
        err: "",
      });
      assert.equal((await at("get", "cancer")).code, 3);
    })
  ));

test("in a terminal, from an empty folder to a prediction and back", () =>
  inFolder((empty) =>
    withEmulator(empty, async (place) => {
      const at = (...args: string[]) => run(inTerminal([pai, ...args], place));
      await copyFile(model, join(place.cwd, "model.json"));
      await writeFile(
        join(place.cwd, "pai.yaml"),
        "name: cancer\nprocessor: xgboost\nmodel: model.json\ncloud: { computing: { instance_type: ecs.c6.large } }\n",
      );
      const deployed = await at("deploy");
      assert.equal(deployed.code, 0, deployed.out);
      const steps = deployed.out.split("\r\x1b[2K"); // one line that is written over
      assert.ok(steps.length > 3, deployed.out);
      for (const step of steps.slice(0, -1)) assert.doesNotMatch(step, /\n/);
      assert.match(steps.at(-1)!, /^name {7}cancer\r\nstatus {5}Running\r\n/);

      assertScores((await at("predict", "cancer", rows)).out);
      assert.match(
        (await at("ls")).out,
        /^NAME {4}STATUS {3}INSTANCES {2}UPDATED\r\ncancer {2}Running {2}1\/1 /,
      );
      assert.match((await at("get", "cancer", "--json")).out, /^\{\r\n {2}"name": "cancer",/);

      const following = inTerminal([pai, "logs", "cancer", "-f"], place);
      await following.until(/POST \/ /); // the prediction's line
      await following.type("\x03");
      assert.equal(await following.code, 130, following.out);

      const deleting = inTerminal([pai, "delete", "cancer"], place);
      await deleting.until(/To delete "cancer", type its name: /);
      await deleting.type("cancer\n");
      assert.equal(await deleting.code, 0, deleting.out);
      assert.match(deleting.out, /deleted cancer\r\n$/);

      const refused = await run(
        inTerminal([pai, "get", "cancer"], { ...place, env: { ...place.env, NO_COLOR: "" } }),
      );
      assert.equal(refused.code, 3);
      assert.ok(refused.out.startsWith("\x1b[31merror:\x1b[0m Cannot call DescribeService"), refused.out);
      const asking = inTerminal([pai, "predict", "cancer"], place);
      assert.deepEqual([await asking.code, /there is no input/.test(asking.out)], [2, true]);
    })
  ));

test("Ctrl-C in a terminal takes back a deployment, says so and exits with 130", () =>
  inFolder(async ({ cwd, env }) => {
    const server = await serve(emulator({ delays: { create: Infinity, delete: 0 } }));
    const place = { cwd, env: { ...env, ...emulatorEnv, PAI_ENDPOINT: server.url } };
    try {
      await copyFile(model, join(cwd, "model.json"));
      const deploying = inTerminal([pai, ...deployment, ...machine], place);
      await deploying.until(/is Creating/);
      await deploying.type("\x03");
      assert.equal(await deploying.code, 130, deploying.out);
      assert.match(deploying.out, /cancelling; Ctrl-C again ends at once/);
      assert.match(deploying.out, /the service was deleted; give --keep to keep it/);
      assert.equal((await run(inPipe([pai, "get", "cancer"], place))).code, 3);

      const piped = inPipe([pai, ...deployment, ...machine, "--json"], place);
      await piped.until(/is Creating/);
      piped.kill("SIGTERM");
      assert.equal(await piped.code, 143);
      assert.equal(JSON.parse(piped.out).error.exitCode, 143);
      assert.equal((await run(inPipe([pai, "get", "cancer"], place))).code, 3);
    } finally {
      await server.close();
    }
  }));

test("a second Ctrl-C ends at once, though what was made can't be taken back", () =>
  inFolder(async ({ cwd, env }) => {
    const { handle } = emulator({ delays: { create: Infinity } });
    const server = await serve({
      handle: (request) => request.method === "DELETE" ? new Promise(() => {}) : handle(request),
    });
    try {
      await copyFile(model, join(cwd, "model.json"));
      const place = { cwd, env: { ...env, ...emulatorEnv, PAI_ENDPOINT: server.url } };
      const deploying = inTerminal([pai, ...deployment, ...machine], place);
      await deploying.until(/is Creating/);
      await deploying.type("\x03");
      await deploying.until(/cancelling/);
      await deploying.type("\x03");
      assert.equal(await deploying.code, 130);
      assert.equal((await run(inPipe([pai, "get", "cancer", "--json"], place))).code, 0); // it is still there
    } finally {
      await server.close();
    }
  }));

test("a reader of a pipe that has seen enough is no error", () =>
  inFolder((empty) =>
    withEmulator(empty, async (place) => {
      const line = `'${pai}' ls --help | head -n 1; echo "\${PIPESTATUS[0]}"`;
      const { out, err } = await run(inPipe(["bash", "-c", line], place));
      assert.deepEqual([out, err], ["USAGE\n0\n", ""]);
    })
  ));

/** What stands on a terminal in the end: lines that were written over are gone. */
function standing(text: string): string {
  return text.replaceAll("\r\n", "\n").split("\n").map((line) => line.split("\r\x1b[2K").at(-1)).join("\n");
}

/** What differs from one run to the next. */
function timeless(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, "(time)").replaceAll(/\(request [\w-]+\)/g, "(request)")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:8080");
}

for (const name of ["README.md", "README.zh-CN.md"]) {
  test(`${name} shows what commands print in a terminal`, () =>
    inFolder((empty) =>
      withEmulator(empty, async ({ cwd, env }) => {
        const text = await readFile(new URL(name, root), "utf8");
        const [, file] = /```yaml\n(# pai\.yaml[^]*?)```/.exec(text)!;
        const [, transcript] = /```console\n([^]*?)```/.exec(text)!;
        await writeFile(join(cwd, "pai.yaml"), file!);
        await mkdir(join(cwd, "examples/breast-cancer"), { recursive: true });
        await copyFile(model, join(cwd, "examples/breast-cancer/model.json"));
        const place = { cwd, env: { ...env, PATH: `${built}:${env.PATH}` } };
        let printed = "";
        for (const [, command] of transcript!.matchAll(/^\$ (.*)$/gm)) {
          const running = inTerminal(["bash", "-c", command!], place);
          await running.code;
          printed += `$ ${command}\n${standing(running.out)}`;
        }
        assert.equal(timeless(transcript!), timeless(printed), printed);
      })
    ));
}

const programs: [name: string, command: string, ...args: string[]][] = [
  [
    "deno run",
    Deno.execPath(),
    "run",
    "-A",
    "--quiet",
    "--frozen",
    fileURLToPath(new URL("plugins/cli/mod.ts", root)),
  ],
  ["bun run", "bun", "plugins/cli/main.ts"],
  ["node", "node", "plugins/cli/main.ts"],
];
for (const [name, command, ...args] of programs) {
  test(`pai runs by ${name}, without being compiled`, async () => {
    const program = command.includes("/") ? command : find(command, command === "bun" ? "1.2.0" : "22.18.0");
    assert.ok(program);
    const env = { HOME: built, PATH: Deno.env.get("PATH") ?? "", DENO_DIR: await denoDir() };
    const ran = await run(inPipe([program, ...args, "--version"], { cwd: built, env }));
    assert.deepEqual(ran, { code: 0, out: `${deno.version}\n`, err: "" });
    const failed = await run(inPipe([program, ...args, "ls", "--json"], { cwd: built, env }));
    assert.deepEqual([failed.code, JSON.parse(failed.out).error.code], [7, "NotConfigured"]);
  });
}

/** Where packages are cached, which is below the user's folder. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

test("the binary is one file of its own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pai-alone-"));
  try {
    await copyFile(pai, join(folder, "pai"));
    const ran = await run(inPipe([join(folder, "pai"), "--version"], { cwd: folder, env: { HOME: folder } }));
    assert.deepEqual(ran, { code: 0, out: `${deno.version}\n`, err: "" });
    assert.ok((await readFile(join(folder, "pai"))).length > 0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
