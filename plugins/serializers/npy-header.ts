/** What stands before the elements of a file. */
export interface Header {
  /** Element type in numpy's words, with its byte order, as in `<f4`. */
  readonly descr: string;
  /** Whether the first axis varies fastest. */
  readonly fortran: boolean;
  /** Length of each axis; 65 of them at most, where numpy has 64. */
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly start: number;
}

/**
 * Reads the header of a file. The format's versions 1.0, 2.0 and 3.0 differ in the size of its length and in the
 * encoding of its text, which is ASCII for all that a tensor can be.
 *
 * @throws {SyntaxError} when the bytes are not such a file.
 * @throws {TypeError} for records, whose element type is a list.
 */
export function readHeader(file: Uint8Array<ArrayBuffer>): Header {
  const magic = String.fromCharCode(...file.subarray(0, 8));
  const text = magic.startsWith("\x93NUMPY") && !file[7] && [0, 10, 12, 12][file[6]!]; // by the version
  if (!text) {
    throw new SyntaxError(`Cannot read .npy: byte 0 begins ${JSON.stringify(magic)}`);
  }
  const start = file.subarray(8, text).reduceRight((size, byte) => size * 256 + byte, 0) + text;
  if (start > file.length) {
    throw new SyntaxError(`Cannot read .npy: header breaks off at byte ${file.length}`);
  }
  return { ...parse(new TextDecoder("latin1").decode(file.subarray(text, start)), text), start };
}

/** Reads the literal of a Python dictionary that has the three keys of a header. */
function parse(text: string, offset: number): Omit<Header, "start"> {
  // One entry, with the comma and the brace that may follow. What is repeated in it can't begin what comes next, so
  // nothing is tried twice. Python 2 wrote some lengths as 3L.
  const entry =
    /\s*(['"])(?:descr\1\s*:\s*(?:(['"])([^'"\\]+)\2|(\[.{0,30}))|fortran_order\1\s*:\s*(True|False)|shape\1\s*:\s*\(\s*((?:(?:\d+L?\s*,\s*){1,64}(?:\d+L?\s*)?)?)\))\s*(,\s*)?(\}\s*)?/y;
  let at = /^\s*\{/.exec(text)?.[0].length ?? 0;
  let descr, list, order, shape, comma, end: string | undefined;
  do {
    entry.lastIndex = at;
    // the last of a name counts, as in Python
    [, , , descr = descr, list, order = order, shape = shape, comma, end] = at && entry.exec(text) || [];
    if (list) throw unsupported(list);
    at = entry.lastIndex || at;
  } while (comma && !end);
  if (!end || at < text.length || !descr || !order || shape === undefined) throw malformed(offset + at);
  return { descr, fortran: order === "True", shape: shape.match(/\d+/g)?.map(Number) ?? [] };
}

function malformed(at: number): SyntaxError {
  return new SyntaxError(`Cannot read .npy: header is malformed at byte ${at}`);
}

/** Makes the error of an element type that no tensor can have. */
export function unsupported(descr: string): TypeError {
  const guess = descr.endsWith("V2") ? " (bfloat16?)" : ""; // as ml_dtypes calls it
  const remedy = 'save its fields one by one or .astype("float64")';
  return new TypeError(`Cannot read .npy: dtype ${descr.slice(0, 30)}${guess} is not supported, ${remedy}`);
}
