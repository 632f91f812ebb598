/** A piece of a container's output: whole frames of one stream. */
export interface LogFrame {
  /** Which stream it was written to. */
  stream: "stdout" | "stderr";
  /** What was written. */
  bytes: Uint8Array;
}

// A stream's number, three zeros, and the length in four bytes with the highest first.
const headerLength = 8;

// Docker cuts at 16 KiB and Podman at 1 MiB or so; one that says more is not a frame.
const longestFrame = 64 * 1024 * 1024;

/**
 * Splits the engine's multiplexed stream into its frames, wherever its chunks are cut.
 *
 * Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 *
 * @throws {SyntaxError} for what is no such stream, and for one that ends inside a frame.
 */
export async function* logFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LogFrame> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    rest = rest.length ? joined(rest, chunk) : chunk;
    let at = 0;
    for (;;) {
      if (rest.length - at < headerLength) break;
      const stream = rest[at]!, length = new DataView(rest.buffer, rest.byteOffset + at + 4, 4).getUint32(0);
      if (stream > 2 || rest[at + 1] || rest[at + 2] || rest[at + 3] || length > longestFrame) {
        throw new SyntaxError("Cannot read the container's output: it is not in frames");
      }
      const end = at + headerLength + length;
      if (rest.length < end) break;
      // 0 is the standard input, which engines use for output of their own
      yield { stream: stream === 2 ? "stderr" : "stdout", bytes: rest.subarray(at + headerLength, end) };
      at = end;
    }
    rest = rest.subarray(at);
  }
  if (rest.length) throw new SyntaxError("Cannot read the container's output: it ends inside a frame");
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
