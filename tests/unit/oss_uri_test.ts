import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type OssLocation, ossUri, parseOssUri } from "../../core/oss-uri.ts";
import { unicodeText } from "../support/unicode_text.ts";

const addresses: Record<string, OssLocation> = {
  "oss://bkt/k/a.txt": { bucket: "bkt", key: "k/a.txt" },
  "oss://bkt.oss-cn-hangzhou.aliyuncs.com/k/a.txt": {
    bucket: "bkt",
    key: "k/a.txt",
    endpoint: "oss-cn-hangzhou.aliyuncs.com",
  },
  "oss://bkt": { bucket: "bkt", key: "" },
  "oss://bkt/": { bucket: "bkt", key: "" },
  "oss://bkt/k/?endpoint=oss-cn-beijing.aliyuncs.com&role_arn=acs:ram::1:role/r": {
    bucket: "bkt",
    key: "k/",
    endpoint: "oss-cn-beijing.aliyuncs.com",
  },
  "oss://bkt/k/?role_arn=r": { bucket: "bkt", key: "k/" },
  "oss://bkt/k?host=h.x": { bucket: "bkt", key: "k", endpoint: "h.x" },
  "oss://bkt/k?endpoint=https://s3.x": { bucket: "bkt", key: "k", endpoint: "s3.x" },
  "oss://bkt.a.x/k?endpoint=b.x": { bucket: "bkt", key: "k", endpoint: "b.x" },
  "oss://bkt/a b/c#d?x": { bucket: "bkt", key: "a b/c#d?x" },
  "oss://bkt/a%20b/中文": { bucket: "bkt", key: "a%20b/中文" },
  "oss://bkt//k": { bucket: "bkt", key: "/k" },
  "oss://bkt/a.b/c": { bucket: "bkt", key: "a.b/c" },
};
for (const [text, location] of Object.entries(addresses)) {
  test(`parseOssUri() splits ${text}`, () => assert.deepEqual(parseOssUri(text), location));
}

const refused = [
  "",
  "oss:/bkt/k",
  "s3://bkt/k",
  "OSS://bkt/k",
  "./model",
  "oss://",
  "oss:///k",
  "oss://MyBucket/k",
  "oss://-bkt/k",
  "oss://bkt-/k",
  "oss://.oss-cn-hangzhou.aliyuncs.com/k",
  "oss://b_t/k",
  `oss://${"b".repeat(64)}/k`,
];
for (const text of refused) {
  test(`ossUri() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => ossUri(text), {
      name: "TypeError",
      message: /^Cannot read ".*" as an OSS address: /,
    });
  });
}

test("ossUri() returns the address it has checked", () => {
  assert.equal(ossUri("oss://bkt/k"), "oss://bkt/k");
});

test("parseOssUri() takes any key literally", () => {
  fc.assert(fc.property(unicodeText(), (key) => {
    fc.pre(!/\?(endpoint|host|role_arn)=/.test(key));
    assert.deepEqual(parseOssUri(`oss://bkt/${key}`), { bucket: "bkt", key });
  }));
});
