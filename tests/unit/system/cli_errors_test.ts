import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { VERSION } from "../../../core/version.ts";
import { exitCodes, Interrupt } from "../../../plugins/cli/mod.ts";
import { commands } from "../../../plugins/cli/app.ts";
import { root } from "../../support/tree.ts";
import { inShell } from "../../support/pai.ts";

const model = readFileSync(new URL("examples/breast-cancer/model.json", root));
const iris = ["--name", "iris", "--processor", "xgboost", "--instance-type", "ecs.c6.large"];
const deployIris = ["deploy", "--model", "model.json", ...iris];

/** Each ends in its code, with a sentence on standard error, or with --json a document on standard output. */
const rows: [args: string[], code: number, says: RegExp, env?: Record<string, string>][] = [
  [["depoly"], 2, /No command registered for `depoly`, did you mean `deploy`\?/],
  [["ls", "--regoin", "x"], 2, /did you mean --region\?/],
  [["ls", "a", "b"], 2, /Too many arguments/],
  [["get"], 2, /Expected argument for service/],
  [["ls", "--timeout", "soon"], 2, /give a time such as 90s/],
  [["ls", "--network", "moon"], 2, /Expected "moon" to be one of/],
  [["emulator", "--port", "99999"], 2, /give a port from 0 to 65535/],
  [["deploy"], 2, /there is no pai\.json or pai\.yaml here; write one, or give --model or --image/],
  [["deploy", "none.json"], 2, /Cannot read "none\.json": there is no such file/],
  [["deploy", "--image", "a/b:1"], 2, /an image needs a command; give --command/],
  [
    ["deploy", "--model", "model.json", ...iris, "--instances", "0"],
    2,
    /instanceCount must be a whole number/,
  ],
  [["deploy", "--set", "a", "--model", "oss://b/m", ...iris], 2, /write key=value/],
  [["plan", "--set", "token=s3cr3t"], 2, /^(?!.*s3cr3t).*keep token off the command line; write/s],
  [
    ["plan", "--set", 'storage=[{"git":{"password":"s3cr3t"}}]'],
    2,
    /^(?!.*s3cr3t).*keep password off the command line; write/s,
  ],
  [["predict", "iris", "[1,"], 2, /the input is neither JSON nor an array of numpy/],
  [["predict", "iris", "@none.npy"], 2, /Cannot read "none\.npy"/],
  [["get", "none"], 3, /ServiceNotFound/],
  [["predict", "none", "[]"], 3, /ServiceNotFound/],
  [["stop", "none"], 3, /ServiceNotFound/],
  [["ls"], 5, /none are configured; set ALIBABA_CLOUD_ACCESS_KEY_ID/, { ALIBABA_CLOUD_ACCESS_KEY_ID: "" }],
  [["ls"], 5, /InvalidAccessKeyId/, { ALIBABA_CLOUD_ACCESS_KEY_ID: "somebody" }],
  [["ls"], 5, /SignatureDoesNotMatch/, { ALIBABA_CLOUD_ACCESS_KEY_SECRET: "wrong" }],
  [["ls", "--profile", "none"], 5, /there is no profile "none"/],
  [["ls"], 7, /none is configured; give one, set ALIBABA_CLOUD_REGION_ID/, { ALIBABA_CLOUD_REGION_ID: "" }],
  [["deploy", "broken.json"], 7, /broken\.json: it is not JSON, line 3, column \d/],
  [["deploy", "broken.yaml"], 7, /broken\.yaml: it is not YAML, line 3, column \d/],
  [["deploy", "list.yaml"], 7, /list\.yaml: it is no object/],
  [["deploy", "wrong.yaml"], 7, /Cannot use "mounts" of wrong\.yaml: it must be an object/],
  [["deploy", "--model", "oss://b/m.pmml", "--name", "none", "--processor", "pmml"], 8, /none.*Failed/],
];
const files = {
  "model.json": model,
  "broken.json": '{\n  "name": "a",\n  "b" 1\n}',
  "broken.yaml": "name: a\nb: [1\nc: 2",
  "list.yaml": "- a",
  "wrong.yaml": "name: a\nprocessor: pmml\nmodel: oss://b/m\nmounts: [a]",
};

for (const [args, code, says, env] of rows) {
  test(`pai ${args.join(" ")} exits with ${code}${env ? ` when ${JSON.stringify(env)}` : ""}`, () =>
    inShell(files, async ({ pai }) => {
      const plain = await pai(args, { env });
      assert.deepEqual([plain.code, plain.out], [code, ""], plain.err);
      assert.match(plain.err, says);
      const json = await pai([...args, "--json"], { env });
      const { error } = JSON.parse(json.out);
      assert.deepEqual([json.code, error.exitCode], [code, code]);
      assert.match(error.message, says);
      assert.equal(typeof error.code, "string");
    }));
}

test("a conflict and a state that doesn't allow a command exit with 4", () =>
  inShell(files, async ({ pai }) => {
    assert.equal((await pai(deployIris)).code, 0);
    const again = await pai(deployIris);
    assert.equal(again.code, exitCodes.conflict);
    assert.match(again.err, /the name is taken, by a service that is Running/);
    await pai(["stop", "iris"]);
    assert.equal((await pai(["stop", "iris"])).code, exitCodes.conflict);
  }));

test("what takes longer than --timeout exits with 6", () =>
  inShell(files, async ({ pai }) => {
    const { code, err } = await pai([...deployIris, "--timeout", "1500ms"]);
    assert.equal(code, exitCodes.timeout, err);
    assert.match(err, /the service was deleted; give --keep to keep it/);
    assert.equal((await pai(["get", "iris"])).code, exitCodes.notFound);
  }, { delays: { create: Infinity, delete: 0 } }));

test("a server that can't be reached exits with 8", () =>
  inShell(files, async ({ pai }) => {
    const { code, err } = await pai(["ls", "--timeout", "30s"]);
    assert.equal(code, exitCodes.remote, err);
  }, { fetch: () => Promise.reject(new TypeError("fetch failed")) }));

test("an abort in the middle of a deployment takes back what it made, says so and exits with 130", () =>
  inShell(files, async ({ pai }) => {
    const controller = new AbortController();
    const { code, err, out } = await pai(deployIris, {
      signal: controller.signal,
      onError: (text) => text.includes("is Creating") && controller.abort(new Interrupt()),
    });
    assert.deepEqual([code, out], [exitCodes.interrupted, ""], err);
    assert.match(err, /cancelling; Ctrl-C again ends at once/);
    assert.match(err, /the service was deleted/);
    assert.equal((await pai(["get", "iris"])).code, exitCodes.notFound);
  }, { delays: { create: Infinity, delete: 0 } }));

test("no error, and no document, shows a secret of the service file or of the environment", () =>
  inShell({
    ...files,
    "pai.yaml":
      "name: iris\nprocessor: pmml\nmodel: oss://b/m\ntoken: s3cr3t-token\ndockerAuth: s3cr3t-auth\n" +
      "cloud: {computing: {instance_type: ecs.c6.large}}\n",
  }, async ({ pai }) => {
    const ran = [
      await pai(["deploy", "--json"]),
      await pai(["deploy"]),
      await pai(["get", "iris", "--json"]),
      await pai(["ls", "--json"], { env: { ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s3cr3t-key" } }),
    ];
    for (const { out, err } of ran) assert.doesNotMatch(out + err, /s3cr3t/);
  }));

/** The words of every command: `["deploy"]`, `["local", "run"]`. */
const words = Object.entries(commands).flatMap(([name, target]) =>
  "getAllEntries" in target ? target.getAllEntries().map((entry) => [name, entry.name.original]) : [[name]]
);

test("every command has help that begins with its usage and examples, and lists --json", () =>
  inShell({}, async ({ pai }) => {
    assert.ok(words.length > Object.keys(commands).length); // some are of two words
    for (const command of words) {
      const { code, out, err } = await pai([...command, "--help"]);
      assert.deepEqual([code, err], [0, ""]);
      assert.ok(out.startsWith(`USAGE\n  pai ${command.join(" ")} [flags]`), out);
      assert.match(out, /\[--json\] +Print one JSON document, errors included/);
    }
    const { out } = await pai(["--help"]);
    for (const name of Object.keys(commands)) assert.match(out, new RegExp(`^  ${name} +[A-Z]`, "m"));
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]) {
      assert.match(out, new RegExp(`\\b${code} [A-Za-z]`));
    }
    assert.deepEqual(await pai(["--version"]), { code: 0, out: `${VERSION}\n`, err: "" });
    assert.deepEqual(await pai([]), await pai(["--help"]));
  }));
