import { bucketOf, type OssCall, refusal, xml } from "./oss-call.ts";
import type { Element } from "./oss-document.ts";
import { ownerElement } from "./oss-list.ts";

/** ListBuckets. */
export function listBuckets({ cloud: { store, region, accountId } }: OssCall): Response {
  const buckets = [...store.buckets.keys()].sort().map((name): Element => [
    "Bucket",
    [["Name", name], ["Location", `oss-${region}`], ["StorageClass", "Standard"]],
  ]);
  return xml(["ListAllMyBucketsResult", [ownerElement(accountId), ["Buckets", buckets]]]);
}

/** PutBucket. An owner may create a bucket again; its objects stay. */
export function putBucket({ cloud: { store }, bucket }: OssCall): Response {
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw refusal(400, "InvalidBucketName", "The specified bucket is not valid.", { BucketName: bucket });
  }
  store.createBucket(bucket);
  return new Response(null, { headers: { location: `/${bucket}` } });
}

/** DeleteBucket, which must hold neither objects nor unfinished uploads. */
export function deleteBucket(call: OssCall): Response {
  const { objects, uploads } = bucketOf(call);
  if (objects.size > 0 || uploads.size > 0) {
    const message = "The bucket has objects or unfinished uploads. Please delete them first.";
    throw refusal(409, "BucketNotEmpty", message, { BucketName: call.bucket });
  }
  call.cloud.store.deleteBucket(call.bucket);
  return new Response(null, { status: 204 });
}
