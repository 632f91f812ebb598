import type fc from "fast-check";
import { unicodeText } from "../support/unicode_text.ts";

/** Keys that clients, URLs and signatures are known to treat in different ways. */
export const oddKeys: readonly string[] = [
  "plain.txt",
  "folder/",
  "a//b///c",
  " leading and trailing ",
  "a b/c+d%20e%2F%252F%",
  "quote'(1)*!~.txt",
  "-_.~",
  "?query=1&x#fragment",
  "semi;colon,comma:@$=[]{}|^`.txt",
  'markup<&amp;>"',
  "back\\slash",
  "模型/权重 2.bin",
  "é e\u0301",
  "ﬁ comes before what UTF-16 spells with surrogates",
  "😀 👩‍👩‍👧.png",
  "中".repeat(341),
];

/** A text that a signed request can carry as a key: well-formed, no `.` or `..` segment, no slash in front. */
export function anyKey(): fc.Arbitrary<string> {
  return unicodeText({ minLength: 1, maxLength: 60 }).filter((key) =>
    !/^[/\\]/.test(key) && key.split("/").every((segment) => segment !== "." && segment !== "..")
  );
}
