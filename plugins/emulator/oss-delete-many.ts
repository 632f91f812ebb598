import { bucketOf, malformedXml, type OssCall, readDocument, refusal, xml } from "./oss-call.ts";
import type { Element } from "./oss-document.ts";
import { encoderOf, encodingOf } from "./oss-multipart.ts";
import { childrenOf, textOf } from "./oss-xml.ts";

/**
 * DeleteMultipleObjects: up to 1,000 keys; what is not there counts as deleted.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/deletemultipleobjects.
 */
export async function deleteMany(call: OssCall): Promise<Response> {
  const bucket = bucketOf(call);
  if (!call.request.headers.has("content-md5")) {
    // https://help.aliyun.com/zh/oss/support/0016-00000606
    const details = { ArgumentName: "Content-MD5" };
    throw refusal(411, "MissingArgument", "Missing Some Required Arguments.", details, "0016-00000606");
  }
  const list = await readDocument(call, "Delete");
  const quiet = textOf(list, "Quiet") ?? "false";
  const keys = childrenOf(list, "Object").map((object) => textOf(object, "Key") ?? "");
  if (quiet !== "true" && quiet !== "false") throw malformedXml();
  if (keys.length === 0 || keys.length > 1000 || keys.includes("")) throw malformedXml();
  for (const key of keys) call.cloud.store.deleteObject(bucket, key);
  if (quiet === "true") return new Response(null);
  const text = encoderOf(call);
  return xml(["DeleteResult", [
    ...encodingOf(call),
    ...keys.map((key): Element => ["Deleted", [["Key", text(key)]]]),
  ]]);
}
