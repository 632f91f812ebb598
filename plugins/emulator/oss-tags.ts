import { malformedXml, objectOf, type OssCall, readDocument, xml } from "./oss-call.ts";
import type { Element } from "./oss-document.ts";
import { checkTags } from "./oss-properties.ts";
import { childrenOf, textOf, type XmlNode } from "./oss-xml.ts";

/**
 * GetObjectTagging.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/getobjecttagging.
 */
export function getTags(call: OssCall): Response {
  const { tags } = objectOf(call).properties;
  const set = [...tags].map(([name, value]): Element => ["Tag", [["Key", name], ["Value", value]]]);
  return xml(["Tagging", [["TagSet", set]]]);
}

/**
 * PutObjectTagging, which replaces all tags.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putobjecttagging.
 */
export async function putTags(call: OssCall): Promise<Response> {
  const [set] = childrenOf(await readDocument(call, "Tagging"), "TagSet");
  if (!set) throw malformedXml();
  const tags = checkTags(childrenOf(set, "Tag").map((tag) => [required(tag, "Key"), required(tag, "Value")]));
  const object = objectOf(call);
  object.properties = { ...object.properties, tags };
  return new Response(null);
}

/** DeleteObjectTagging. */
export function deleteTags(call: OssCall): Response {
  const object = objectOf(call);
  object.properties = { ...object.properties, tags: new Map() };
  return new Response(null, { status: 204 });
}

function required(tag: XmlNode, name: string): string {
  const text = textOf(tag, name);
  if (text === undefined) throw malformedXml();
  return text;
}
