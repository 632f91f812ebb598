// That images for other tests can be made here, and answer as their makers say.
import { before, test } from "node:test";
import assert from "node:assert/strict";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { inspectImage } from "../../../plugins/local-docker/engine/images.ts";
import { denoImage, pythonImage, tinyImage } from "../images.ts";
import { answer, printedBy, withContainer } from "../containers.ts";

let engine: Engine;
before(async () => {
  engine = await connectEngine();
});

test("tinyImage() serves health and predictions", async () => {
  const image = await tinyImage(engine);
  await withContainer(engine, { Image: image, ExposedPorts: { "8000/tcp": {} } }, async ({ url }) => {
    assert.equal(await (await answer(`${url}/health`)).text(), "ok");
    const init = { method: "POST", body: "[1,2]" };
    assert.deepEqual(await (await answer(url, init)).json(), { bytes: 5, input: [1, 2], model: "" });
    assert.deepEqual(await (await answer(`${url}/cgi-bin/predict`, init)).json(), {
      ...{ bytes: 5, input: [1, 2], model: "" },
    });
  });
});

test("pythonImage() has Python with its library, and pip", async () => {
  const image = await pythonImage(engine);
  const code = "import ctypes, json, sqlite3, ssl, zlib; print(json.dumps({'a': 1}))";
  assert.deepEqual(await printedBy(engine, { Image: image, Cmd: ["python3", "-c", code] }), ['{"a": 1}']);
  const [pip = ""] = await printedBy(engine, { Image: image, Cmd: ["pip", "--version"] });
  assert.match(pip, /^pip \d/);
});

test("denoImage() has Deno", async () => {
  const image = await denoImage(engine);
  assert.deepEqual(await printedBy(engine, { Image: image, Cmd: ["deno", "eval", "console.log(1 + 1)"] }), [
    "2",
  ]);
});

test("inspectImage() tells what an image has, and undefined for none", async () => {
  const image = await tinyImage(engine);
  const found = await inspectImage(engine, image);
  assert.ok(found);
  assert.deepEqual([found.tags, found.command, found.exposedPorts], [[image], ["/bin/serve"], ["8000/tcp"]]);
  assert.match(found.platform, /^linux\/\w+/);
  assert.ok(found.size > 1e6 && found.size < 1e7, `${found.size} bytes`);
  assert.ok(found.env.includes("HOME=/tmp"));
  assert.equal(await inspectImage(engine, "pai-edge-tests/none:1"), undefined);
});
