import { readForm } from "./form-data.ts";
import { bucketOf, type OssCall, refusal, xml } from "./oss-call.ts";
import { readProperties } from "./oss-properties.ts";
import { checkWritable, etagOf, receive, storeObject, written } from "./oss-put.ts";
import { checkLength, checkPolicy, readPolicy } from "./post-policy.ts";
import { Refusal } from "./refusal.ts";
import type { StoredObject } from "./store.ts";
import { verifyOssPost } from "./verify-oss-post.ts";
import { percentEncode } from "./wire-text.ts";

/**
 * PostObject: a form with a file, and with a policy that is signed.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/postobject.
 */
export async function postObject(call: OssCall): Promise<Response> {
  const { cloud, request } = call;
  const bucket = bucketOf(call);
  const { fields, file } = await readForm(request);
  try {
    const key = fields.get("key")?.replaceAll("${filename}", file?.name ?? "");
    if (key === undefined) throw required("key", "Bucket POST must contain a field named 'key'.");
    if (!file) throw required("file", "POST requires exactly one file upload per request.");
    const now = cloud.clock.now();
    const verdict = verifyOssPost(fields, cloud.lookup, now, cloud.region);
    if (!verdict.ok) throw new Refusal(verdict);
    const policy = readPolicy(fields.get("policy") ?? "");
    checkPolicy(policy, new Map([...fields, ["bucket", call.bucket]]), now);
    const mayWrite = (): void => checkWritable(bucket, key, fields.get("x-oss-forbid-overwrite") ?? null);
    mayWrite();
    const properties = readProperties([
      ...(file.type ? [["content-type", file.type] as const] : []),
      ...fields,
    ]);
    const md5 = fields.get("content-md5");
    const headers = new Headers(md5 === undefined ? {} : { "content-md5": md5 });
    return await receive({ cloud, request: { headers, body: file.body } }, (piece) => {
      checkLength(policy, piece.size);
      mayWrite();
      const pieces = [piece];
      const place = { cloud, bucket: call.bucket, key };
      const object = storeObject(place, { pieces, etag: etagOf(piece.digest), type: "Normal", properties });
      return success(call, key, object, fields);
    });
  } catch (error) {
    if (file && !file.body.locked) await file.body.cancel().catch(() => {});
    throw error;
  }
}

/** Answers as the form wants it: by default with 204. */
function success(
  call: OssCall,
  key: string,
  object: StoredObject,
  fields: ReadonlyMap<string, string>,
): Response {
  const { headers } = written(object);
  const status = fields.get("success_action_status");
  const redirect = fields.get("success_action_redirect");
  if (redirect !== undefined && URL.canParse(redirect)) {
    const target = new URL(redirect);
    for (const [name, value] of Object.entries({ bucket: call.bucket, key, etag: object.etag })) {
      target.searchParams.append(name, value);
    }
    headers.set("location", target.href);
    return new Response(null, { status: 303, headers });
  }
  if (status === "201") {
    const location = `${new URL(call.request.url).origin}/${percentEncode(key)}`;
    headers.set("location", location);
    const answer = xml(["PostResponse", [
      ["Bucket", call.bucket],
      ["ETag", object.etag],
      ["Key", key],
      ["Location", location],
    ]], Object.fromEntries(headers));
    return new Response(answer.body, { status: 201, headers: answer.headers });
  }
  return new Response(null, { status: status === "200" ? 200 : 204, headers });
}

function required(name: string, message: string): Refusal {
  return refusal(400, "InvalidArgument", message, { ArgumentName: name });
}
