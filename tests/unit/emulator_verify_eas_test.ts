import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type EasRequest,
  easSignature,
  easStringToSign,
  isSigned,
  verifyEas,
} from "../../plugins/emulator/verify-eas.ts";
import { fromHex } from "../support/hex.ts";
import { vectors } from "../support/vectors.ts";

interface Case {
  id: string;
  token: string;
  request: EasRequest;
  stringToSign: string;
  authorization: string;
}

const dataPlane = vectors<{ cases: Record<string, string>[] }>("eas/signing").cases.map((one): Case => {
  const { id = "", token = "", method = "", path = "", bodyHex = "", authorization = "", stringToSign = "" } =
    one;
  const headers = new Headers({
    "content-md5": one.contentMd5 ?? "",
    "content-type": one.contentType ?? "",
    date: one.date ?? "",
    authorization,
  });
  const request = { method, resource: path, headers, body: fromHex(bodyHex) };
  return { id, token, request, stringToSign, authorization };
});

interface Vector {
  id: string;
  input: Record<"method" | "token" | "bodyUtf8", string>;
  expected: {
    path: string;
    headers: Record<string, string>;
    stringToSignReconstructed: string | null;
    authorization: string | null;
  };
}

const ofPython = vectors<{ vectors: Vector[] }>("signing/easdata").vectors.map((
  { id, input, expected },
): Case => ({
  id,
  token: input.token,
  request: {
    method: input.method,
    resource: expected.path,
    headers: new Headers(expected.headers),
    body: new TextEncoder().encode(input.bodyUtf8),
  },
  stringToSign: expected.stringToSignReconstructed ?? "",
  authorization: expected.authorization ?? "",
}));

for (const { id, token, request, stringToSign, authorization } of [...dataPlane, ...ofPython]) {
  if (!stringToSign) {
    test(`the vendor's client does not sign: ${id}`, () => {
      assert.equal(isSigned(request.headers), false);
    });
    continue;
  }
  test(`the signature of the vendor's client is right: ${id}`, () => {
    assert.equal(isSigned(request.headers), true);
    assert.equal(easStringToSign(request.method, request.resource, request.headers), stringToSign);
    assert.equal(`EAS ${easSignature(token, stringToSign)}`, authorization);
    assert.equal(verifyEas(request, ["another", token]), undefined);
  });
}

const [first] = dataPlane;
const { request, token } = first ?? assert.fail("there is no vector");

function changed(name: string, value: string): EasRequest {
  const headers = new Headers(request.headers);
  headers.set(name, value);
  return { ...request, headers };
}

for (
  const [what, forged] of [
    ["another body", { ...request, body: new Uint8Array([1]) }],
    ["another path", { ...request, resource: `${request.resource}/x` }],
    ["a query", { ...request, resource: `${request.resource}?x=1` }],
    ["another method", { ...request, method: "PUT" }],
    ["another type", changed("content-type", "application/json")],
    ["another date", changed("date", "Sun, 06 Nov 1994 08:49:38 GMT")],
    ["no date", changed("date", "")],
    [
      "a digest in capitals",
      changed("content-md5", (request.headers.get("content-md5") ?? "").toUpperCase()),
    ],
    ["another signature", changed("authorization", "EAS AAAAAAAAAAAAAAAAAAAAAAAAAAA=")],
  ] as const
) {
  test(`a request with ${what} than was signed is refused`, () => {
    assert.equal(typeof verifyEas(forged, [token]), "string");
  });
}

test("a request that was signed with another token is refused", () => {
  assert.equal(verifyEas(request, ["another"]), "the signature does not match");
  assert.equal(verifyEas(request, []), "the signature does not match");
});
