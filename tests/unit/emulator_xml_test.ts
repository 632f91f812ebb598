import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { document } from "../../plugins/emulator/oss-document.ts";
import { childrenOf, readXml, textOf } from "../../plugins/emulator/oss-xml.ts";
import { unicodeText } from "../support/unicode_text.ts";

const read = (text: string): ReturnType<typeof readXml> => readXml(new TextEncoder().encode(text));

test("readXml() reads back what document() writes", () => {
  const text = unicodeText().filter((text) => text.isWellFormed());
  fc.assert(fc.property(fc.array(text), (texts) => {
    const tree = read(document(["Delete", texts.map((key) => ["Object", [["Key", key]]] as const)]));
    assert.ok(tree);
    assert.deepEqual(childrenOf(tree, "Object").map((object) => textOf(object, "Key")), texts);
  }));
});

test("readXml() passes over declarations, comments, attributes and blanks", () => {
  const tree = read(`<?xml version="1.0"?>
    <!-- <b> -->
    <a x="1">
      <b y='2'>one<![CDATA[<&>]]>&#x41;&#66;&amp;</b><c/>
    </a>`);
  assert.ok(tree);
  assert.deepEqual([tree.name, textOf(tree, "b"), textOf(tree, "c"), textOf(tree, "d")], [
    "a",
    "one<&>AB&",
    "",
    undefined,
  ]);
});

test("readXml() reads line ends as one, and a carriage return from its reference alone", () => {
  assert.equal(read("<a>1\r\n2\r3&#13;</a>")?.text, "1\n2\n3\r");
});

for (
  const text of [
    "",
    "text",
    "<a>",
    "</a>",
    "<a></b>",
    "<a/><b/>",
    "<a/>x",
    "<a>&x;</a>",
    "<a>& </a>",
    "<a><</a>",
    "<a",
  ]
) {
  test(`readXml() finds ${JSON.stringify(text)} malformed`, () => {
    assert.equal(read(text), undefined);
  });
}

test("readXml() finds what is no UTF-8 malformed", () => {
  assert.equal(readXml(Uint8Array.of(60, 97, 62, 255, 60, 47, 97, 62)), undefined);
});
