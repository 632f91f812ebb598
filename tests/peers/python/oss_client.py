"""Alibaba's OSS SDK for Python, unmodified, as a server: POST /call {"endpoint", "key", "op", …} does one operation.

Bytes go both ways as Base64. What the SDK raises comes back as status 400 with its text.
"""

import base64
import io
import json
import os
import tempfile

import alibabacloud_oss_v2 as oss

from serve import Refusal, answer_json, serve

BUCKET = "peer-bucket"


def client_of(call):
    config = oss.config.load_default()
    config.region = "cn-hangzhou"
    config.endpoint = call["endpoint"]
    config.use_path_style = True
    config.signature_version = call.get("version", "v4")
    config.retry_max_attempts = 1
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        *call["credentials"]
    )
    return oss.Client(config)


def body_of(call):
    return base64.b64decode(call["body"])


def text(data):
    return base64.b64encode(data).decode()


def put(client, call):
    options = {name: call[name] for name in ("metadata", "tagging", "content_type") if name in call}
    result = client.put_object(
        oss.PutObjectRequest(bucket=BUCKET, key=call["key"], body=body_of(call), **options)
    )
    return {"etag": result.etag.strip('"'), "crc64": result.hash_crc64}


def get(client, call):
    options = {"range_header": call["range"]} if "range" in call else {}
    with client.get_object(
        oss.GetObjectRequest(bucket=BUCKET, key=call["key"], **options)
    ).body as stream:
        return {"body": text(stream.read())}


def head(client, call):
    result = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key=call["key"]))
    return {
        "size": result.content_length,
        "etag": result.etag.strip('"'),
        "metadata": dict(result.metadata or {}),
        "crc64": result.hash_crc64,
        "type": result.object_type,
    }


def list_keys(client, call):
    request = oss.ListObjectsV2Request(
        bucket=BUCKET, prefix=call.get("prefix"), delimiter=call.get("delimiter"), max_keys=call.get("max_keys", 100)
    )
    keys, prefixes = [], []
    for page in client.list_objects_v2_paginator().iter_page(request):
        keys += [entry.key for entry in page.contents or []]
        prefixes += [entry.prefix for entry in page.common_prefixes or []]
    return {"keys": keys, "prefixes": prefixes}


def delete(client, call):
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key=call["key"]))
    return {}


def delete_many(client, call):
    objects = [oss.DeleteObject(key=key) for key in call["keys"]]
    result = client.delete_multiple_objects(
        oss.DeleteMultipleObjectsRequest(bucket=BUCKET, encoding_type="url", objects=objects)
    )
    return {"keys": [entry.key for entry in result.deleted_objects or []]}


def copy(client, call):
    result = client.copy_object(
        oss.CopyObjectRequest(bucket=BUCKET, key=call["key"], source_key=call["source"])
    )
    return {"etag": result.etag.strip('"')}


def tags(client, call):
    result = client.get_object_tagging(oss.GetObjectTaggingRequest(bucket=BUCKET, key=call["key"]))
    return {tag.key: tag.value for tag in result.tag_set.tags or []}


def upload(client, call):
    """In parts of its own making, several at a time."""
    uploader = client.uploader(part_size=call["part_size"], parallel_num=3)
    result = uploader.upload_from(
        oss.PutObjectRequest(bucket=BUCKET, key=call["key"]), reader=io.BytesIO(body_of(call))
    )
    return {"etag": result.etag.strip('"'), "crc64": result.hash_crc64, "upload": result.upload_id}


def parts(client, call):
    """The steps of an upload in parts, with a look at what the server has on the way."""
    start = client.initiate_multipart_upload(
        oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=call["key"])
    )
    name = {"bucket": BUCKET, "key": call["key"], "upload_id": start.upload_id}
    body, size = body_of(call), call["part_size"]
    for number, at in enumerate(range(0, len(body), size), 1):
        client.upload_part(oss.UploadPartRequest(part_number=number, body=body[at : at + size], **name))
    listed = client.list_parts(oss.ListPartsRequest(**name)).parts
    running = client.list_multipart_uploads(oss.ListMultipartUploadsRequest(bucket=BUCKET)).uploads
    seen = {
        "listed": [[part.part_number, part.size] for part in listed],
        "running": [entry.key for entry in running],
    }
    if call.get("abort"):
        client.abort_multipart_upload(oss.AbortMultipartUploadRequest(**name))
        return seen
    chosen = [oss.UploadPart(part_number=part.part_number, etag=part.etag) for part in listed]
    result = client.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(
            complete_multipart_upload=oss.CompleteMultipartUpload(parts=chosen), **name
        )
    )
    return {**seen, "etag": result.etag.strip('"'), "crc64": result.hash_crc64}


def download(client, call):
    """In ranges, several at a time, into a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "object")
        client.downloader(part_size=call["part_size"], parallel_num=3).download_file(
            oss.GetObjectRequest(bucket=BUCKET, key=call["key"]), path
        )
        with open(path, "rb") as file:
            return {"body": text(file.read())}


def presign(client, call):
    kind = {"GET": oss.GetObjectRequest, "PUT": oss.PutObjectRequest}[call["method"]]
    result = client.presign(kind(bucket=BUCKET, key=call["key"]))
    return {"url": result.url, "method": result.method, "headers": dict(result.signed_headers or {})}


OPERATIONS = {
    "put": put,
    "get": get,
    "head": head,
    "list": list_keys,
    "delete": delete,
    "deleteMany": delete_many,
    "copy": copy,
    "tags": tags,
    "upload": upload,
    "parts": parts,
    "download": download,
    "presign": presign,
}


def handle(body):
    call = json.loads(body)
    try:
        return answer_json(OPERATIONS[call["op"]](client_of(call), call))
    except oss.exceptions.OperationError as error:
        cause = error.unwrap()
        raise Refusal(getattr(cause, "code", "") or str(cause)) from error


if __name__ == "__main__":
    serve({("POST", "/call"): handle})
