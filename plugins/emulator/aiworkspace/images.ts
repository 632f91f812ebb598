import type { Action, Call } from "../api.ts";
import type { Cloud } from "../cloud.ts";
import { flag, notFound } from "../eas/call.ts";
import type { JsonObject } from "../service-config.ts";
import { haveLabels, pageOf } from "./call.ts";
import type { EmulatedImage } from "./image-catalog.ts";

/** Images: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-dir-mirror/ */
export const imageActions: readonly Action[] = [
  ["GET", "/api/v1/images", "ListImages", listImages],
  ["GET", "/api/v1/images/:id", "GetImage", getImage],
  ["GET", "/api/v1/image/labels", "ListImageLabels", listLabels],
];

function listImages({ assets, accountId }: Cloud, call: Call): JsonObject {
  const { Labels, Name = "", Query = "", ImageUri } = call.req.query();
  const matching = [...assets.images].filter(([, { name, uri, labels, description = "" }]) =>
    haveLabels(labels, Labels) && holds(name, Name) && (holds(name, Query) || holds(description, Query)) &&
    (!ImageUri || uri === ImageUri)
  );
  const page = pageOf(call, matching, { order: "ASC", size: 20 });
  return {
    Images: page.map(([id, image]) => ({
      ImageId: id,
      ...shown(image, accountId, flag(call, "Verbose") ?? false),
    })),
    TotalCount: matching.length,
  };
}

function getImage({ assets, accountId }: Cloud, call: Call): JsonObject {
  const { id = "" } = call.req.param();
  const image = assets.images.get(id) ?? notFound("Image", id);
  return shown(image, accountId, flag(call, "Verbose") ?? true);
}

function listLabels({ assets }: Cloud, call: Call): JsonObject {
  const { ImageId, LabelFilter, LabelKeys } = call.req.query();
  const keys = LabelKeys?.split(",");
  const labels = new Map<string, { Key: string; Value: string }>();
  for (const [id, image] of assets.images) {
    if ((ImageId && id !== ImageId) || !haveLabels(image.labels, LabelFilter)) continue;
    for (const [Key, Value] of Object.entries(image.labels)) {
      if (!keys || keys.includes(Key)) labels.set(`${Key}=${Value}`, { Key, Value });
    }
  }
  return { Labels: [...labels.values()], TotalCount: labels.size };
}

/** Whether a text has a part, in any case of letters. */
function holds(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

function shown(
  { name, uri, labels, createdAt, description = "" }: EmulatedImage,
  accountId: string,
  verbose: boolean,
): JsonObject {
  return {
    Name: name,
    ImageUri: uri,
    Description: description,
    Accessibility: "PUBLIC",
    Size: 4,
    UserId: accountId,
    ParentUserId: accountId,
    GmtCreateTime: createdAt,
    GmtModifiedTime: createdAt,
    ...(verbose && { Labels: Object.entries(labels).map(([Key, Value]) => ({ Key, Value })) }),
  };
}
