import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createClient } from "../../core/client.ts";
import { listImages, retrieveImage } from "../../plugins/deploy/images.ts";
import { parseImage } from "../../plugins/deploy/images/parse-image.ts";
import { onNetwork } from "../../plugins/deploy/images/registry-host.ts";
import { compareVersions } from "../../plugins/deploy/images/version-order.ts";
import { type EmulatedImage, emulator } from "../../plugins/emulator/mod.ts";

test("compareVersions() orders as https://semver.org does, and makes versions of what is none", () => {
  const ascending = [
    "",
    "0.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.9.0",
    "1.10.0PAI",
    "1.10.0",
    "1.12",
    "2.0",
    "23.06",
    "24.03",
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} and ${b}`);
    }
  }
  for (
    const [a, b] of [["1.12", "1.12.0"], ["24.03", "24.3"], ["1.2.3.4", "1.2.3"], ["1.2.3+a", "1.2.3+b"]]
  ) {
    assert.equal(compareVersions(a!, b!), 0, `${a} and ${b}`);
  }
});

test("compareVersions() is an order of any texts", () => {
  const version = fc.oneof(fc.stringMatching(/^\d{1,2}(\.\d{1,2}){0,3}[-.+_]?[a-z0-9.]{0,4}$/), fc.string());
  fc.assert(fc.property(version, version, version, (a, b, c) => {
    assert.equal(compareVersions(a, a), 0);
    assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0);
    if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0);
  }));
});

test("onNetwork() writes the registry's host for a network, and leaves any other address", () => {
  const rows: [host: string, inVpc: string][] = [
    ["registry.cn-hangzhou.aliyuncs.com", "registry-vpc.cn-hangzhou.aliyuncs.com"],
    ["eas-registry.cn-hangzhou.cr.aliyuncs.com", "eas-registry-vpc.cn-hangzhou.cr.aliyuncs.com"],
    ["my-own-registry.us-east-1.cr.aliyuncs.com", "my-own-registry-vpc.us-east-1.cr.aliyuncs.com"],
  ];
  for (const [host, inVpc] of rows) {
    for (const listed of [host, inVpc]) {
      assert.equal(onNetwork(`${listed}/pai/x:1`, "public"), `${host}/pai/x:1`);
      assert.equal(onNetwork(`${listed}/pai/x:1`, "vpc"), `${inVpc}/pai/x:1`);
    }
  }
  const others = [
    "registry.cn-hangzhou.aliyuncs.com.example.com/pai/x:1",
    "docker.io/library/registry-vpc.cn-hangzhou.aliyuncs.com/x:1",
    "registry.example.com/pai/x:1",
  ];
  for (const uri of others) {
    for (const network of ["public", "vpc"] as const) assert.equal(onNetwork(uri, network), uri);
  }
});

test("parseImage() believes the labels before the tag, and leaves out what it doesn't know", () => {
  const ImageUri =
    "registry-vpc.cn-beijing.aliyuncs.com/pai/deep/tensorflow-inference:2.3-py36-gpu-cu101-ubuntu18.04";
  const Labels = [
    { Key: "system.chipType", Value: "CPU" },
    { Key: "system.pythonVersion", Value: "py310" },
  ];
  const item = { Name: "tf", ImageUri, Labels, GmtCreateTime: "2024-02-03T04:05:06Z" };
  assert.deepEqual(parseImage(item, "inference", "public"), {
    name: "tf",
    uri: ImageUri.replace("registry-vpc", "registry"),
    vpcUri: ImageUri,
    framework: "TensorFlow",
    version: "2.3",
    accelerator: "cpu",
    pythonVersion: "3.10",
    cudaVersion: "10.1",
    os: "ubuntu18.04",
    scope: "inference",
    createdAt: new Date("2024-02-03T04:05:06Z"),
  });
  const built = `${ImageUri}-e17a6c92-1733184000`;
  assert.equal(parseImage({ ImageUri: built }, "inference", "vpc")?.os, "ubuntu18.04", "without the build");
  const uri = "eas-registry-vpc.cn-beijing.cr.aliyuncs.com/pai-eas/chat-llm-webui:3.0-vllm";
  assert.deepEqual(parseImage({ ImageUri: uri, GmtCreateTime: "soon" }, "inference", "vpc"), {
    name: "",
    uri,
    vpcUri: uri,
    framework: "chat-llm-webui",
    scope: "inference",
  });
});

test("parseImage() skips addresses that no official image has", () => {
  const wrong = [
    "",
    "python:3.9",
    "library/python:3.9",
    "host/ns/repo",
    "host/ns/repo@sha256:ab",
    "host/ns/:1",
    "a b/c/d:1",
  ];
  for (const ImageUri of wrong) {
    assert.equal(parseImage({ ImageUri }, "training", "public"), undefined, ImageUri);
  }
});

test("parseImage() takes any text as an address or a tag", () => {
  const tag = fc.stringMatching(/^[\w.-]{0,20}(-(mkl-)?(cpu|gpu))?(-py\d+)?(-cu\d+)?-?[\w.]{0,9}$/);
  fc.assert(fc.property(fc.oneof(fc.string(), tag.map((tag) => `h/n/r:${tag}`)), (ImageUri) => {
    const { accelerator } = parseImage({ ImageUri }, "training", "public") ?? {};
    assert.ok(accelerator === undefined || accelerator === "cpu" || accelerator === "gpu");
  }));
});

function official(repository: string, tag: string, createdAt: string): EmulatedImage {
  return {
    name: `${repository}:${tag}`,
    uri: `dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/${repository}:${tag}`,
    labels: { "system.official": "true", "system.supported.dlc": "true", "system.chipType": "CPU" },
    createdAt,
  };
}

test("retrieveImage() takes the one that was published last among equal versions", async () => {
  const images = [
    official("pytorch-training", "2.0-cpu-py310-ubuntu22.04", "2024-01-01T00:00:00Z"),
    official("pytorch", "2.0.0-cpu-py310-ubuntu22.04", "2024-03-01T00:00:00Z"),
    official("pytorch-training", "2.0-cpu-py311-ubuntu22.04", "2024-02-01T00:00:00Z"),
  ];
  const cloud = emulator({ images });
  const client = createClient({ ...cloud });
  assert.match((await retrieveImage(client, "PyTorch")).uri, /pytorch:2\.0\.0/);
  assert.match((await retrieveImage(client, "PyTorch", { version: "2.0" })).uri, /py311/);
});

test("listImages() asks for a page when it is wanted, and for the network's addresses", async () => {
  const images = Array.from(
    { length: 60 },
    (_, i) =>
      official(
        "pytorch-training",
        `1.${i}-cpu-py39-ubuntu20.04`,
        `2024-01-01T00:00:${`${i}`.padStart(2, "0")}Z`,
      ),
  );
  const cloud = emulator({ images });
  let calls = 0;
  const fetch: typeof cloud.fetch = (url, init) => (calls++, cloud.fetch(url, init));
  for (const network of ["public", "vpc"] as const) {
    calls = 0;
    const client = createClient({ ...cloud, fetch, network });
    const host = network === "vpc" ? /^dsw-registry-vpc\./ : /^dsw-registry\.cn/;
    for await (const image of listImages(client, { accelerator: "CPU" })) {
      assert.match(image.uri, host);
      assert.equal(image.version, "1.59");
      break;
    }
    assert.equal(calls, 1);
    assert.equal((await Array.fromAsync(listImages(client, { framework: " PyTorch " }))).length, 60);
    assert.equal(calls, 3);
    assert.equal(
      (await Array.fromAsync(listImages(client, { framework: "pytorch", version: "1.7" }))).length,
      1,
    );
  }
});

test("listImages() goes on while a server gives less than it was asked for, and ends without a total", async () => {
  const answers = (pages: number[], total?: number) => {
    let asked = 0;
    const fetch = (): Response => {
      const Images = Array.from(
        { length: pages[asked++] ?? 0 },
        (_, i) => ({ ImageUri: `h/n/r${asked}-${i}:1`, Name: "x" }),
      );
      return Response.json({ Images, TotalCount: total });
    };
    const credentials = { accessKeyId: "id", accessKeySecret: "secret" };
    return { client: createClient({ region: "cn-hangzhou", credentials, fetch }), asked: () => asked };
  };
  const rows: [pages: number[], total: number | undefined, items: number, calls: number][] = [
    [[20, 20, 5], 45, 45, 3],
    [[50, 50, 50], 120, 150, 3],
    [[50, 10], undefined, 60, 2],
    [[50], undefined, 50, 2],
    [[], 5, 0, 1],
  ];
  for (const [pages, total, items, calls] of rows) {
    const { client, asked } = answers(pages, total);
    assert.equal((await Array.fromAsync(listImages(client))).length, items);
    assert.equal(asked(), calls);
  }
});

test("listImages() and retrieveImage() are cancelled, and end in time", async () => {
  const client = createClient({
    ...emulator(),
    fetch: (_, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  });
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(Array.fromAsync(listImages(client, { signal })), reason);
  await assert.rejects(retrieveImage(client, "PyTorch", { timeout: 20 }), { name: "TimeoutError" });
});
