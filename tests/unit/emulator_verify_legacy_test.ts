import assert from "node:assert/strict";
import { test } from "node:test";
import type { Credentials } from "../../core/credentials.ts";
import type { Verdict } from "../../plugins/emulator/refusal.ts";
import {
  type RoaRequest,
  roaSignature,
  roaStringToSign,
  verifyRoa,
} from "../../plugins/emulator/verify-roa.ts";
import {
  type RpcRequest,
  rpcSignature,
  rpcStringToSign,
  verifyRpc,
} from "../../plugins/emulator/verify-rpc.ts";
import { changeEachByte, changeHeader } from "../support/one_byte.ts";
import { vectors } from "../support/vectors.ts";

interface Vector {
  id: string;
  family: "rpc1" | "roa1";
  input: { credentials: Credentials; epochMs: number };
  expected: {
    stringToSign: string | null;
    signature: string | null;
    wire: { method: string; path: string; headers: Record<string, string>; bodyUtf8?: string };
  };
}

const all = vectors<{ vectors: Vector[] }>("signing/legacy").vectors;
const isSigned = ({ expected }: Vector): boolean => expected.signature !== null;
const roa = all.filter((vector) => vector.family === "roa1" && isSigned(vector));
const rpc = all.filter((vector) => vector.family === "rpc1" && isSigned(vector));

test("there are vectors of both styles", () => assert.ok(roa.length > 2 && rpc.length > 2));

function split({ expected: { wire } }: Vector): { pathname: string; search: string } {
  const [pathname = "", search = ""] = wire.path.split("?");
  return { pathname, search };
}

function roaRequest(vector: Vector): RoaRequest {
  const { method, headers } = vector.expected.wire;
  return { method, ...split(vector), headers: Object.entries(headers) };
}

function rpcRequest(vector: Vector): RpcRequest {
  const { method, bodyUtf8 } = vector.expected.wire;
  return { method, search: split(vector).search, form: bodyUtf8 };
}

function keyOf({ input: { credentials } }: Vector): (id: string) => Credentials | undefined {
  return (id) => id === credentials.accessKeyId ? credentials : undefined;
}

function codeOf(verdict: Verdict): string {
  return verdict.ok ? "ok" : verdict.code;
}

function assertRefused<Request>(
  changed: Request[],
  verify: (request: Request) => Verdict,
): void {
  assert.ok(changed.length > 100);
  for (const forged of changed) {
    if (verify(forged).ok) assert.fail(`accepted ${JSON.stringify(forged)}`);
  }
}

for (const vector of roa) {
  const request = roaRequest(vector);
  const verify = (request: RoaRequest): Verdict => verifyRoa(request, keyOf(vector), vector.input.epochMs);

  test(`roaSignature() equals the vendor's for ${vector.id}, stage by stage, and is accepted`, () => {
    const stringToSign = roaStringToSign(request);
    assert.equal(stringToSign, vector.expected.stringToSign);
    assert.equal(
      roaSignature(vector.input.credentials.accessKeySecret, stringToSign),
      vector.expected.signature,
    );
    assert.deepEqual(verify(request), { ok: true, accessKeyId: vector.input.credentials.accessKeyId });
  });

  test(`verifyRoa() refuses ${vector.id} with one byte changed`, () => {
    const lines = [...request.headers];
    const signed = /^(accept|content-md5|content-type|date|authorization|x-acs-.*)$/;
    assertRefused([
      ...changeEachByte(request.method).map((method) => ({ ...request, method })),
      ...changeEachByte(request.pathname).map((pathname) => ({ ...request, pathname })),
      ...changeEachByte(request.search).map((search) => ({ ...request, search })),
      ...lines.filter(([name]) => signed.test(name)).flatMap((line) => changeHeader(lines, line))
        .map((headers) => ({ ...request, headers })),
    ], verify);
  });
}

for (const vector of rpc) {
  const request = rpcRequest(vector);
  const verify = (request: RpcRequest): Verdict => verifyRpc(request, keyOf(vector), vector.input.epochMs);

  test(`rpcSignature() equals the vendor's for ${vector.id}, stage by stage, and is accepted`, () => {
    const stringToSign = rpcStringToSign(request);
    assert.equal(stringToSign, vector.expected.stringToSign);
    assert.equal(
      rpcSignature(vector.input.credentials.accessKeySecret, stringToSign),
      vector.expected.signature,
    );
    assert.deepEqual(verify(request), { ok: true, accessKeyId: vector.input.credentials.accessKeyId });
  });

  test(`verifyRpc() refuses ${vector.id} with one byte changed`, () => {
    assertRefused([
      ...changeEachByte(request.method).map((method) => ({ ...request, method })),
      ...changeEachByte(request.search).map((search) => ({ ...request, search })),
      ...changeEachByte(request.form ?? "").map((form) => ({ ...request, form })),
    ], verify);
  });
}

test("verifyRpc() refuses a bearer token, which no key has signed", () => {
  const [bearer] = all.filter((vector) => !isSigned(vector));
  assert.ok(bearer);
  const verdict = verifyRpc(rpcRequest(bearer), () => undefined, bearer.input.epochMs);
  assert.equal(codeOf(verdict), "MissingAccessKeyId");
});

const late: [what: string, minutes: number, code: string][] = [
  ["a date 15 minutes ago", 15, "ok"],
  ["a date more than 15 minutes ago", 15.1, "InvalidTimeStamp.Expired"],
  ["a date more than 15 minutes ahead", -15.1, "InvalidTimeStamp.Expired"],
];
for (const [what, minutes, code] of late) {
  test(`verifyRoa() and verifyRpc() say ${code} to ${what}`, () => {
    const [first, second] = [roa[0]!, rpc[0]!];
    const now = minutes * 60_000;
    assert.equal(codeOf(verifyRoa(roaRequest(first), keyOf(first), first.input.epochMs + now)), code);
    assert.equal(codeOf(verifyRpc(rpcRequest(second), keyOf(second), second.input.epochMs + now)), code);
  });
}

test("verifyRoa() and verifyRpc() refuse unknown keys, and want and hide the token of a temporary one", () => {
  const [first, second] = [roa[0]!, rpc[0]!];
  const { epochMs } = first.input;
  assert.equal(codeOf(verifyRoa(roaRequest(first), () => undefined, epochMs)), "InvalidAccessKeyId.NotFound");
  assert.equal(
    codeOf(verifyRpc(rpcRequest(second), () => undefined, second.input.epochMs)),
    "InvalidAccessKeyId.NotFound",
  );
  const key = { ...first.input.credentials, securityToken: "right/token" };
  const request = roaRequest(first);
  assert.equal(codeOf(verifyRoa(request, () => key, epochMs)), "MissingSecurityToken");
  const withToken = (token: string): RoaRequest => ({
    ...request,
    headers: [...request.headers, ["x-acs-security-token", token]],
  });
  const code = codeOf(verifyRoa(withToken("wrong"), () => key, epochMs));
  assert.equal(code, "InvalidSecurityToken.MismatchWithAccessKey");
  const unsigned = verifyRoa(withToken("right/token"), () => key, epochMs);
  assert.ok(!unsigned.ok && unsigned.code === "SignatureDoesNotMatch");
  assert.ok(!unsigned.message.includes("right/token"));

  const search = `${rpcRequest(second).search}&SecurityToken=right%2Ftoken`;
  const unsignedRpc = verifyRpc({ ...rpcRequest(second), search }, () => key, second.input.epochMs);
  assert.ok(!unsignedRpc.ok && unsignedRpc.code === "SignatureDoesNotMatch");
  assert.ok(!/right\W+(25)*2F?token/.test(unsignedRpc.message));
});
