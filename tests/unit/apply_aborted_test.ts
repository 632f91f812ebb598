import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, eas, type EasDeployOptions, InferenceSpec, Model, plan } from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { mishaps, reason } from "../support/mishaps.ts";
import { contentsOf, type WatchedCloud, watchedCloud } from "../support/watched_cloud.ts";

const handlers = { iris: () => new Response("ok") };
const options: EasDeployOptions = {
  serviceName: "iris",
  instanceType: "ecs.c6.large",
  labels: { team: "vision" },
};

const model = (version: number): Model =>
  new Model({
    modelData: fromMap({ "model.bin": `weights ${version}`, "config.json": "{}" }),
    inferenceSpec: new InferenceSpec({
      containers: [{ image: `registry.example.com/iris:${version}`, port: 8000, script: "serve" }],
      metadata: { rpc: version === 1 ? { keepalive: 1000 } : {} }, // so that a key goes, too
    }),
  });

const targetOf = ({ client, bucket }: WatchedCloud) => eas(client, { storage: bucket });

/** Applies while something goes wrong with the request of this number; tells the error, if there is one. */
async function applyWith(
  watched: WatchedCloud,
  name: string,
  at: number,
  version: number,
): Promise<{ happened: boolean; error: unknown }> {
  const { cloud } = watched;
  const controller = new AbortController();
  const faulty = mishaps[name]!(cloud.fetch, () => controller.abort(reason)); // the caller has the name from there
  let count = 0;
  watched.meddle((url, init) => (count++ === at ? faulty : cloud.fetch)(url, init));
  const { signal } = controller;
  const error = await apply(targetOf(watched), model(version), { ...options, signal })
    .then(() => undefined, (error) => error ?? "nothing was thrown");
  watched.meddle(cloud.fetch);
  return { happened: count > at, error };
}

/** What is the same after any mishap: the next run does all that is left, and the one after it nothing. */
async function checkGoesOn(watched: WatchedCloud, version: number, where: string): Promise<void> {
  await apply(targetOf(watched), model(version), options);
  assert.equal((await plan(targetOf(watched), model(version), options)).action, "none", where);
  watched.writes();
  await apply(targetOf(watched), model(version), options);
  assert.deepEqual(watched.writes(), [], where);
}

for (const name of Object.keys(mishaps)) {
  test(`an apply that creates and ${name}, whichever it is, leaves no service, and the next goes on`, async () => {
    for (let at = 0;; at++) {
      const watched = watchedCloud({ handlers });
      const { happened, error } = await applyWith(watched, name, at, 1);
      if (!happened) break;
      const where = `request ${at}, ${watched.seen[at]?.what}: ${error}`;
      const services = (await contentsOf(watched)).filter((what) => !what.startsWith("object"));
      assert.deepEqual(services, error === undefined ? ["service iris"] : [], where);
      await checkGoesOn(watched, 1, where);
    }
  });

  test(`an apply that updates and ${name}, whichever it is, leaves one or the other, and the next goes on`, async () => {
    for (let at = 0;; at++) {
      const watched = watchedCloud({ handlers });
      await apply(targetOf(watched), model(1), options);
      watched.seen.length = 0;
      const { happened, error } = await applyWith(watched, name, at, 2);
      if (!happened) break;
      const where = `request ${at}, ${watched.seen[at]?.what}: ${error}`;
      if (/aborted/.test(name) && error !== undefined) assert.equal(error, reason, where);
      assert.ok((await contentsOf(watched)).includes("service iris"), where);
      const actions = await Promise.all(
        [1, 2].map(async (version) => (await plan(targetOf(watched), model(version), options)).action),
      );
      assert.ok(actions.includes("none"), `${where}: it is half of both`);
      await checkGoesOn(watched, 2, where);
    }
  });
}
