import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Emulator } from "../../plugins/emulator/mod.ts";
import { acs3CanonicalRequest, acs3Signature, acs3StringToSign } from "../../plugins/emulator/verify-acs3.ts";
import { oss4CanonicalRequest, oss4Signature, oss4StringToSign } from "../../plugins/emulator/verify-oss4.ts";

// The tests of the emulator sign with the stages of its own verifiers, which its vector tests hold against the
// vendor's signatures; so they need nothing of the SDK.

/** Parts of a call that differ from the usual ones. */
export interface CallOptions {
  /** Replaces the host of the real service. */
  origin?: string;
  /** JSON, or text as it is. */
  body?: unknown;
  /** Nonce; a fresh one by default. */
  nonce?: string;
  /** Secret to sign with, instead of the emulator's. */
  accessKeySecret?: string;
  /** Headers to add after signing. */
  late?: Record<string, string>;
  /** Version of the API. */
  version?: string;
}

let nonces = 0;

/** Calls an action of the control plane: `api(cloud, "StartService", "PUT /api/v2/services/…/start")`. */
export async function api(
  cloud: Emulator,
  action: string,
  line: string,
  {
    origin = `https://pai-eas.${cloud.region}.aliyuncs.com`,
    body,
    nonce,
    accessKeySecret,
    late,
    version = "2021-07-01",
  }: CallOptions = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const [method = "", path = ""] = line.split(" ");
  const url = new URL(path, origin);
  const bytes = utf8ToBytes(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  const payloadHash = bytesToHex(sha256(bytes));
  const key = await cloud.credentials();
  const headers: Record<string, string> = {
    host: url.host,
    "x-acs-action": action,
    "x-acs-content-sha256": payloadHash,
    "x-acs-date": new Date(cloud.clock.now()).toISOString().replace(/\.\d+/, ""),
    "x-acs-signature-nonce": nonce ?? `nonce-${++nonces}`,
    "x-acs-version": version,
    ...(key.securityToken && { "x-acs-security-token": key.securityToken }),
    ...(body !== undefined && { "content-type": "application/json; charset=utf-8" }),
  };
  const names = Object.keys(headers).sort().join(";");
  const request = {
    method,
    pathname: url.pathname,
    search: url.search,
    headers: Object.entries(headers),
    payloadHash,
  };
  const stringToSign = acs3StringToSign(acs3CanonicalRequest(request, names));
  const signature = acs3Signature(accessKeySecret ?? key.accessKeySecret, stringToSign);
  headers.authorization =
    `ACS3-HMAC-SHA256 Credential=${key.accessKeyId},SignedHeaders=${names},Signature=${signature}`;
  delete headers.host; // fetch sets it
  const init = { method, headers: { ...headers, ...late }, ...(body !== undefined && { body: bytes }) };
  const response = await cloud.fetch(url.href, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Calls object storage, virtual-hosted: `object(cloud, "PUT bucket/key?acl", { body })`; the key is not escaped. */
export async function object(
  cloud: Emulator,
  line: string,
  { headers = {}, body, query = "", accessKeySecret }: {
    headers?: Record<string, string>;
    body?: BodyInit;
    query?: string;
    accessKeySecret?: string;
  } = {},
): Promise<Response> {
  const [, method = "", bucket = "", key = ""] = /^(\w+) ([^/]*)\/?(.*)$/s.exec(line) ?? [];
  const date = new Date(cloud.clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${date.slice(0, 8)}/${cloud.region}/oss/aliyun_v4_request`;
  const credentials = await cloud.credentials();
  const sent: Record<string, string> = {
    "content-type": "application/octet-stream",
    ...headers,
    "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    "x-oss-date": date,
  };
  const canonicalRequest = oss4CanonicalRequest({
    method,
    bucket,
    key,
    search: query,
    headers: Object.entries(sent),
  });
  const stringToSign = oss4StringToSign(canonicalRequest, date, scope);
  const signature = oss4Signature(accessKeySecret ?? credentials.accessKeySecret, scope, stringToSign);
  sent.authorization =
    `OSS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope},Signature=${signature}`;
  const host = `${bucket ? `${bucket}.` : ""}oss-${cloud.region}.aliyuncs.com`;
  const path = key.split("/").map(encodeURIComponent).join("/");
  return await cloud.fetch(`https://${host}/${path}${query && `?${query}`}`, {
    method,
    headers: sent,
    ...(body !== undefined && { body }),
  });
}
