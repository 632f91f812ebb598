import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import type { Fetch } from "../../core/fetch.ts";
import { eas, InferenceSpec, Model } from "../../plugins/deploy/mod.ts";
import { type FaultyCall, withFaults } from "../../plugins/emulator/faults.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { withMultipart } from "../../plugins/storage/multipart.ts";
import { oss, type OssBucket } from "../../plugins/storage/oss.ts";
import { storageContract } from "../contracts/storage.ts";

const bucket = "test-bucket";

storageContract(
  "withMultipart()",
  () => withMultipart(oss(createClient({ ...emulator({ buckets: [bucket] }) }), { bucket })),
);

/** Deploys 250,000 bytes through a bucket, with every upload's first connection broken, and tells what arrived. */
async function deploy(over: (bucket: OssBucket) => OssBucket): Promise<[size: number, broken: number]> {
  const cloud = emulator({ buckets: [bucket], handlers: { any: () => new Response() } });
  let broken = 0;
  const once = ({ method, url, headers }: FaultyCall): { kind: "drop"; when: "before" } | undefined => {
    const isQuestion = headers.has("content-md5"); // whether it may write, which sends nothing
    const isUpload = method === "PUT" && url.hostname.startsWith(bucket) && !isQuestion && !broken;
    if (isUpload) broken++;
    return isUpload ? { kind: "drop", when: "before" } : undefined;
  };
  const fetch: Fetch = withFaults(cloud.fetch, once);
  const client = createClient({ ...cloud, fetch });
  const storage = oss(client, { bucket });
  const modelData = fromMap({ "weights.bin": new Uint8Array(250_000) });
  const model = new Model({ modelData, inferenceSpec: new InferenceSpec({ processor: "any" }) });
  await model.deploy(eas(client, { storage: over(storage) }), {
    serviceName: "any",
    instanceType: "ecs.c6.large",
  });
  const [object] = await Array.fromAsync(storage.list());
  return [object!.size, broken];
}

test("withMultipart() lets a deployment get over a connection that breaks", async () => {
  assert.deepEqual(await deploy((bucket) => withMultipart(bucket, { partSize: 102_400 })), [250_000, 1]);
});

test("a deployment without it fails there, since streams are sent once", async () => {
  await assert.rejects(deploy((bucket) => bucket), { code: "NetworkError" });
});
