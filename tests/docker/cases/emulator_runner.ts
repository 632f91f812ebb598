// The emulator in Docker mode: what is deployed to the emulated EAS runs in real containers, and nothing leaves this machine.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createClient } from "../../../core/client.ts";
import { json } from "../../../core/json.ts";
import { containerServingSpec, DeployError, eas, Model, scale } from "../../../plugins/deploy/mod.ts";
import { type Emulator, emulator } from "../../../plugins/emulator/mod.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { listContainers } from "../../../plugins/local-docker/engine/list-containers.ts";
import { localDocker } from "../../../plugins/local-docker/mod.ts";
import { stream } from "../../../plugins/predict/stream.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { oss } from "../../../plugins/storage/oss.ts";
import { pythonImage, tinyImage } from "../images.ts";

let engine: Engine;
let cloud: Emulator;
before(async () => {
  engine = await connectEngine();
  cloud = emulator({ runner: localDocker() });
});
after(() => cloud.close());

/** A server that multiplies by what is in the model's file, and counts up as events. */
const server = `
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

factor = int(open("/eas/workspace/model/factor.txt").read())

class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        print("asked for", self.path, flush=True)
        if self.path == "/count": return self.count()
        answer = [number * factor for number in json.loads(body)]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"answer": answer, "path": self.path, "greeting": os.environ["GREETING"]}).encode())

    def count(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for i in range(3):
            self.wfile.write(b"data: %d\\n\\n" % i)
            self.wfile.flush()

print("listens on", os.environ["LISTENING_PORT"], flush=True)
ThreadingHTTPServer(("0.0.0.0", int(os.environ["LISTENING_PORT"])), Server).serve_forever()
`;

/** Containers of this test's emulator, by the labels that all of ours have. */
async function running(): Promise<number> {
  return (await listContainers(engine, { labels: { "com.pai-edge.sdk.service": true }, all: true })).length;
}

/** Waits until a service that failed is deleted with its container, which the deployment does not wait for. */
async function removedTo(count: number): Promise<void> {
  for (let i = 0; i < 100 && await running() > count; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(await running(), count);
}

test("deploy, predict, stream, logs, stop, start, scale and delete, offline from end to end", async () => {
  const client = createClient({ ...cloud });
  const storage = oss(client, { bucket: "emulator-bucket" });
  const before = await running();
  const model = new Model({
    modelData: fromMap({ "factor.txt": "3" }), // uploaded to the emulated OSS
    inferenceSpec: containerServingSpec({
      image: await pythonImage(engine),
      port: 8000,
      command: "python app.py",
      sourceDir: fromMap({ "app.py": server }),
      environmentVariables: { GREETING: "hello" },
    }),
  });
  const states = new Set<string>();
  const service = await model.deploy(eas(client, { storage }), {
    serviceName: "multiply",
    serializer: json<{ answer: number[]; path: string; greeting: string }>(),
    onProgress: ({ status }) => void (status && states.add(status)),
  });
  assert.ok(states.has("Running"), [...states].join());
  const predictor = service.predictor();
  const expected = { answer: [3, 6], path: "/v1/run?fast=1", greeting: "hello" };
  assert.deepEqual(await predictor.predict([1, 2], { path: "v1/run", query: { fast: 1 } }), expected);
  const numbers = await stream<number>(predictor, [], { path: "count", as: "json" });
  assert.deepEqual(await Array.fromAsync(numbers), [0, 1, 2]);
  const printed = (await Array.fromAsync(service.logs())).map(({ text }) => text).join("\n");
  assert.match(printed, /listens on 8000[^]*asked for \/v1\/run\?fast=1/);

  await service.stop();
  assert.equal(await running(), before);
  await service.start();
  assert.deepEqual((await predictor.predict([7])).answer, [21]);
  await scale({ client, name: "multiply" }, 2);
  assert.equal(await running(), before + 2);
  assert.deepEqual(
    (await Promise.all([predictor.predict([1]), predictor.predict([2])])).map(({ answer }) => answer),
    [
      [3],
      [6],
    ],
  );
  await service.delete({ wait: true });
  assert.equal(await running(), before);
});

test("a container that crashes ends in a DeployError with what it said, and nothing is left", async () => {
  const client = createClient({ ...cloud });
  const before = await running();
  const inferenceSpec = containerServingSpec({
    image: await tinyImage(engine),
    command: 'echo "ImportError: no such thing as a free lunch" >&2; exit 3',
  });
  const error = await new Model({ inferenceSpec }).deploy(eas(client), { serviceName: "crashes" })
    .then(() => assert.fail("it runs"), (error) => error);
  assert.ok(error instanceof DeployError, String(error));
  assert.match(error.message, /Failed/);
  assert.equal(error.causes[0]?.kind, "crash");
  assert.ok(error.logs.some((line) => line.includes("free lunch")), error.logs.join("\n"));
  assert.ok(error.instances.some(({ lastState }) => JSON.stringify(lastState).includes("3")));
  await removedTo(before);
});

test("a container that listens elsewhere goes on waiting, and the time-out tells why", async () => {
  const client = createClient({ ...cloud });
  const before = await running();
  const inferenceSpec = containerServingSpec({
    image: await tinyImage(engine),
    command: 'echo "INFO: Uvicorn running on http://0.0.0.0:7000"; LISTENING_PORT=7000 exec serve',
  });
  const deployed = new Model({ inferenceSpec }).deploy(eas(client), {
    serviceName: "elsewhere",
    timeout: 3000,
  });
  const error = await deployed.then(() => assert.fail("it answers"), (error) => error);
  assert.ok(error instanceof DeployError, String(error));
  assert.match(error.message, /Waiting.*port 7000, not on the port 8000/);
  assert.ok(error.events.some(({ message }) => /Readiness probe failed: nothing listens/.test(message)));
  await removedTo(before);
});

test("close() removes what still runs", async () => {
  const own = emulator({ runner: localDocker() });
  const client = createClient({ ...own });
  const inferenceSpec = containerServingSpec({ image: await tinyImage(engine), command: "serve" });
  const before = await running();
  await new Model({ inferenceSpec }).deploy(eas(client), { serviceName: "stays" });
  assert.equal(await running(), before + 1);
  await own.close();
  assert.equal(await running(), before);
});
