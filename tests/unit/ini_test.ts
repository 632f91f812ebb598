import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIni } from "../../plugins/credentials/credentials-file.ts";

const rows: [text: string, value: string | undefined][] = [
  ["[s]\nk = v", "v"],
  ["[s]\r\nk=v\r\n", "v"],
  ["\uFEFF[s]\n  k  =  v w  ", "v w"],
  ["[s] # about\nk = v ; about", "v"],
  ["[s]\nk = v#1", "v#1"],
  ['[s]\nk = "a;b"', "a;b"],
  ["[s]\nk = 'a # b' # about", "a # b"],
  ["[s]\nk = a=b==", "a=b=="],
  ["[s]\n;k = v\n#k = v", undefined],
  ["k = v\n[s]", undefined],
  ["[other]\nk = v\n[s]\nx = y", undefined],
  ["[s]\nx = y\n[other]\n[s]\nk = v", "v"],
  ["[s]\nk", undefined],
  ["[s]\nk =", ""],
];
for (const [text, value] of rows) {
  test(`parseIni() finds ${JSON.stringify(value)} in ${JSON.stringify(text)}`, () => {
    assert.equal(parseIni(text).get("s")?.get("k"), value);
  });
}

test("parseIni() reads any keys and secrets that were written plainly", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9+/=_.-]{1,40}$/);
  const plain = { maxKeys: 5, noNullPrototype: true };
  const section = fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), word, plain);
  fc.assert(fc.property(fc.dictionary(fc.stringMatching(/^[a-z0-9-]{1,12}$/), section, plain), (sections) => {
    const text = Object.entries(sections)
      .map(([name, keys]) => `[${name}]\n${Object.entries(keys).map(([k, v]) => `${k} = ${v}\n`).join("")}`)
      .join("\n");
    const read = [...parseIni(text)].map(([name, keys]) => [name, Object.fromEntries(keys)]);
    assert.deepEqual(Object.fromEntries(read), sections);
  }));
});
