import assert from "node:assert/strict";
import { type Authorizer, bearerAuth, noAuth, Predictor, tokenAuth } from "../../../../core/predictor.ts";
import { easStringToSign, verifyEas } from "../../../../plugins/emulator/verify-eas.ts";
import { easSignature } from "../../../../plugins/predict/eas-signature.ts";
import { fakeClock } from "../../../support/fake_clock.ts";
import { fromHex } from "../../../support/hex.ts";
import { vectors } from "../../../support/vectors.ts";
import type { ReferenceCase } from "../cases.ts";
import { answering, type Got, says } from "./service.ts";

interface Signed {
  id: string;
  token: string;
  path: string;
  contentType: string;
  date: string;
  bodyHex: string;
  contentMd5: string;
  authorization: string;
}
interface Authorized {
  id: string;
  scheme: string;
  input: { url: string; token: string; date: string; contentType: string | null; bodyUtf8: string };
  expected: { contentMd5: string | null; authorization: string | null };
}

/** What a service gets of a request. */
async function sent(
  auth: Authorizer | undefined,
  { url = "http://h/api/predict/s", token, data, contentType }: {
    url?: string;
    token?: string;
    data?: unknown;
    contentType?: string | null;
  } = {},
): Promise<Got> {
  const { predictor, got } = answering([says(200)], { endpoint: url, token, auth });
  await predictor.rawPredict(data, { headers: contentType ? { "content-type": contentType } : {} });
  return got[0]!;
}

const headersOf = ({ headers }: Got): (string | null)[] =>
  ["authorization", "content-md5"].map((name) => headers.get(name));

/** 16 to 19: authorization. */
export const auth: ReferenceCase[] = [
  {
    id: "D-16",
    title: "a token is sent as it is, or as Bearer, and none is no header",
    async run() {
      const values = [
        await sent(undefined, { token: "t" }),
        await sent(bearerAuth("t")),
        await sent(noAuth()),
        await sent(undefined),
      ].map(({ headers }) => headers.get("authorization"));
      assert.deepEqual(values, ["t", "Bearer t", null, null]);
    },
  },
  {
    id: "D-17",
    title: "signatures are those of the vectors, one of which has an MD5 that begins with 0",
    async run() {
      const { cases } = vectors<{ cases: Signed[] }>("eas/signing");
      for (const { id, token, path, contentType, date, bodyHex, contentMd5, authorization } of cases) {
        const signature = easSignature(token, { clock: fakeClock(Date.parse(date)) });
        const got = await sent(signature, { url: `http://h${path}`, data: fromHex(bodyHex), contentType });
        assert.deepEqual(headersOf(got), [authorization, contentMd5], id);
      }
      const schemes: Record<string, (input: Authorized["input"]) => Authorizer> = {
        "EAS HMAC-SHA1": ({ token, date }) => easSignature(token, { clock: fakeClock(Date.parse(date)) }),
        "EAS plain token": ({ token }) => tokenAuth(token),
        "none": noAuth,
      };
      const more = vectors<{ vectors: Authorized[] }>("signing/easdata").vectors;
      for (const { id, scheme, input, expected } of more) {
        const data = new TextEncoder().encode(input.bodyUtf8);
        const got = await sent(schemes[scheme]!(input), {
          url: input.url,
          contentType: input.contentType,
          data,
        });
        assert.deepEqual(headersOf(got), [expected.authorization, expected.contentMd5], id);
      }
      assert.ok(cases.some(({ contentMd5 }) => contentMd5.startsWith("0")));
    },
  },
  {
    id: "D-18",
    title: "the date is in GMT whatever the zone of the machine, and the caller's content type is signed",
    async run() {
      const clock = fakeClock(Date.UTC(1994, 10, 6, 8, 49, 37));
      const got = await sent(easSignature("t", { clock }), { data: "1,2", contentType: "text/csv" });
      assert.equal(got.headers.get("date"), "Sun, 06 Nov 1994 08:49:37 GMT");
      const resource = "/api/predict/s";
      assert.match(
        easStringToSign("POST", resource, got.headers),
        /\ntext\/csv\nSun, 06 Nov 1994 08:49:37 GMT\n/,
      );
      assert.equal(verifyEas({ ...got, method: "POST", resource }, ["t"]), undefined);
    },
  },
  {
    id: "D-19",
    title: "a token with a line break is refused when it is configured",
    run() {
      for (const token of ["a\rb", "a\nb", "a\r\nx-evil: 1"]) {
        assert.throws(() => new Predictor({ endpoint: "http://h", token }), TypeError);
        for (const auth of [tokenAuth, bearerAuth]) assert.throws(() => auth(token), TypeError);
      }
    },
  },
];
