import { StorageError } from "../../../core/errors.ts";
import { redact } from "../../../core/redact.ts";
import type { OssBucket, OssRequest } from "./bucket.ts";
import { storageError } from "./error.ts";
import { childText, parseXml, type XmlElement } from "./xml.ts";

/**
 * Sends a request and reads the document that OSS answers with. Some operations begin their answer before they have
 * done their work, so that it tells of success (200 or 203) and then holds an error: that one is thrown, too.
 *
 * @param root Name of the document's element, such as `CopyObjectResult`.
 * @throws {StorageError} when OSS refuses, or the answer is cut off or another one.
 */
export async function readAnswer(bucket: OssBucket, request: OssRequest, root: string): Promise<XmlElement> {
  return await readDocument(bucket, request, await bucket.request(request), root);
}

/** Reads the document of an answer that has come, as {@linkcode readAnswer} does. */
export async function readDocument(
  bucket: OssBucket,
  request: OssRequest,
  response: Response,
  root: string,
): Promise<XmlElement> {
  const { action = "call", key } = request;
  const uri = `oss://${bucket.bucket}/${key ?? ""}`;
  const { status, headers } = response;
  const requestId = headers.get("x-oss-request-id") ?? undefined;
  const document = parseXml(await readText(response, `Cannot ${action} "${uri}"`, request));
  if (document?.name === root) return document;
  if (document?.name === "Error") {
    const code = childText(document, "Code")?.trim();
    throw storageError(action, { code, status, requestId, details: document }, { uri, key, secrets: [] });
  }
  throw new StorageError(`Cannot ${action} "${uri}": the answer is no whole ${root}`, {
    code: "InvalidResponse",
    status,
    requestId,
    key,
  });
}

/** Reads an answer's text; a connection that breaks meanwhile makes a `StorageError`. */
export async function readText(
  response: Response,
  what: string,
  { key, signal }: OssRequest,
): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const said = redact(cause instanceof Error ? cause.message : String(cause));
    throw new StorageError(`${what}: the answer broke off (${said})`, { code: "NetworkError", key, cause });
  }
}
