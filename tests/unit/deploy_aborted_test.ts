import assert from "node:assert/strict";
import { test } from "node:test";
import { eas, InferenceSpec, Model } from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { withMultipart } from "../../plugins/storage/multipart.ts";
import type { OssBucket } from "../../plugins/storage/oss.ts";
import { type Mishap, mishaps, reason } from "../support/mishaps.ts";
import { contentsOf, type WatchedCloud, watchedCloud } from "../support/watched_cloud.ts";

const weights = new Uint8Array(250_000);
const files = fromMap({ "model.bin": weights, "sub/config.json": "{}", empty: "" }, { label: "./model" });
const code = fromMap({ "app.py": "print()" }, { label: "./code" });

function model(): Model {
  const inferenceSpec = new InferenceSpec({
    containers: [{ image: "registry.example.com/iris:1", port: 8000, script: "serve" }],
  });
  return new Model({ modelData: files, inferenceSpec: inferenceSpec.mount(code, "/code") });
}

const handlers = { iris: () => new Response("ok") };

/** Uploads in one piece, or in parts. */
type Over = (bucket: OssBucket) => OssBucket;

const ways: Record<string, Over> = {
  "": (bucket) => bucket,
  " in parts": (bucket) => withMultipart(bucket, { partSize: 102_400 }),
};

interface Outcome {
  /** Whether there were as many requests. */
  happened: boolean;
  /** Why the deployment failed, if it did. */
  error?: unknown;
  left: string[];
  watched: WatchedCloud;
}

/** Deploys while something goes wrong with the request of this number. */
async function deployWith(
  mishap: Mishap,
  at: number,
  { over = (bucket) => bucket, ...options }: { over?: Over; cleanupOnFailure?: boolean } = {},
): Promise<Outcome> {
  const watched = watchedCloud({ handlers });
  const { cloud, client, bucket } = watched;
  const controller = new AbortController();
  const faulty = mishap(cloud.fetch, () => controller.abort(reason));
  let count = 0;
  watched.meddle((url, init) => (count++ === at ? faulty : cloud.fetch)(url, init));
  const error = await model().deploy(eas(client, { storage: over(bucket) }), {
    serviceName: "iris",
    instanceType: "ecs.c6.large",
    signal: controller.signal,
    ...options,
  }).then(() => undefined, (error) => error ?? "nothing was thrown");
  return { happened: count > at, error, left: await contentsOf(watched), watched };
}

const rows = Object.entries(mishaps).flatMap(([name, mishap]) =>
  Object.entries(ways).map(([way, over]) => ({ name, mishap, way, over }))
);

for (const { name, mishap, way, over } of rows) {
  test(`a deployment${way} that ${name}, whichever it is, leaves nothing behind`, async () => {
    let failures = 0;
    for (let at = 0;; at++) {
      const { happened, error, left, watched } = await deployWith(mishap, at, { over });
      if (!happened) break;
      const where = `request ${at}, ${watched.seen[at]?.what}: ${error}`;
      if (error === undefined) {
        assert.deepEqual(left.filter((what) => !what.startsWith("object")), ["service iris"], where);
        assert.equal(left.length, 5, where); // and its four files
        continue;
      }
      failures++;
      if (/aborted/.test(name)) assert.equal(error, reason, where);
      assert.deepEqual(left, [], where);
    }
    assert.ok(failures > 0);
  });
}

test("a deployment that is aborted keeps its service and files when told to", async () => {
  let kept = 0;
  for (let at = 0;; at++) {
    const aborted = mishaps["is aborted when a request was carried out"]!;
    const { happened, left, error } = await deployWith(aborted, at, { cleanupOnFailure: false });
    if (!happened) break;
    assert.equal(error, reason);
    if (!left.includes("service iris")) {
      assert.deepEqual(left, []);
      continue;
    }
    kept++;
    assert.equal(left.length, 5);
  }
  assert.ok(kept >= 2, "when it waits for the service, and when it waits for the gateway");
});
