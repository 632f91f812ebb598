import type { Network } from "../../../core/endpoints.ts";
import { frameworkOf } from "./frameworks.ts";
import type { Accelerator, ImageInfo, ImageScope } from "./image-info.ts";
import { parseImageTag } from "./image-tag.ts";
import { onNetwork } from "./registry-host.ts";

/** An item of ListImages, as far as it is read; the vendor leaves members out. */
export interface ListedImage {
  /** Name. */
  Name?: string;
  /** Address. */
  ImageUri?: string;
  /** Labels; there with `Verbose`. */
  Labels?: { Key: string; Value: string }[];
  /** Time of its publication in UTC. */
  GmtCreateTime?: string;
}

// Host, namespaces, repository and tag; what has no host or no namespace is nobody's official image.
const address = /^[^\s/]+\/(?:[^\s/]+\/)+([^\s/:@]+):([^\s/:@]+)$/;

/** Reads an item of ListImages; `undefined` when its address is not one of an official image. */
export function parseImage(
  { Name = "", ImageUri = "", Labels, GmtCreateTime = "" }: ListedImage,
  scope: ImageScope,
  network: Network,
): ImageInfo | undefined {
  const [, repository, tag] = address.exec(ImageUri) ?? [];
  if (!repository || !tag) return undefined;
  const labels = new Map(Labels?.map(({ Key, Value }) => [Key, Value]));
  const { version, accelerator, python, cuda, os } = parseImageTag(tag);
  const created = new Date(GmtCreateTime);
  const info: ImageInfo = {
    name: Name,
    uri: onNetwork(ImageUri, network),
    vpcUri: onNetwork(ImageUri, "vpc"),
    framework: frameworkOf(repository),
    version,
    accelerator: chipOf(labels.get("system.chipType")) ?? accelerator,
    pythonVersion: dotted(labels.get("system.pythonVersion") ?? python),
    cudaVersion: cuda?.replace(/^cu(\d+)(\d)$/, "$1.$2"),
    os,
    scope,
    createdAt: Number.isNaN(created.getTime()) ? undefined : created,
  };
  // What is unknown is absent, so that an image is compared and printed without it.
  return Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined)) as typeof info;
}

function chipOf(label: string | undefined): Accelerator | undefined {
  const chip = label?.toLowerCase();
  return chip === "cpu" || chip === "gpu" ? chip : undefined;
}

/** `3.9` of `py39`, and `3.10` of `3.10`, since labels have either. */
function dotted(python: string | undefined): string | undefined {
  return python?.replace(/^py(?:thon)?(\d)\.?(\d+)$/i, "$1.$2");
}
