import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { refusal } from "./oss-call.ts";

/** A form that a browser sends: fields, then a file. */
export interface Form {
  /** Values by name in lower case. */
  readonly fields: Map<string, string>;
  /** The file, whose bytes are still under way. */
  readonly file?: FormFile;
}

/** The file of a form. */
export interface FormFile {
  /** Its name where it comes from. */
  readonly name: string;
  /** Its media type. */
  readonly type: string | undefined;
  /** Its bytes. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Most bytes of all that isn't the file. */
const maxFields = 1024 * 1024;

/**
 * Reads a form of the media type `multipart/form-data` up to its field `file`; what follows that is not read, as OSS
 * wants it last.
 * Source: https://www.rfc-editor.org/rfc/rfc7578.
 */
export async function readForm({ headers, body }: Pick<Request, "headers" | "body">): Promise<Form> {
  const type = headers.get("content-type") ?? "";
  const [, quoted, plain] = /^multipart\/form-data\b.*?;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(type) ??
    [];
  const boundary = quoted ?? plain;
  if (boundary === undefined || !body) throw malformed();
  const mark = utf8ToBytes(`\r\n--${boundary}`);
  const source = new Source(body);
  const fields = new Map<string, string>();
  await source.until(mark);
  for (;;) {
    const next = new TextDecoder().decode(await source.take(2));
    if (next === "--") return { fields };
    if (next !== "\r\n") throw malformed();
    const head = new TextDecoder().decode(await source.until(utf8ToBytes("\r\n\r\n")));
    const name = parameter(head, "name")?.toLowerCase();
    if (name === undefined) throw malformed();
    if (name === "file") {
      const [, media] = /^content-type:[ \t]*(.*?)[ \t]*$/im.exec(head) ?? [];
      return {
        fields,
        file: { name: parameter(head, "filename") ?? "", type: media, body: source.stream(mark) },
      };
    }
    fields.set(name, new TextDecoder().decode(await source.until(mark)));
  }
}

/** A parameter of the line `Content-Disposition`; browsers escape what would end it. */
function parameter(head: string, name: string): string | undefined {
  const [line] = /^content-disposition:.*$/im.exec(head) ?? [];
  const value = new RegExp(`;[ \\t]*${name}="([^"]*)"`, "i").exec(line ?? "")?.[1];
  return value?.replace(/%(22|0D|0A)/gi, (escape) => decodeURIComponent(escape));
}

/** Bytes up to a mark, one mark after the other. */
class Source {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What was read and not given out; it begins with a line end, as the first mark wants one. */
  #rest: Uint8Array<ArrayBuffer> = utf8ToBytes("\r\n") as Uint8Array<ArrayBuffer>; // of a buffer of its own
  #read = 0;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** The next bytes. */
  async take(count: number): Promise<Uint8Array> {
    while (this.#rest.length < count) {
      if (!await this.#more()) throw malformed();
    }
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  /** The bytes before a mark, which is passed over. */
  async until(mark: Uint8Array): Promise<Uint8Array> {
    let searched = 0;
    for (;;) {
      const at = indexOf(this.#rest, mark, searched);
      if (at >= 0) {
        const found = this.#rest.subarray(0, at);
        this.#rest = this.#rest.subarray(at + mark.length);
        return found;
      }
      searched = Math.max(this.#rest.length - mark.length + 1, 0);
      if (this.#read > maxFields || !await this.#more()) {
        this.#passOver();
        throw malformed();
      }
    }
  }

  /** The bytes before a mark as a stream, which fails when the mark does not come. */
  stream(mark: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      pull: async (controller): Promise<void> => {
        for (;;) {
          const at = indexOf(this.#rest, mark, 0);
          const ready = at >= 0 ? at : this.#rest.length - mark.length + 1; // what may be the mark's begin stays
          if (ready > 0) {
            controller.enqueue(this.#rest.slice(0, ready));
            this.#rest = this.#rest.subarray(ready);
          }
          if (at >= 0) {
            controller.close();
            return this.#passOver();
          }
          if (ready > 0) return;
          if (!await this.#more()) throw malformed();
        }
      },
      cancel: () => this.#passOver(),
    }, { highWaterMark: 0 });
  }

  /** Lets the rest go by unread. It isn't cancelled, as that makes Node fail when it is writing a form. */
  #passOver(): void {
    const next = async (): Promise<void> => {
      while (!(await this.#reader.read()).done);
    };
    next().catch(() => {}); // nobody waits for it
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (done) return false;
    this.#read += value.length;
    this.#rest = joined(this.#rest, value);
    return true;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes(a, b) as Uint8Array<ArrayBuffer>; // made just now, of a buffer of its own
}

function indexOf(bytes: Uint8Array, mark: Uint8Array, from: number): number {
  const [first = 0] = mark;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + mark.length > bytes.length) return -1;
    if (mark.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

function malformed(): Error {
  const message = "The body of your POST request is not well-formed multipart/form-data.";
  return refusal(400, "MalformedPOSTRequest", message);
}
