import assert from "node:assert/strict";
import { type Client, createClient } from "../../../core/client.ts";
import { listImages, retrieveImage } from "../../../plugins/deploy/images.ts";
import { parseImage } from "../../../plugins/deploy/images/parse-image.ts";
import { type EmulatedImage, emulator } from "../../../plugins/emulator/mod.ts";
import type { ReferenceCase } from "./cases.ts";

/** T-65 to T-68: images. */
export const assets: ReferenceCase[] = [
  { id: "T-65", title: "tags of images say version, chip, Python, CUDA and system", run: tags },
  { id: "T-66", title: "the latest image by semantic version, asked for by label and name", run: latest },
  { id: "T-67", title: "an exact version, and why there is none", run: exactVersion },
  { id: "T-68", title: "120 images come in pages of 50", run: threePages },
];

const registry = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai";

/** An official image for services, as a server lists it. */
function image(repository: string, tag: string, labels: Record<string, string> = {}, day = 1): EmulatedImage {
  return {
    name: `${repository}:${tag}`,
    uri: repository.includes("/") || repository === "python"
      ? `${repository}:${tag}`
      : `${registry}/${repository}:${tag}`,
    labels: {
      "system.official": "true",
      "system.supported.eas": "true",
      "system.chipType": "GPU",
      ...labels,
    },
    createdAt: `2024-01-${`${day}`.padStart(2, "0")}T00:00:00Z`,
  };
}

/** A client of an emulator with these images, and the queries that it has sent. */
function clientWith(images: EmulatedImage[]): { client: Client; queries: URLSearchParams[] } {
  const cloud = emulator({ images });
  const queries: URLSearchParams[] = [];
  const client = createClient({
    ...cloud,
    fetch(url, init) {
      const { pathname, searchParams } = new URL(url);
      assert.equal(pathname, "/api/v1/images");
      queries.push(searchParams);
      return cloud.fetch(url, init);
    },
  });
  return { client, queries };
}

function tags(): void {
  const rows: [
    tag: string,
    version?: string,
    accelerator?: string,
    python?: string,
    cuda?: string,
    os?: string,
  ][] = [
    ["1.12-gpu-py39-cu113-ubuntu20.04", "1.12", "gpu", "3.9", "11.3", "ubuntu20.04"],
    ["2.3-py36-cpu-ubuntu18.04", "2.3", "cpu", "3.6", undefined, "ubuntu18.04"], // the reference: py36
    ["2.3-py36-ubuntu18.04", "2.3", undefined, "3.6", undefined, "ubuntu18.04"],
    ["1.12.0PAI-gpu-py36-cu113-ubuntu18.04", "1.12.0PAI", "gpu", "3.6", "11.3", "ubuntu18.04"],
    ["1.15.5-mkl-cpu-py36-ubuntu18.04", "1.15.5", "cpu", "3.6", undefined, "ubuntu18.04"], // the reference: 1.15.5-mkl
    ["latest"],
    ["24.03-py3"],
    ["py39-ubuntu2004"],
  ];
  for (const [tag, ...wanted] of rows) {
    const info = parseImage(
      { Name: tag, ImageUri: `${registry}/pytorch-training:${tag}` },
      "training",
      "vpc",
    );
    assert.ok(info, tag);
    const { version, accelerator, pythonVersion, cudaVersion, os } = info;
    const [a, b, c, d, e] = wanted;
    assert.deepEqual([version, accelerator, pythonVersion, cudaVersion, os], [a, b, c, d, e], tag);
    assert.equal(info.framework, "PyTorch");
  }
}

async function latest(): Promise<void> {
  const { client, queries } = clientWith([
    image("pytorch-inference", "2.0-py310-gpu-cu117-ubuntu22.04", {}, 2),
    image("pytorch-inference", "1.9.0-py38-gpu-cu111-ubuntu20.04", {}, 5),
    image("pytorch-inference", "1.12-py39-gpu-cu113-ubuntu20.04", {}, 4),
    image("pytorch-inference", "1.10.0PAI-py36-gpu-cu113-ubuntu18.04", {}, 3),
    image("pytorch-lightning-inference", "9.9-py310-gpu-cu121-ubuntu22.04", {}, 6),
  ]);
  const found = await retrieveImage(client, "PyTorch", {
    version: "Latest",
    accelerator: "GPU",
    scope: "inference",
  });
  assert.equal(found.version, "2.0");
  assert.deepEqual(queries.map((query) => Object.fromEntries(query)), [{
    Labels: "system.official=true,system.supported.eas=true,system.chipType=GPU",
    Name: "pytorch",
    Order: "DESC",
    SortBy: "GmtCreateTime",
    Verbose: "true",
    PageNumber: "1",
    PageSize: "50",
  }]);
}

async function exactVersion(): Promise<void> {
  const { client, queries } = clientWith([
    image("pytorch-inference", "1.12-py39-gpu-cu113-ubuntu20.04"),
    image("pytorch-inference", "2.0-py310-gpu-cu117-ubuntu22.04"),
    image("pytorch-inference", "latest"),
    image("python", "3.9-pytorch"),
  ]);
  const options = { accelerator: "gpu", scope: "inference" } as const;
  assert.equal((await retrieveImage(client, "pytorch", { ...options, version: "1.12" })).version, "1.12");
  await assert.rejects(retrieveImage(client, "PyTorch", { ...options, version: "1.13" }), {
    name: "PaiError",
    code: "ImageNotFound",
    message:
      "Cannot retrieve an image of PyTorch: there is no version 1.13 for inference on gpu; there are 2.0, 1.12",
  });
  await assert.rejects(retrieveImage(client, "PyTorch", { ...options, accelerator: "cpu" }), {
    code: "ImageNotFound",
    message: /there is none for inference on cpu in cn-hangzhou/,
  });

  const asked = queries.length;
  await assert.rejects(retrieveImage(client, "Torch7"), {
    name: "TypeError",
    message: /there are images of DeepRec,/,
  });
  for (const wrong of [{ accelerator: "tpu" }, { scope: "serving" }] as never[]) {
    await assert.rejects(retrieveImage(client, "PyTorch", wrong), { name: "TypeError", message: /give / });
    assert.throws(() => listImages(client, wrong), { name: "TypeError" });
  }
  assert.equal(queries.length, asked);
}

async function threePages(): Promise<void> {
  const images = Array.from(
    { length: 120 },
    (_, i) =>
      image("xgboost-inference", `1.${i}.0-py39-cpu-ubuntu20.04`, { "system.chipType": "CPU" }, 1 + i % 28),
  );
  const { client, queries } = clientWith(images);
  const listed = await Array.fromAsync(listImages(client, { framework: "XGBoost", scope: "inference" }));
  assert.equal(new Set(listed.map(({ uri }) => uri)).size, 120);
  const pages = queries.map((query) => [query.get("PageNumber"), query.get("PageSize")]);
  assert.deepEqual(pages, [["1", "50"], ["2", "50"], ["3", "50"]]);
}
