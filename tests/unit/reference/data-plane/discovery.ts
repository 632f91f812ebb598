import assert from "node:assert/strict";
import { Predictor } from "../../../../core/predictor.ts";
import { direct } from "../../../../plugins/predict/direct.ts";
import { RoundRobin } from "../../../../plugins/predict/direct/round-robin.ts";
import { fakeClock } from "../../../support/fake_clock.ts";
import { vectors } from "../../../support/vectors.ts";
import type { ReferenceCase } from "../cases.ts";
import { quickly, refused } from "./service.ts";

interface Turns {
  id: string;
  endpoints: [address: string, weight: number][];
  picks: (string | null)[];
}

/** Old lists are asked for again after this time, in milliseconds. */
const old = 5_000;

const good = { app: "s", ip: "a", port: 1, weight: 100 };
const listed = (...items: unknown[]): Response => Response.json({ correlative: ["s"], endpoints: { items } });

/** A VPC whose discovery answers by a list, of which the last is repeated. Instances answer, but those that are down. */
function vpc(answers: (() => Response)[], down: readonly string[] = []) {
  const clock = fakeClock();
  const asked: string[] = [], called: string[] = [];
  const fetch = async (url: string): Promise<Response> => {
    const { hostname, pathname } = new URL(url);
    await Promise.resolve();
    if (pathname.includes("/upstreams/")) {
      asked.push(pathname);
      return answers[Math.min(asked.length, answers.length) - 1]!();
    }
    called.push(hostname);
    if (down.includes(hostname)) throw refused;
    return Response.json(hostname);
  };
  const endpoint = "http://1.vpc.cn-hangzhou.pai-eas.aliyuncs.com";
  const options = { endpoint, serviceName: "s", token: "t", retry: quickly };
  const predictor = new Predictor({ ...options, fetch: direct(fetch, { clock }) });
  return { predictor, clock, asked, called };
}

/** 9 to 15: instances without the gateway. */
export const discovery: ReferenceCase[] = [
  {
    id: "D-9",
    title: "instances without a weight, a numeric one or a port are not called",
    async run() {
      const { port: _, ...portless } = good;
      const items = [good, { ...good, ip: "b", weight: 0 }, { ...good, ip: "c", weight: "x" }, {
        ...portless,
        ip: "d",
      }];
      const { predictor, called } = vpc([() => listed(...items)]);
      for (let call = 0; call < 5; call++) await predictor.predict(1);
      assert.deepEqual(new Set(called), new Set(["a"]));
    },
  },
  {
    id: "D-10",
    title: "an empty list doesn't take the place of a good one",
    async run() {
      const { predictor, clock, asked } = vpc([() => listed(good), () => listed()]);
      for (let call = 0; call < 3; call++, clock.time += old) assert.equal(await predictor.predict(1), "a");
      assert.ok(asked.length > 1);
    },
  },
  {
    id: "D-11",
    title: "where the first path of discovery is not there, the second one is asked, and remembered",
    async run() {
      const { predictor, clock, asked } = vpc([
        () => new Response(null, { status: 404 }),
        () => listed(good),
      ]);
      await predictor.predict(1);
      clock.time += 20 * old; // so old that a call waits for a new one
      await predictor.predict(1);
      const second = "/api/v1/servicediscovery/upstreams/s";
      assert.deepEqual(asked.slice(1), [second, second]);
      assert.match(asked[0]!, /^\/exported\//);
    },
  },
  {
    id: "D-12",
    title: "fifty calls at a time with an old list ask discovery once",
    async run() {
      const { predictor, clock, asked } = vpc([() => listed(good)]);
      await predictor.predict(1);
      for (const age of [old, 20 * old]) {
        clock.time += age;
        asked.length = 0;
        await Promise.all(Array.from({ length: 50 }, () => predictor.predict(1)));
        assert.equal(asked.length, 1);
      }
    },
  },
  {
    id: "D-13",
    title: "an instance that refuses connections is passed over for another one, and next time at once",
    async run() {
      const { predictor, called } = vpc([() => listed(good, { ...good, ip: "b" })], ["a"]);
      for (let call = 0; call < 3; call++) assert.equal(await predictor.predict(1), "b");
      assert.deepEqual(called, ["a", "b", "b", "b"]);
    },
  },
  {
    id: "D-14",
    title:
      "when all refuse, the error tells whom it tried and why the last one failed, after bounded requests",
    async run() {
      const { predictor, called } = vpc([() => listed(good, { ...good, ip: "b" })], ["a", "b"]);
      await assert.rejects(predictor.predict(1), (error: Error & { code?: string }) => {
        assert.equal(error.code, "NetworkError");
        assert.match(`${error.cause}`, /2 that were tried: [ab]:1, [ab]:1$/);
        assert.equal((error.cause as Error).cause, refused);
        return true;
      });
      assert.equal(called.length, 6); // two instances, three attempts
    },
  },
  {
    id: "D-15",
    title: "turns are those of the vectors",
    run() {
      const { cases } = vectors<{ cases: Turns[] }>("eas/wrr");
      for (const { id, endpoints, picks } of cases) {
        const turns = new RoundRobin(endpoints.map(([address, weight]) => ({ address, weight })));
        assert.deepEqual(picks.map(() => turns.next()?.address ?? null), picks, id);
      }
    },
  },
];
