import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readListing } from "../../plugins/storage/oss/listing.ts";
import { childrenNamed, childText, parseXml } from "../../plugins/storage/oss/xml.ts";
import { unicodeText } from "../support/unicode_text.ts";

const escapes = ["named", "decimal", "hex", "cdata"] as const;

function write(text: string, style: (typeof escapes)[number]): string {
  if (style === "cdata") return `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  return text.replace(/[&<>"'\p{C}\p{So}]/gu, (char) => {
    const point = char.codePointAt(0)!;
    return style === "named" && names[char] ||
      (style === "hex" ? `&#x${point.toString(16)};` : `&#${point};`);
  });
}

const text = unicodeText({ maxLength: 40 }).filter((text) => text.isWellFormed());

test("parseXml() reads back any text in any spelling", () => {
  fc.assert(fc.property(fc.array(fc.tuple(text, fc.constantFrom(...escapes))), (items) => {
    const inner = items.map(([text, style]) => `<Key>${write(text, style)}</Key>`).join("\n  ");
    const root = parseXml(
      `<?xml version="1.0" encoding="UTF-8"?>\n<List xmlns="x">${inner}<Empty/><None></None></List>\n`,
    );
    assert.deepEqual(childrenNamed(root, "Key").map((key) => key.text), items.map(([text]) => text));
    assert.equal(childText(root, "Empty"), "");
    assert.equal(childText(root, "None"), "");
    assert.equal(childText(root, "Other"), undefined);
  }));
});

test("parseXml() never throws, and gives an element or nothing", () => {
  const piece = fc.constantFrom(
    "<a>",
    "</a>",
    "<a/>",
    "<",
    ">",
    "&",
    "&#x110000;",
    "&#xD800;",
    "<![CDATA[",
    "]]>",
    "<?x?>",
    "<!--",
    "text",
    "\ufeff",
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const root = parseXml(pieces.join(""));
    assert.ok(root === undefined || root.name === "a");
  }));
});

const noDocument = [
  "",
  "text",
  "<a>",
  "</a>",
  "<a></b>",
  "<a/><b/>",
  "<a/>text",
  "<a><</a>",
  "{}",
  "<html><br></html>",
];
for (const xml of noDocument) {
  test(`parseXml() gives nothing for ${JSON.stringify(xml)}`, () => assert.equal(parseXml(xml), undefined));
}

test("parseXml() reads what surrounds an element, and leaves unknown entities as they are", () => {
  const root = parseXml(
    '\ufeff<?xml version="1.0"?><!-- note --><Error a="1" ><Code b=\'2\'>x &unknown; &AMP;</Code ></Error>\n',
  );
  assert.equal(childText(root, "Code"), "x &unknown; &AMP;");
});

test("parseXml() takes one pass over hostile input", () => {
  for (const piece of ["<", "<a", "<a ", "<!--", "<![CDATA[", "&#", "<a></b>", "</"]) {
    assert.equal(parseXml(piece.repeat(200_000)), undefined); // seconds or hours, if it took two
  }
});

const listing = (inner: string): string => `<ListBucketResult>${inner}</ListBucketResult>`;
const contents = (key: string): string =>
  `<Contents><Key>${key}</Key><LastModified>2026-04-09T01:02:03.000Z</LastModified><ETag>"AB"</ETag><Size>5</Size><StorageClass>IA</StorageClass></Contents>`;

test("readListing() reads objects, encoded or not", () => {
  fc.assert(fc.property(text.filter(Boolean), (key) => {
    const encoded = readListing(
      "oss://b/",
      listing(`<EncodingType>url</EncodingType>${contents(encodeURIComponent(key))}`),
    );
    const plain = readListing("oss://b/", listing(contents(write(key, "named"))));
    for (const { objects, next } of [encoded, plain]) {
      assert.deepEqual(objects, [{
        key,
        size: 5,
        etag: "AB",
        lastModified: new Date("2026-04-09T01:02:03Z"),
        storageClass: "IA",
      }]);
      assert.equal(next, undefined);
    }
  }));
});

test("readListing() takes a plus for a space only where keys are encoded", () => {
  const key = (encoding: string): string | undefined =>
    readListing("oss://b/", listing(encoding + contents("a+b%2Bc"))).objects[0]?.key;
  assert.equal(key("<EncodingType>url</EncodingType>"), "a b+c");
  assert.equal(key(""), "a+b%2Bc");
});

test("readListing() tells where the next page begins", () => {
  const more = "<IsTruncated>true</IsTruncated>";
  assert.equal(
    readListing("oss://b/", listing(`${more}<NextContinuationToken>t</NextContinuationToken>`)).next,
    "t",
  );
  assert.equal(
    readListing("oss://b/", listing("<NextContinuationToken>t</NextContinuationToken>")).next,
    undefined,
  );
  assert.throws(() => readListing("oss://b/", listing(more)), {
    name: "StorageError",
    code: "InvalidResponse",
  });
});

for (
  const answer of ["", "<html></html>", listing("<Contents/>"), listing(contents("a").replace("5", "five"))]
) {
  test(`readListing() refuses ${JSON.stringify(answer.slice(0, 40))}`, () => {
    assert.throws(() => readListing("oss://b/p", answer), {
      name: "StorageError",
      message: /^Cannot list "oss:\/\/b\/p": /,
    });
  });
}
