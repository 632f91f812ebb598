import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { inShell } from "../../support/pai.ts";

// What needs no engine; tests/docker has the rest.

const nobody = ["--docker-host", "unix:///var/run/nobody-listens.sock"];
const app = ["--name", "app", "--image", "a/b:1", "--command", "serve"];

test("pai local says where no engine was found, and how to start one", () =>
  inShell({}, async ({ pai }) => {
    for (const args of [app, ["ls"], ["logs", "app"], ["stop", "app"], ["delete", "app"], ["gc"]]) {
      const { code, out, err } = await pai(["local", ...args, ...nobody]);
      assert.deepEqual([code, out], [8, ""], err);
      assert.match(
        err,
        /error: Cannot reach a container engine: none answers; .*\n? *.*nobody-listens\.sock/s,
      );
    }
    const { code, out } = await pai(["local", ...app, ...nobody, "--json"]);
    const { error } = JSON.parse(out);
    assert.deepEqual([code, error.code, error.exitCode], [8, "NO_ENGINE", 8]);
  }));

test("pai local judges the service file and the flags before it looks for an engine", () =>
  inShell({ "pai.yaml": "name: app\nimage: a/b:1\n", "wrong.json": "[]" }, async ({ pai }) => {
    const wrong: [args: string[], code: number, says: RegExp][] = [
      [[], 2, /an image needs a command/],
      [["wrong.json"], 7, /it is no object/],
      [["nowhere.yaml"], 2, /nowhere\.yaml/],
      [["--command", "serve", "--set", "token=secret"], 2, /keep token off the command line/],
      [["logs"], 2, /service/i],
    ];
    for (const [args, code, says] of wrong) {
      const ended = await pai(["local", ...args, ...nobody]);
      assert.equal(ended.code, code, ended.err);
      assert.match(ended.err, says);
      assert.doesNotMatch(ended.err, /secret/);
    }
  }));

test("pai local --help tells of its words, and each word of itself", () =>
  inShell({}, async ({ pai }) => {
    const { code, out } = await pai(["local", "--help"]);
    assert.equal(code, 0);
    for (const word of ["run", "ls", "logs", "stop", "start", "delete", "gc"]) {
      assert.match(out, new RegExp(`^ +(?:pai local )?${word}\\b`, "m"));
      const help = await pai(["local", word, "--help"]);
      assert.match(help.out, new RegExp(`pai local ${word} `));
    }
  }));

test("pai local ls speaks to the engine that is named", async () => {
  const asked: string[] = [];
  const engine = createServer((request, response) => {
    asked.push(String(request.url));
    response.setHeader("api-version", "1.41");
    response.setHeader("content-type", "application/json");
    const version = { ApiVersion: "1.41", MinAPIVersion: "1.12", Version: "20.10", Components: [] };
    response.end(JSON.stringify(request.url?.includes("/containers/json") ? [] : version));
  });
  await new Promise<void>((resolve) => engine.listen(0, "127.0.0.1", resolve));
  const { port } = engine.address() as AddressInfo; // it listens on a port, not on a pipe
  try {
    await inShell({}, async ({ pai }) => {
      const { code, out, err } = await pai([
        "local",
        "ls",
        "--json",
        "--docker-host",
        `tcp://127.0.0.1:${port}`,
      ]);
      assert.equal(code, 0, err);
      assert.deepEqual(JSON.parse(out), []);
      assert.ok(asked.some((path) => path.includes("/containers/json")), asked.join());
    });
  } finally {
    engine.closeAllConnections();
    engine.close();
  }
});
