// What a deployment leaves when it fails, is cancelled or meets another: nothing, and an error that says why.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ServiceError, StorageError, TimeoutError } from "../../../core/errors.ts";
import type { FileSource } from "../../../core/files.ts";
import type { ProgressEvent } from "../../../core/service.ts";
import {
  type ContainerServingOptions,
  containerServingSpec,
  emptyDir,
  Model,
  ossFolder,
} from "../../../plugins/deploy/mod.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import {
  DockerError,
  localDocker,
  type LocalDockerDeployOptions,
} from "../../../plugins/local-docker/mod.ts";
import { fromDisk } from "../../../plugins/storage/files.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { memory } from "../../../plugins/storage/memory.ts";
import { tinyImage } from "../images.ts";
import { counted } from "../left.ts";

let engine: Engine, image: string, folder: string;
before(async () => {
  engine = await connectEngine();
  image = await tinyImage(engine);
  folder = mkdtempSync(join(tmpdir(), "deploy-failures-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const bucket = memory({ bucket: "data" });

function deploy(options: Partial<ContainerServingOptions>, own: LocalDockerDeployOptions = {}) {
  const inferenceSpec = containerServingSpec({ image, command: "exec /bin/serve", ...options });
  return new Model({ inferenceSpec }).deploy(localDocker({ storage: bucket }), {
    serviceName: "failing",
    ...own,
  });
}

/** Runs what is to fail, and sees that nothing is left of it. */
async function assertFails(
  run: () => Promise<unknown>,
  expected: (error: unknown) => boolean,
): Promise<void> {
  const before = await counted(engine);
  await assert.rejects(run, expected);
  assert.deepEqual(await counted(engine), before);
}

/** A folder whose only file is of a size and never ends. */
function endless(size: number): { source: FileSource; cancelled: () => number } {
  let cancelled = 0;
  const source: FileSource = {
    label: "endless",
    kind: () => Promise.resolve("directory"),
    digest: () => Promise.resolve(""),
    async *[Symbol.asyncIterator]() {
      const open = () =>
        new ReadableStream<Uint8Array<ArrayBuffer>>({
          pull: (controller) => {
            controller.enqueue(new Uint8Array(65_536));
            return new Promise((resolve) => setTimeout(resolve, 5));
          },
          cancel: () => void cancelled++,
        });
      yield { path: "weights", size, open };
    },
  };
  return { source, cancelled: () => cancelled };
}

/** Cancels a deployment at its first event of a stage. */
async function assertCancelledAt(
  stage: ProgressEvent["stage"],
  options: Partial<ContainerServingOptions>,
  own: LocalDockerDeployOptions = {},
): Promise<void> {
  const reason = new Error("no longer wanted");
  const controller = new AbortController();
  const stages: string[] = [];
  const onProgress = (event: ProgressEvent): void => {
    stages.push(event.stage);
    if (event.stage === stage) setTimeout(() => controller.abort(reason), 30);
  };
  await assertFails(
    () => deploy(options, { ...own, signal: controller.signal, onProgress }),
    (error) => error === reason,
  );
  assert.ok(stages.includes(stage), stages.join());
}

test("a deployment that is cancelled leaves nothing: while it is created", async () => {
  await assertCancelledAt("create", { storage: { "/a": emptyDir(), "/b": fromMap({ x: "1" }) } });
});

test("a deployment that is cancelled leaves nothing: while files are copied", async () => {
  const { source, cancelled } = endless(1e9);
  await assertCancelledAt("upload", { storage: { "/a": source } });
  assert.equal(cancelled(), 1);
});

test("a deployment that is cancelled leaves nothing: while its server is waited for", async () => {
  await assertCancelledAt("probe", { command: "sleep 100" });
});

test("a deployment that takes too long leaves nothing, and says what it waited for", async () => {
  const { source } = endless(1e9);
  await assertFails(
    () => deploy({ storage: { "/a": source } }, { timeout: 1500 }),
    (error) => error instanceof TimeoutError && /no container with its files within/.test(error.message),
  );
  await assertFails(
    () => deploy({ command: "sleep 100" }, { timeout: 2000 }),
    (error) => error instanceof TimeoutError,
  );
});

test("files that can't be read end a deployment with the error of their source", async () => {
  const missing = { "/a": "oss://data/none/" } as const;
  await assertFails(
    () => deploy({ storage: missing }),
    (error) => error instanceof StorageError && error.code === "NoSuchKey",
  );
  const { source } = endless(100_000); // there are more bytes than it says
  await assertFails(
    () => deploy({ storage: { "/a": source } }),
    (error) => (error as { code?: string }).code === "FileChanged",
  );
});

test("an image that is not there, and may not be pulled, is told before anything is made", async () => {
  await assertFails(
    () => deploy({ image: "pai-edge-tests/none:1" }, { pull: "never" }),
    (error) =>
      error instanceof DockerError && error.code === "IMAGE_NOT_FOUND" && /docker pull/.test(error.message),
  );
});

test("of two deployments with one name, one serves and the other is told that the name is taken", async () => {
  const before = await counted(engine);
  const results = await Promise.allSettled([deploy({}), deploy({})]);
  const [service] = results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
  const [error] = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  assert.ok(service && error instanceof ServiceError && error.code === "AlreadyExists", String(error));
  assert.deepEqual((await service.predictor().predict({ x: 1 }) as { input: unknown }).input, { x: 1 });
  await service.delete();
  assert.deepEqual(await counted(engine), before);
});

test("what failed is kept when it shall be looked into, until gc() or the user removes it", async () => {
  const before = await counted(engine);
  await assert.rejects(
    deploy({ command: "exit 3", storage: { "/a": emptyDir() } }, { cleanupOnFailure: false }),
    (error) => error instanceof ServiceError && /are kept/.test(error.message),
  );
  const { containers } = await counted(engine);
  assert.ok(containers.includes("pai-edge-failing"));
  await localDocker().gc({ all: true });
  assert.deepEqual(await counted(engine), before);
});

test("what is inside a mount's folder is not overwritten by the mount's own files", async () => {
  const inner = join(folder, "inner");
  mkdirSync(inner);
  writeFileSync(join(inner, "name"), "mine");
  await bucket.put("outer/name", "outer");
  await bucket.put("outer/inner/name", "theirs");
  const before = await counted(engine);
  const inferenceSpec = containerServingSpec({
    image,
    command: "cat /model/inner/name /fixed/name; exec /bin/serve",
    storage: {
      "/model": "oss://data/outer/",
      "/model/inner": fromDisk(inner),
      "/fixed": ossFolder("oss://data/outer/inner/", { readOnly: true }),
    },
  });
  const target = localDocker({ storage: bucket, folders: "writable" });
  await using service = await new Model({ inferenceSpec }).deploy(target, {
    serviceName: "nested",
    temporary: true,
  });
  assert.equal((await service.predictor().predict({}) as { model: string }).model, "outer");
  assert.deepEqual(readdirSync(inner), ["name"]);
  await service.delete();
  assert.deepEqual(await counted(engine), before);
});
