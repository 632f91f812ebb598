import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseReference } from "../../plugins/local-docker/engine/image-reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

/** What each name stands for: registry, repository, name, tag, digest. */
const names: [
  reference: string,
  registry: string,
  repository: string,
  name: string,
  tag?: string,
  digest?: string,
][] = [
  ["python", "docker.io", "library/python", "python", "latest"],
  ["python:3.11-slim", "docker.io", "library/python", "python", "3.11-slim"],
  ["library/python:3", "docker.io", "library/python", "python", "3"],
  ["docker.io/python", "docker.io", "library/python", "python", "latest"],
  ["docker.io/library/python", "docker.io", "library/python", "python", "latest"],
  [
    "index.docker.io/tensorflow/serving:2.14.1",
    "docker.io",
    "tensorflow/serving",
    "tensorflow/serving",
    "2.14.1",
  ],
  [`python@${digest}`, "docker.io", "library/python", "python", undefined, digest],
  [`python:3@${digest}`, "docker.io", "library/python", "python", "3", digest],
  ["localhost/x", "localhost", "x", "localhost/x", "latest"],
  ["localhost:5000/x:1", "localhost:5000", "x", "localhost:5000/x", "1"],
  ["127.0.0.1:5000/a/b/c", "127.0.0.1:5000", "a/b/c", "127.0.0.1:5000/a/b/c", "latest"],
  ["[::1]:5000/x", "[::1]:5000", "x", "[::1]:5000/x", "latest"],
  ["local/x", "docker.io", "local/x", "local/x", "latest"],
  [
    "registry.cn-hangzhou.aliyuncs.com/pai/iris_server:v1.0",
    ...["registry.cn-hangzhou.aliyuncs.com", "pai/iris_server"] as const,
    ...["registry.cn-hangzhou.aliyuncs.com/pai/iris_server", "v1.0"] as const,
  ],
];
for (const [reference, registry, repository, name, tag, digest] of names) {
  test(`parseReference() reads ${reference}`, () => {
    assert.deepEqual(parseReference(reference), { registry, repository, name, tag, digest });
  });
}

const refused = [
  "",
  "Python",
  "a b",
  "a:",
  "a:b:c",
  "a/../b",
  "./a",
  "../a",
  "a//b",
  "/a",
  "a/",
  "http://a/b",
  "a@sha256:12",
  "a@b@c",
  "user:password@registry.example.com/a",
  "a?b=c",
  "a%2fb",
  "-a",
];
for (const reference of refused) {
  test(`parseReference() refuses ${JSON.stringify(reference)}`, () => {
    assert.throws(() => parseReference(reference), TypeError);
  });
}

test("parseReference() reads what it wrote, and takes nothing into a path that a URL would read otherwise", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "b", ".", "/", ":", "-", "_", "@", "%", "?", "#", "9") }),
      (text) => {
        let found;
        try {
          found = parseReference(text);
        } catch (error) {
          assert.ok(error instanceof TypeError);
          return;
        }
        const { name, tag, digest } = found;
        const again = name + (tag ? `:${tag}` : "") + (digest ? `@${digest}` : "");
        assert.deepEqual(parseReference(again), found);
        assert.equal(
          new URL(`http://engine/images/${encodeURI(text)}/json`).pathname,
          `/images/${text}/json`,
        );
      },
    ),
  );
});
