// A deployment may be cancelled at any moment, and so may many at once: nothing is left of any.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { ProgressEvent } from "../../../core/service.ts";
import { containerServingSpec, emptyDir, Model, ossFolder } from "../../../plugins/deploy/mod.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { CallOptions, Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { deployContainer } from "../../../plugins/local-docker/create/deploy.ts";
import { ownLabels } from "../../../plugins/local-docker/labels.ts";
import { DockerError, localDocker } from "../../../plugins/local-docker/mod.ts";
import { planContainer } from "../../../plugins/local-docker/plan/plan-container.ts";
import { systemClock } from "../../../core/clock.ts";
import { watchOf } from "../../../core/watch.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { memory } from "../../../plugins/storage/memory.ts";
import { tinyImage } from "../images.ts";
import { counted } from "../left.ts";

let engine: Engine, model: Model;
const bucket = memory({ bucket: "data" });
before(async () => {
  engine = await connectEngine();
  await bucket.put("a/x", "1");
  const inferenceSpec = containerServingSpec({
    image: await tinyImage(engine),
    command: "exec /bin/serve",
    storage: {
      "/files": fromMap({ y: "2" }),
      "/fixed": ossFolder("oss://data/a/", { readOnly: true }),
      "/space": emptyDir(),
    },
  });
  model = new Model({ inferenceSpec });
});

const reason = new Error("no longer wanted");

/** Deploys, and cancels at an event; tells whether it was done by then. */
async function cancelledAt(event: number, serviceName: string): Promise<"done" | "cancelled"> {
  const controller = new AbortController();
  let seen = 0;
  const onProgress = (_: ProgressEvent): void => {
    if (++seen === event) controller.abort(reason);
  };
  const options = { serviceName, signal: controller.signal, onProgress };
  try {
    const service = await model.deploy(localDocker({ storage: bucket }), options);
    await service.delete();
    return "done";
  } catch (error) {
    assert.equal(error, reason);
    return "cancelled";
  }
}

test("a deployment that is cancelled at any of its events leaves nothing", async () => {
  const before = await counted(engine);
  for (let event = 1;; event++) {
    const end = await cancelledAt(event, "cancelled");
    assert.deepEqual(await counted(engine), before, `cancelled at event ${event}`);
    if (end === "done") return assert.ok(event > 6, `${event} events`);
  }
});

test("deployments that are cancelled at the same time leave nothing, and do not disturb each other", async () => {
  const before = await counted(engine);
  const service = await model.deploy(localDocker({ storage: bucket }), { serviceName: "staying" });
  await Promise.all([2, 3, 5, 7].map((event) => cancelledAt(event, `cancelled-${event}`)));
  assert.deepEqual((await service.predictor().predict({ x: 1 }) as { input: unknown }).input, { x: 1 });
  await service.delete();
  assert.deepEqual(await counted(engine), before);
});

for (
  const [what, isDone] of [["fails at any of its calls", false], ["loses any of its answers", true]] as const
) {
  test(`an engine that ${what}, once, leaves a deployment with an error and nothing else`, async () => {
    const before = await counted(engine);
    for (let failing = 1;; failing++) {
      const { error, calls } = await failedAt(failing, isDone);
      assert.deepEqual(await counted(engine), before, `at call ${failing}`);
      if (calls < failing) return assert.ok(failing > 12, `${failing} calls`);
      assert.ok(error instanceof DockerError || error.message === "all calls were made", String(error));
    }
  });
}

/** Deploys by an engine one of whose calls fails, after it was done or instead; a deployment that succeeds fails then. */
async function failedAt(failing: number, isDone: boolean): Promise<{ error: Error; calls: number }> {
  let calls = 0;
  const call = async (method: string, path: string, options?: CallOptions): Promise<Response> => {
    if (++calls !== failing) return await engine.call(method, path, options);
    if (isDone) await (await engine.call(method, path, options)).body?.cancel();
    else if (options?.body instanceof ReadableStream) await options.body.cancel();
    throw new DockerError("Cannot call the engine: it is gone", { code: "ENGINE_GONE" });
  };
  const { config, mounts } = await model.toDeployment();
  const labels = ownLabels("failing");
  const settings = { storages: [bucket], folders: "read-only", pull: "never", limits: true } as const;
  const plan = planContainer({ config, mounts }, {
    ...settings,
    serviceName: "failing",
    publishedAt: "127.0.0.1",
  });
  const order = { plan, config, labels, containerLabels: labels, unpackModel: true };
  const error = await deployContainer(
    {
      ...order,
      watch: watchOf(systemClock, "failing", "deploy", {}),
      connect: () => Promise.resolve({ ...engine, call }),
    },
    true,
    () => Promise.reject(new Error("all calls were made")),
  ).catch((error) => error);
  return { error, calls };
}
