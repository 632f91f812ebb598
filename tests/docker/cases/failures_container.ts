// Containers that end, listen elsewhere, or never get well: each a typed error that tells why, and nothing left behind.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { TimeoutError } from "../../../core/errors.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { ContainerError, DockerError } from "../../../plugins/local-docker/mod.ts";
import { tinyImage } from "../images.ts";
import { deployed, leavingNothing, type Order, rejection } from "../services.ts";

let engine: Engine;
let image: string;
before(async () => {
  engine = await connectEngine();
  image = await tinyImage(engine);
});

const secret = "s3cr3t-of-the-test";

/** Deploys what fails, and returns the error, in which no secret is. */
async function failure(
  name: string,
  command: string,
  order: Omit<Partial<Order>, "spec"> & { spec?: Partial<Order["spec"]> } = {},
): Promise<Error> {
  let error = new Error();
  await leavingNothing(engine, async () => {
    error = await rejection(deployed(name, {
      timeout: 60_000,
      ...order,
      spec: { image, command, environmentVariables: { API_TOKEN: secret }, ...order.spec },
    }));
  });
  const shown = [error.message, error.stack, error instanceof ContainerError ? error.logs.join("\n") : ""]
    .join();
  assert.doesNotMatch(shown, new RegExp(secret));
  return error;
}

test("a command that ends is told with its exit code, its last lines and what is missing", async () => {
  const command = `echo using $API_TOKEN; echo "ModuleNotFoundError: No module named 'sklearn'"; exit 3`;
  const error = await failure("ends", command);
  assert.ok(error instanceof ContainerError, `${error}`);
  assert.deepEqual([error.code, error.exitCode, error.oomKilled], ["ContainerExited", 3, false]);
  assert.deepEqual(error.logs, ["using ***", "ModuleNotFoundError: No module named 'sklearn'"]);
  assert.equal(error.serviceName, "ends");
  assert.match(
    error.message,
    /^Cannot deploy service "ends": .* exit code 3: the module "sklearn" is missing; add it to .*pythonRequirements/,
  );
});

test("a command that ends well is no server", async () => {
  const error = await failure("finished", "echo done");
  assert.ok(error instanceof ContainerError, `${error}`);
  assert.equal(error.exitCode, 0);
  assert.match(error.message, /its command has ended; let .* stay(s)? in the foreground/);
});

test("a command that is not in the image is named", async () => {
  const error = await failure("absent", "gunicorn app:app && true");
  assert.ok(error instanceof ContainerError, `${error}`);
  assert.equal(error.exitCode, 127);
  assert.match(error.message, /"gunicorn" is not in the image/);
});

test("a program that is not in the image is refused by the engine", async () => {
  const error = await failure("no-program", "", { container: { script: undefined, command: "/bin/none" } });
  assert.ok(error instanceof DockerError, `${error}`);
  assert.equal(error.code, "COMMAND_NOT_FOUND");
});

test("a container that needs too much memory is told so, with its limit", async () => {
  const error = await failure("hungry", "x=0123456789abcdef; while true; do x=$x$x; done", { memory: 24 });
  assert.ok(error instanceof ContainerError, `${error}`);
  assert.equal(error.code, "ContainerOutOfMemory", error.message);
  // when it was a program of the container's first one, only some engines say so
  if (engine.kind === "docker") assert.equal(error.oomKilled, true);
  assert.match(error.message, /more memory than its 24 MB; raise metadata\.memory/);
});

test("a port that never opens ends the wait in its time, with the last state", async () => {
  const error = await failure("shut", "echo loading $API_TOKEN; sleep 1000", { timeout: 3_000 });
  assert.ok(error instanceof TimeoutError, `${error}`);
  assert.equal(error.code, "WaitTimeout");
  assert.match(
    error.message,
    /nothing listens on port 8000 after \d+ ms; it printed last: "loading \*\*\*"$/,
  );
});

test("a server on another port is told long before the time is up", async () => {
  const command = "echo Listening on http://0.0.0.0:7000/; httpd -f -p 7000 -h /www";
  const began = performance.now();
  const error = await failure("elsewhere", command, { giveUpAfter: 5_000 });
  assert.ok(error instanceof ContainerError, `${error}`);
  assert.equal(error.code, "Hopeless");
  assert.match(error.message, /listens on port 7000, not on port 8000; set containers\[0\]\.port to 7000/);
  assert.ok(performance.now() - began < 30_000);
});

test("a server on its own loopback address is told so", async () => {
  const command = "echo Listening on http://127.0.0.1:8000/; httpd -f -p 127.0.0.1:8000 -h /www";
  const error = await failure("loopback", command, { giveUpAfter: 5_000 });
  assert.ok(error instanceof ContainerError, `${error}`);
  assert.match(error.message, /let the code listen on 0\.0\.0\.0:8000/);
});

test("a health check that answers 404 is given up after a while, one that can't be reached in time", async () => {
  const healthCheck = { http_get: { path: "/nope" } };
  const error = await failure("unhealthy", "/bin/serve", {
    giveUpAfter: 1_000,
    spec: { healthCheck },
  });
  assert.ok(error instanceof ContainerError, `${error}`);
  assert.equal(error.code, "Hopeless");
  assert.equal(error.health, "GET /nope on port 8000 is answered 404");
  assert.match(error.message, /will not pass as it is: GET \/nope on port 8000 is answered 404/);
  const late = await failure("unreached", "sleep 1000", {
    timeout: 2_000,
    spec: { healthCheck: { tcp_socket: {} } },
  });
  assert.ok(late instanceof TimeoutError, `${late}`);
});

test("checks by TCP, by HTTP and by command pass when they may", async () => {
  const checks = [
    { tcp_socket: {} },
    { http_get: { path: "/health" } },
    { exec: { command: ["/bin/sh", "-c", "wget -q -O - http://127.0.0.1:8000/health"] } },
  ];
  await leavingNothing(engine, async () => {
    for (const healthCheck of checks) {
      const service = await deployed("healthy", {
        spec: { image, command: "sleep 0.3; /bin/serve", healthCheck },
      });
      try {
        assert.equal((await service.describe()).status, "Running");
        assert.deepEqual(await service.predictor().predict([1]), { bytes: 3, input: [1], model: "" });
      } finally {
        await service.delete();
      }
    }
  });
});
