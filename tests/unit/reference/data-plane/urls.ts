import assert from "node:assert/strict";
import { Predictor } from "../../../../core/predictor.ts";
import type { ReferenceCase } from "../cases.ts";
import { answering, says } from "./service.ts";

/** The address that a service has. */
const base = (endpoint: string, serviceName?: string): string =>
  new Predictor({ endpoint, serviceName, token: "t", fetch: () => new Response() }).endpoint;

/** The address that a request goes to. */
async function address(
  endpoint: string,
  serviceName: string | undefined,
  options: Parameters<Predictor["rawPredict"]>[1],
): Promise<string> {
  const { predictor, got } = answering([says(200)], { endpoint, serviceName });
  await predictor.rawPredict(undefined, options);
  return got[0]!.url;
}

/** 1 to 8: addresses. */
export const urls: ReferenceCase[] = [
  {
    id: "D-1",
    title: "a host of the public gateway and a name are an https address",
    run: () =>
      assert.equal(
        base("123.cn-shanghai.pai-eas.aliyuncs.com", "s"),
        "https://123.cn-shanghai.pai-eas.aliyuncs.com/api/predict/s",
      ),
  },
  {
    id: "D-2",
    title: "slashes of endpoint, name and path make just one each",
    run: async () =>
      assert.equal(await address("http://h/", "s/", { path: "v1/x" }), "http://h/api/predict/s/v1/x"),
  },
  {
    id: "D-3",
    title: "a query goes behind the path, and null writes just its key",
    run: async () =>
      assert.equal(
        await address("http://h/", "s", { path: "/v1", query: { uid: "1", flag: null } }),
        "http://h/api/predict/s/v1?uid=1&flag",
      ),
  },
  {
    id: "D-4",
    title: "a full address is used as it is, and a path is added to it once",
    async run() {
      assert.equal(base("https://h/api/predict/s"), "https://h/api/predict/s");
      assert.equal(
        await address("https://h/api/predict/s", undefined, { path: "/sink" }),
        "https://h/api/predict/s/sink",
      );
    },
  },
  {
    id: "D-5",
    title: "a host inside a VPC, which has no TLS, is an http address",
    run: () =>
      assert.equal(
        base("123.vpc.cn-hangzhou.pai-eas.aliyuncs.com", "s"),
        "http://123.vpc.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/s",
      ),
  },
  {
    id: "D-6",
    title: "a member of a group has its dot",
    run: () => assert.match(base("http://h", "g.svc"), /\/api\/predict\/g\.svc$/),
  },
  {
    id: "D-7",
    title: "an IP and a port are no scheme",
    run: () => assert.equal(base("10.0.0.1:8080", "s"), "http://10.0.0.1:8080/api/predict/s"),
  },
  {
    id: "D-8",
    title: "a bare host without a name is refused before any request",
    run() {
      let sent = 0;
      const fetch = (): Response => (sent++, new Response());
      for (const serviceName of [undefined, "", "/"]) {
        assert.throws(() => new Predictor({ endpoint: "gw.example.com", serviceName, fetch }), TypeError);
      }
      assert.equal(sent, 0);
    },
  },
];
