import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Query, requestUrl, serviceUrl } from "../../core/service-url.ts";
import { unicodeText } from "../support/unicode_text.ts";

const gateway = "1234567890123456.cn-shanghai.pai-eas.aliyuncs.com";
const vpcGateway = "1234567890123456.vpc.cn-shanghai.pai-eas.aliyuncs.com";

const bases: [endpoint: string | URL, serviceName: string | undefined, base: string][] = [
  // a host and a name; without a scheme, https only where the vendor offers it
  [gateway, "s", `https://${gateway}/api/predict/s`],
  [gateway.toUpperCase(), "s", `https://${gateway}/api/predict/s`],
  [`${gateway}/`, "s", `https://${gateway}/api/predict/s`],
  [`  ${gateway}\n`, "s", `https://${gateway}/api/predict/s`],
  [vpcGateway, "s", `http://${vpcGateway}/api/predict/s`],
  [
    "gw-1a2b.cn-shanghai.pai-eas.aliyuncs.com",
    "s",
    "https://gw-1a2b.cn-shanghai.pai-eas.aliyuncs.com/api/predict/s",
  ],
  [
    "gw-1a2b-vpc.cn-shanghai.pai-eas.aliyuncs.com",
    "s",
    "http://gw-1a2b-vpc.cn-shanghai.pai-eas.aliyuncs.com/api/predict/s",
  ],
  [
    "gw-1a2b-1234-vpc.cn-shanghai.pai-eas.aliyuncs.com",
    "s",
    "http://gw-1a2b-1234-vpc.cn-shanghai.pai-eas.aliyuncs.com/api/predict/s",
  ],
  ["pai-eas-vpc.cn-shanghai.aliyuncs.com", "s", "http://pai-eas-vpc.cn-shanghai.aliyuncs.com/api/predict/s"],
  ["eas.example.com", "s", "http://eas.example.com/api/predict/s"],
  ["pai-eas.aliyuncs.com.example.com", "s", "http://pai-eas.aliyuncs.com.example.com/api/predict/s"],
  ["10.0.0.1:8080", "s", "http://10.0.0.1:8080/api/predict/s"],
  ["localhost:8080", "s", "http://localhost:8080/api/predict/s"],
  ["[::1]:8080", "s", "http://[::1]:8080/api/predict/s"],
  // a scheme is kept
  ["http://h/", "s/", "http://h/api/predict/s"],
  ["http://h", "/s/", "http://h/api/predict/s"],
  ["https://h:8443", "s", "https://h:8443/api/predict/s"],
  [`http://${gateway}`, "s", `http://${gateway}/api/predict/s`],
  [`https://${vpcGateway}`, "s", `https://${vpcGateway}/api/predict/s`],
  [new URL("https://h/"), "s", "https://h/api/predict/s"],
  ["http://h/prefix/", "s", "http://h/prefix/api/predict/s"],
  // names
  ["http://h", "g.svc", "http://h/api/predict/g.svc"],
  ["http://h", "Az09_.-", "http://h/api/predict/Az09_.-"],
  ["http://h", "a b/ü?#", "http://h/api/predict/a%20b%2F%C3%BC%3F%23"],
  // the address is in the path already
  ["https://h/api/predict/s", undefined, "https://h/api/predict/s"],
  ["https://h/api/predict/s", "", "https://h/api/predict/s"],
  ["https://h/api/predict/s", "s", "https://h/api/predict/s"],
  ["https://h/api/predict/s/v1", "s", "https://h/api/predict/s/v1"],
  ["https://h/api/predict/s?a=1", "s", "https://h/api/predict/s?a=1"],
  [`${gateway}/api/predict/s`, undefined, `https://${gateway}/api/predict/s`],
  [`${vpcGateway}/api/predict/s`, undefined, `http://${vpcGateway}/api/predict/s`],
  [`${gateway}/api/predict/g-vpc.s`, undefined, `https://${gateway}/api/predict/g-vpc.s`],
  ["10.0.0.1:8080/api/predict/s", undefined, "http://10.0.0.1:8080/api/predict/s"],
  // a URL without a name is used as it is
  ["http://127.0.0.1:8501", undefined, "http://127.0.0.1:8501/"],
  [
    "https://s.1234.cn-shanghai.pai-eas.aliyuncs.com",
    undefined,
    "https://s.1234.cn-shanghai.pai-eas.aliyuncs.com/",
  ],
  ["https://h/a/b?x=1", undefined, "https://h/a/b?x=1"],
  ["HTTPS://H/a", undefined, "https://h/a"],
  // its own query stays
  ["http://h?x=1", "s", "http://h/api/predict/s?x=1"],
  ["http://h/a?from=b/../c", undefined, "http://h/a?from=b/../c"],
];
for (const [endpoint, serviceName, base] of bases) {
  test(`serviceUrl() makes ${base} of ${JSON.stringify(endpoint)} and ${JSON.stringify(serviceName)}`, () => {
    assert.equal(new URL(serviceUrl(endpoint, serviceName)).href, base);
  });
}

const malformed: [endpoint: string | undefined, serviceName?: string][] = [
  ["", "s"],
  ["   ", "s"],
  ["http://"],
  ["http://", "s"],
  ["http:///a", "s"],
  ["ftp://h", "s"],
  ["oss://bucket/key"],
  ["file:///etc/passwd"],
  ["javascript://h/%0aalert(1)"],
  ["http://user:hunter2@h", "s"],
  ["user:hunter2@h", "s"],
  ["http://user@h/api/predict/s"],
  ["http://h/#part", "s"],
  ["http://h/api/predict/s#part"],
  ["h#part", "s"],
  ["h:port", "s"],
  ["h:99999", "s"],
  ["two words", "s"],
  ["http://h /a"],
  // no name
  [gateway],
  ["h"],
  ["10.0.0.1:8080"],
  ["h/a/b"],
  ["h", "/"],
  // another name
  ["https://h/api/predict/s", "t"],
  ["h/api/predict/s", "t"],
  ["https://h/api/predict/s", "s2"],
  ["https://h/api/predict/s2", "s"],
  // a way out of the path
  ["https://h", "."],
  ["https://h", ".."],
  // what a missing variable of the environment becomes
  [undefined, "s"],
];
for (const [endpoint, serviceName] of malformed) {
  test(`serviceUrl() refuses ${JSON.stringify(endpoint)} with the name ${JSON.stringify(serviceName)}`, () => {
    assert.throws(() => serviceUrl(endpoint!, serviceName), { name: "TypeError", message: /^Cannot \w+ / });
  });
}

for (
  const endpoint of ["http://user:hunter2@h", "user:hunter2@h", "http://user:hun@ter2@h", "h#?token=hunter2"]
) {
  test(`serviceUrl() doesn't repeat the secret in ${endpoint}`, () => {
    assert.throws(() => serviceUrl(endpoint, "s"), ({ message }: Error) => !/hunter2|ter2/.test(message));
  });
}

test("serviceUrl() quotes what it refuses and tells how to mend it", () => {
  assert.throws(() => serviceUrl("ftp://h", "iris"), {
    message: 'Cannot use "ftp://h" as endpoint of "iris": give a URL or a host and serviceName',
  });
});

const service = "http://h/api/predict/s";
const joined: [path: string | undefined, suffix: string][] = [
  [undefined, ""],
  ["/", "/"],
  ["//", "/"],
  ["a", "/a"],
  ["/a", "/a"],
  ["a/", "/a/"],
  ["//x", "/x"],
  ["predict/a?b=1", "/predict/a?b=1"],
  ["v1/x", "/v1/x"],
  ["a//b", "/a//b"],
  ["?x=1", "?x=1"],
  ["/?x=1", "/?x=1"],
  ["a?", "/a"],
  ["a?x=1?y", "/a?x=1?y"],
  ["a#b", "/a%23b"],
  ["a?x=1#b", "/a?x=1%23b"],
  ["a b/ü", "/a%20b/%C3%BC"],
  ["a%20b%2Fc", "/a%20b%2Fc"],
  ["http://other/x", "/http://other/x"],
  ["//other.example.com/x", "/other.example.com/x"],
  ["a:b@c", "/a:b@c"],
  ["...", "/..."],
  [".well-known", "/.well-known"],
];
for (const [path, suffix] of joined) {
  test(`requestUrl() puts ${JSON.stringify(path)} after exactly one slash`, () => {
    assert.equal(requestUrl(service, path), service + suffix);
    // a slash at the base's end is the same base, but the base itself stays as it was given
    assert.equal(requestUrl(`${service}/`, path), service + (/^[/]/.test(suffix) ? suffix : `/${suffix}`));
  });
}

test("requestUrl() gives the base itself for an empty path", () => {
  for (const base of [service, `${service}/`, "http://h/", `${service}?x=1`]) {
    assert.equal(requestUrl(base, ""), base);
  }
});

test("requestUrl() joins to a base that is a bare host", () => {
  assert.equal(requestUrl("http://h", "/v1"), "http://h/v1");
  assert.equal(requestUrl("http://h:8501/", "v1/models"), "http://h:8501/v1/models");
});

const dotted = [
  "..",
  ".",
  "../other",
  "a/../../other",
  "a/.",
  "%2e%2e/other",
  "%2E./other",
  "/..//x",
  "..?x=1",
  "./a",
  "..\\other",
  "a\\..\\..\\other",
  ".\t./other",
  ".\n./other",
  "..\r",
];
for (const path of dotted) {
  test(`requestUrl() refuses ${JSON.stringify(path)}, which leads out of the service`, () => {
    assert.throws(() => requestUrl(service, path), {
      name: "TypeError",
      message: /^Cannot call the path ".*": it leaves the service$/s,
    });
  });
}

test("requestUrl() refuses dots in the path alone", () => {
  assert.equal(requestUrl(service, "a?file=../b"), `${service}/a?file=../b`);
  assert.equal(requestUrl(service, "", { file: ".." }), `${service}?file=..`);
});

test("requestUrl() leads nowhere but below the service, whatever the path", () => {
  const pieces = [
    "/",
    "\\",
    "..",
    ".",
    "%2e",
    "?",
    "#",
    "@",
    ":",
    "\t",
    "\n",
    " ",
    "a",
    "ü",
    "\ud800",
    "//h2/",
    "http://",
  ];
  const paths = fc.oneof(unicodeText(), fc.string({ unit: fc.constantFrom(...pieces) }));
  fc.assert(
    fc.property(paths, fc.constantFrom(service, `${service}/`, `${service}?x=1`), (path, base) => {
      let url: URL;
      try {
        url = new URL(requestUrl(base, path));
      } catch (error) {
        return assert.ok(error instanceof TypeError);
      }
      assert.equal(url.origin, "http://h");
      assert.match(url.pathname, /^\/api\/predict\/s(\/|$)/);
      assert.equal(url.hash, "");
      if (base.includes("?")) assert.match(url.search, /^\?x=1(&|$)/);
    }),
    { numRuns: 1000 },
  );
});

const queries: [query: Query, search: string][] = [
  [{}, ""],
  [{ uid: "1", flag: null }, "?uid=1&flag"],
  [{ a: undefined }, ""],
  [{ a: "" }, "?a="],
  [{ a: ["1", null, undefined, 2] }, "?a=1&a&a=2"],
  [{ a: [] }, ""],
  [{ n: 1.5, b: 9007199254740993n, t: true, f: false, z: 0 }, "?n=1.5&b=9007199254740993&t=true&f=false&z=0"],
  [{ "a b": "c d" }, "?a+b=c+d"],
  [{ "a b": null }, "?a+b"],
  [{ a: "x&y=z+1#/?%" }, "?a=x%26y%3Dz%2B1%23%2F%3F%25"],
  [{ k: "中" }, "?k=%E4%B8%AD"],
];
for (const [query, search] of queries) {
  test(`requestUrl() writes the query as ${search || "nothing"}`, () => {
    assert.equal(requestUrl(service, "/v1", query), `${service}/v1${search}`);
    assert.equal(requestUrl(service, undefined, query), service + search);
  });
}

test("requestUrl() joins the queries of the base, the path and the options, in this order", () => {
  assert.equal(requestUrl(`${service}?x=1&flag`, "/v1?y=2", { z: 3 }), `${service}/v1?x=1&flag&y=2&z=3`);
  assert.equal(requestUrl(`${service}?x=1`, "?x=2", { x: [3, 4] }), `${service}?x=1&x=2&x=3&x=4`);
  assert.equal(requestUrl(`${service}?`, "?", {}), service);
});

test("requestUrl() writes queries that are read back as they were given", () => {
  const text = unicodeText({ minLength: 1 });
  fc.assert(fc.property(fc.array(fc.tuple(text, unicodeText())), (pairs) => {
    const query: Record<string, string[]> = Object.create(null); // __proto__ is a name like any other
    for (const [name, value] of pairs) (query[name] ??= []).push(value);
    const expected = Object.entries(query).flatMap(([name, values]) => values.map((value) => [name, value]));
    assert.deepEqual([...new URL(requestUrl(service, "v1", query)).searchParams], expected);
  }));
});
