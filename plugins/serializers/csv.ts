/**
 * Rows as CSV (RFC 4180), which many services for tables take.
 *
 * @example
 * ```ts
 * import { csv } from "@pai-edge/sdk/serializers/csv";
 *
 * const { serialize, deserialize } = csv({ numbers: true }); // of a predictor: new Predictor({ serializer: csv(), … })
 * const body = serialize([[5.1, 3.5, "a, b"], [4.9, null, "c"]]);
 * console.log(new TextDecoder().decode(body)); // 5.1,3.5,"a, b"  4.9,,c
 * console.log(deserialize(body!)); // [[5.1, 3.5, "a, b"], [4.9, null, "c"]]
 * ```
 *
 * @module
 */
import { utf8 } from "../../core/encoding.ts";
import type { Serializer } from "../../core/serializer.ts";
import { Tensor } from "../../core/tensor.ts";

/** What stands in a cell; `null` is an empty one. */
export type Cell = string | number | bigint | null;

/** Rows of cells; a tensor has two axes. */
export type Rows = readonly (readonly Cell[])[] | Tensor;

/** Options of {@linkcode csv}. */
export interface CsvOptions {
  /** Names of the columns, sent as the first row. Those of an answer come as its first row. */
  header?: readonly string[];
  /** One character between cells. @default {","} */
  delimiter?: string;
  /**
   * Reads cells without quotes as numbers where they are some, and as `null` where they are empty. Integers that a
   * number can't hold stay text. @default {false}
   */
  numbers?: boolean;
}

/**
 * Reads and writes CSV in UTF-8, with CRLF after each row. Cells come back as they went, whatever is in them; formulas
 * are not altered. With `numbers`, text that looks like a number is quoted, so that it stays text.
 *
 * Writing throws a `TypeError` for what is no row of cells; reading a `SyntaxError` for what is no CSV, and a `TypeError`
 * for what is no UTF-8.
 *
 * @throws {TypeError} when the delimiter is not one character, or one that means something else, as those in numbers do.
 */
export function csv(options: CsvOptions & { numbers: true }): Serializer<Rows, (string | number | null)[][]>;
/** Reads every cell as text. */
export function csv(options?: CsvOptions): Serializer<Rows, string[][]>;
export function csv(options: CsvOptions = {}): Serializer<Rows, Cell[][]> {
  const { header, delimiter = ",", numbers = false } = options;
  if (!/^[^"\r\n\d.+eINafintyn-]$/.test(delimiter)) {
    throw new TypeError(`Cannot use ${JSON.stringify(delimiter)} as delimiter of CSV`);
  }
  return {
    contentType: "text/csv",
    serialize: (rows) =>
      utf8([...header ? [header] : [], ...listOf(rows)].map((row) => `${line(row, delimiter)}\r\n`).join("")),
    deserialize: (body) => parse(new TextDecoder("utf-8", { fatal: true }).decode(body), delimiter, numbers),
  };
}

function listOf(rows: Rows): readonly (readonly Cell[])[] {
  if (!(rows instanceof Tensor)) return rows;
  if (rows.shape.length !== 2) {
    throw new TypeError(`Cannot write CSV: the tensor has ${rows.shape.length} axes, not 2`);
  }
  return rows.toNested() as Cell[][]; // each is looked at again
}

function line(row: readonly Cell[], delimiter: string): string {
  if (!Array.isArray(row) || !row.length) throw new TypeError("Cannot write CSV: a row is no list of cells");
  return row.map((cell: unknown) => {
    if (cell === null) return "";
    if (typeof cell === "number" || typeof cell === "bigint") return `${cell}`;
    if (typeof cell !== "string") throw new TypeError(`Cannot write CSV: a cell is ${typeof cell}`);
    const isPlain = cell && !/["\r\n]/.test(cell) && !cell.includes(delimiter) &&
      numberIn(cell) === undefined;
    return isPlain ? cell : `"${cell.replaceAll('"', '""')}"`;
  }).join(delimiter);
}

/** A number as JSON and Python write it, but no number of an account or the like, which more than its value tells. */
function numberIn(cell: string): number | undefined {
  const text = cell.trim();
  if (!/^[+-]?(((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)$/i.test(text)) return undefined;
  const value = Number(text.replace(/inf.*/i, "Infinity").replace(/.*nan/i, "NaN"));
  const isExact = !/\d{16}$/.test(text) || /[.e]/i.test(text) || `${value}` === text;
  return isExact ? value : undefined;
}

function parse(text: string, delimiter: string, numbers: boolean): Cell[][] {
  let at = 0;
  const isAtEnd = (): boolean => at >= text.length || text[at] === delimiter || /[\r\n]/.test(text[at]!);
  const quoted = (): string => {
    const start = at;
    let cell = "";
    do {
      const quote = text.indexOf('"', at + 1);
      if (quote < 0) throw new SyntaxError(`Cannot read CSV: no quote ends the one at character ${start}`);
      cell += text.slice(at === start ? at + 1 : at, quote); // of two quotes, the second is in the cell
      at = quote + 1;
    } while (text[at] === '"');
    if (!isAtEnd()) throw new SyntaxError(`Cannot read CSV: a quoted cell goes on at character ${at}`);
    return cell;
  };
  const plain = (): Cell => {
    const start = at;
    while (!isAtEnd()) at++;
    const cell = text.slice(start, at);
    return numbers ? cell ? numberIn(cell) ?? cell : null : cell;
  };

  const rows: Cell[][] = [];
  while (at < text.length) {
    const row: Cell[] = [];
    do row.push(text[at] === '"' ? quoted() : plain()); while (text[at] === delimiter && ++at);
    rows.push(row);
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
  }
  return rows;
}
