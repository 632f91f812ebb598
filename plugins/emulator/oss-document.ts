import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Refusal } from "./refusal.ts";

/** An element: its name, and its text or its children. */
export type Element = readonly [name: string, content: string | number | boolean | readonly Element[]];

/** Writes a document as OSS does. */
export function document(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(root)}\n`;
}

/** A time in a document: OSS knows whole seconds, and its clients read no others. */
export function documentTime(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString();
}

function write([name, content]: Element): string {
  const inner = Array.isArray(content) ? content.map(write).join("") : escape(String(content));
  return `<${name}>${inner}</${name}>`;
}

// Carriage returns would be read as line feeds, so they are written as references.
const references: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
};

function escape(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => references[character] ?? character);
}

// Numbers from https://www.alibabacloud.com/help/en/oss/support/; the emulator gives others none of the vendor's.
const errorNumbers: Record<string, string> = {
  EntityTooSmall: "0042-00000213",
  InvalidAccessKeyId: "0002-00000902",
  InvalidPartOrder: "0042-00000209",
  InvalidSecurityToken: "0002-00000006",
  NoSuchBucket: "0015-00000101",
  InvalidTag: "0010-00000217",
  NoSuchKey: "0026-00000001",
  NoSuchUpload: "0042-00000002",
  PreconditionFailed: "0017-00001001",
  SecurityTokenExpired: "0002-00000007",
  SignatureDoesNotMatch: "0002-00000040",
};

/**
 * The answer to a refused request: an error document, which a HEAD request gets as Base64 in a header since
 * its answer has no body.
 */
export function ossError(refusal: Refusal, requestId: string, host: string, isHead: boolean): Response {
  const known = refusal.number ?? errorNumbers[refusal.code];
  const number = known ?? "0000-00000000";
  const body = document(["Error", [
    ["Code", refusal.code],
    ["Message", refusal.message],
    ["RequestId", requestId],
    ["HostId", host],
    ...Object.entries(refusal.details),
    ["EC", number],
    ...(known ? [["RecommendDoc", `https://api.alibabacloud.com/troubleshoot?q=${known}`] as const] : []),
  ]]);
  const headers = new Headers({ "content-type": "application/xml", "x-oss-ec": number });
  if (isHead) headers.set("x-oss-err", btoa(String.fromCharCode(...utf8ToBytes(body))));
  return new Response(isHead ? null : body, { status: refusal.status, headers });
}
