import type { MessageType } from "./protobuf-message.ts";

/** Makes the error of an answer that can't be read: why, where, and whether it is no protobuf at all. */
export function unreadable(type: MessageType, body: Uint8Array, cause: unknown): SyntaxError {
  const reason = cause instanceof Error ? cause.message.slice(0, 200) : "unknown reason";
  const hint = isText(body) ? "; it begins as text does" : "";
  return new SyntaxError(
    `Cannot read ${body.length} bytes as protobuf: ${reason}${position(type, body)}${hint}`,
    { cause },
  );
}

/** Whether a body begins as text does. Hardly any message does: lengths and numbers of fields are small bytes. */
export function isText(body: Uint8Array): boolean {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    return /^[\P{Cc}\s]*$/u.test(decoder.decode(body.subarray(0, 256), { stream: true })); // may end inside a character
  } catch {
    return false;
  }
}

/** Where the first field begins that can't be read by itself; empty when that doesn't tell. */
function position(type: MessageType, body: Uint8Array): string {
  for (let start = 0, fields = 0; start < body.length && fields++ < 1000;) { // each may throw, which takes long
    const [tag, from] = varint(body, start);
    if (tag % 8 === 3) return ""; // the end of a group is not known
    const end = fieldEnd(body, tag % 8, from);
    if (!(end <= body.length) || !reads(type, body.subarray(start, end))) {
      return `, in field ${Math.floor(tag / 8)} at byte ${start}`;
    }
    start = end;
  }
  return "";
}

/** Where a field ends whose value begins at `from`; NaN for what is no field. */
function fieldEnd(body: Uint8Array, wireType: number, from: number): number {
  if (wireType === 0) return varint(body, from)[1];
  if (wireType === 1) return from + 8;
  if (wireType === 5) return from + 4;
  if (wireType !== 2) return NaN;
  const [length, start] = varint(body, from);
  return start + length;
}

/** A number and where it ends; NaN when it doesn't end. */
function varint(body: Uint8Array, start: number): [value: number, end: number] {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = body[start + i] ?? NaN;
    value += (byte % 128) * 128 ** i;
    if (!(byte >= 128)) return [value, start + i + 1 + value * 0];
  }
  return [NaN, NaN];
}

function reads(type: MessageType, field: Uint8Array): boolean {
  try {
    type.decode(field);
    return true;
  } catch (error) {
    return (error as Error).name === "ProtocolError"; // alone, of course another required field is missing
  }
}
