// Of one line; the longest that engines write are a few hundred characters.
const longest = 1_048_576;

/**
 * Reads a stream of JSON values, each on a line of its own.
 *
 * @throws {SyntaxError} for a line that is no JSON.
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!; // split() returns at least one
    yield* lines.filter((line) => line.trim()).map(parse);
    if (rest.length > longest) throw new SyntaxError("Cannot read the engine's answer: a line has no end");
  }
  rest += decoder.decode();
  if (rest.trim()) yield parse(rest);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new SyntaxError("Cannot read the engine's answer: a line is not JSON");
  }
}
