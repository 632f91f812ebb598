import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import heldOut from "../../../examples/breast-cancer/held-out.json" with { type: "json" };
import model from "../../../examples/breast-cancer/model.json" with { type: "json" };
import { Interrupt } from "../../../plugins/cli/mod.ts";
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

test("pai local runs a processor's model in this process, where no engine is needed, until Ctrl-C", () =>
  inShell({ "model.json": JSON.stringify(model) }, async ({ pai }) => {
    const processor = ["--name", "cancer", "--processor", "xgboost", "--model", "model.json", ...nobody];
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    let printed = "";
    const running = pai(["local", ...processor], {
      signal: controller.signal,
      onOutput(text) {
        printed += text;
        const [, url] = /^endpoint +(\S+)$/m.exec(printed) ?? [];
        if (url) resolve(url);
      },
    });
    try {
      const url = await Promise.race([promise, running.then(({ err }) => Promise.reject(new Error(err)))]);
      const answer = await fetch(url, { method: "POST", body: JSON.stringify(heldOut.rows.slice(0, 3)) });
      const scores: number[] = await answer.json();
      assert.equal(scores.length, 3);
    } finally {
      controller.abort(new Interrupt());
    }
    const { code, out, err } = await running;
    assert.equal(code, 0, err);
    assert.match(out, /^predict +curl http:/m);
    assert.match(err, /service "cancer" is removed\n$/);
    const detached = await pai(["local", ...processor, "--detach"]);
    assert.equal(detached.code, 2);
    assert.match(detached.err, /Cannot leave a processor in the background/);
  }));
