/**
 * What a signature costs beside the vendor's own clients. Both sides get the same request, time and nonce, and must
 * write the same `Authorization` before they are timed. Theirs hash with the runtime's native code, ours with
 * `@noble/hashes`, which is JavaScript: synchronous, and the same on every runtime.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { OpenApiUtil } from "@alicloud/openapi-core";
import { Request as DaraRequest } from "@darabonba/typescript";
import AliOss from "ali-oss";
import { type ApiCall, signRequest } from "../core/api-request.ts";
import { rememberSigningKey, signOss4 } from "../plugins/storage/oss/signature-v4.ts";
import type { Candidate, Contest } from "./measure.ts";

const credentials = { accessKeyId: "invented-key", accessKeySecret: "invented-secret" };
const time = Date.UTC(2026, 0, 2, 3, 4, 5);
const nonce = "0f8fad5b-d9cb-469f-a165-70867728950e";
const host = "pai-eas.cn-hangzhou.aliyuncs.com";
const algorithm = "ACS3-HMAC-SHA256";

/** The contests. Each candidate returns the `Authorization` that it made. */
export function signContests(): Contest[] {
  const contests: Contest[] = [
    { name: "sign: ACS3, DescribeService without a body", candidates: acs3(describeService) },
    { name: "sign: ACS3, CreateService with 2 KB of JSON", candidates: acs3(createService()) },
    { name: "sign: OSS V4, PutObject", candidates: oss4() },
  ];
  for (const { candidates: [theirs, ...ours] } of contests) {
    for (const { name, call } of ours) assert.equal(call(), theirs.call(), `${name} signs otherwise`);
  }
  return contests;
}

const describeService: ApiCall = {
  action: "DescribeService",
  version: "2021-07-01",
  method: "GET",
  path: "/api/v2/services/cn-hangzhou/breast_cancer",
  query: {},
  headers: { "user-agent": "bench" },
};

function createService(): ApiCall {
  const variable = (_: unknown, i: number) => ({
    name: `VARIABLE_${i}`,
    value: `oss://models/${i}/settings.json`,
  });
  const body = {
    metadata: { name: "breast_cancer", instance: 2, cpu: 4, memory: 8000, rpc: { keepalive: 5000 } },
    containers: [{
      image: "eas-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai-eas/python-inference:3.9",
      command: "python serve.py --port 8000",
      port: 8000,
      env: Array.from({ length: 27 }, variable),
    }],
    storage: [{ mount_path: "/ml/model/", oss: { path: "oss://models/breast-cancer/", readOnly: true } }],
  };
  const size = JSON.stringify(body).length;
  assert.ok(size > 1900 && size < 2100, `the body has ${size} bytes`);
  return {
    ...describeService,
    action: "CreateService",
    method: "POST",
    path: "/api/v2/services",
    query: { Labels: { team: "vision" } },
    body,
  };
}

/** Ours writes the address as well, which theirs leaves for later. */
function acs3(call: ApiCall): [Candidate, Candidate] {
  return [
    { name: "`@alicloud/openapi-core`", call: () => openapiCore(call) },
    { name: "**`signRequest`**", call: () => authorizationOf(call) },
  ];
}

function authorizationOf(call: ApiCall): string {
  const { init } = signRequest(`https://${host}`, call, credentials, time, nonce);
  return (init.headers as Record<string, string>).authorization!; // a plain object, as its caller spreads it
}

/** The signing part of the client's `callApi`, which can't be had without its connection: the same steps, in order. */
function openapiCore({ action, version, method, path, query, body, headers }: ApiCall): string {
  const request = new DaraRequest();
  request.method = method;
  request.pathname = path;
  request.query = Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, JSON.stringify(value)]),
  );
  request.headers = {
    host,
    "x-acs-version": version,
    "x-acs-action": action,
    "x-acs-date": `${new Date(time).toISOString().slice(0, 19)}Z`,
    "x-acs-signature-nonce": nonce,
    accept: "application/json",
    ...headers,
  };
  let text = "";
  if (body !== undefined) {
    text = JSON.stringify(body);
    request.headers["content-type"] = "application/json; charset=utf-8";
  }
  const payloadHash = OpenApiUtil.hash(Buffer.from(text), algorithm).toString("hex");
  request.headers["x-acs-content-sha256"] = payloadHash;
  const { accessKeyId, accessKeySecret } = credentials;
  return OpenApiUtil.getAuthorization(request, algorithm, payloadHash, accessKeyId, accessKeySecret);
}

/** What signs in ali-oss, which comes without types. */
interface AliOssSigner {
  authorizationV4(
    method: string,
    request: { headers: Record<string, string> },
    bucket: string,
    key: string,
  ): string;
}

function oss4(): [Candidate, ...Candidate[]] {
  const [bucket, key, date, region] = [
    "models",
    "breast-cancer/model 1.json",
    "20260102T030405Z",
    "cn-hangzhou",
  ];
  const headers = {
    "content-type": "application/json",
    "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==",
    "x-oss-meta-digest": "0123456789abcdef",
  };
  const client: AliOssSigner = new AliOss({
    ...credentials,
    authorizationV4: true,
    bucket,
    region: `oss-${region}`,
  });
  const theirs = (): string => {
    const signed = { ...headers, "x-oss-date": date, "x-oss-content-sha256": "UNSIGNED-PAYLOAD" };
    return client.authorizationV4("PUT", { headers: signed }, bucket, key);
  };
  const request = { method: "PUT", bucket, key, headers };
  const deriveKey = rememberSigningKey();
  return [
    { name: "`ali-oss`", call: theirs },
    {
      name: "**`signOss4`** as `oss()` calls it, the day's key remembered",
      call: () => signOss4(request, credentials, { date, region }, deriveKey).headers.authorization,
    },
    {
      name: "**`signOss4`**, its key derived each time as in `ali-oss`",
      call: () => signOss4(request, credentials, { date, region }).headers.authorization,
    },
  ];
}
