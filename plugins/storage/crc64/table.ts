/** ECMA-182's polynomial, reflected: the lowest bit of a remainder belongs to the highest power of x. */
export const polynomial = { high: 0xC96C5795, low: 0xD7870F42 } as const;

/** For each byte a remainder, in two halves, as JavaScript has no fast integers of 64 bits. */
export interface RemainderTable {
  /** Lower 32 bits. */
  readonly low: Int32Array;
  /** Upper 32 bits. */
  readonly high: Int32Array;
}

/** The remainder of each byte. */
export function byteTable(): RemainderTable {
  const table = { low: new Int32Array(256), high: new Int32Array(256) };
  for (let byte = 0; byte < 256; byte++) {
    let high = 0, low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const carry = -(low & 1); // all ones or none
      low = (low >>> 1 | high << 31) ^ (carry & polynomial.low);
      high = high >>> 1 ^ (carry & polynomial.high);
    }
    table.low[byte] = low;
    table.high[byte] = high;
  }
  return table;
}

/**
 * Tables for a word of 8 bytes that is one of several which are reduced side by side: the one at `index` has
 * the remainder of the word's byte of that index, followed by as many zero bytes as there are up to the
 * lane's next word.
 *
 * @param lanes How many words are reduced side by side.
 */
export function wordTables(lanes: number): RemainderTable[] {
  const bytes = byteTable();
  const tables: RemainderTable[] = [];
  let table = bytes;
  for (let zeros = 0; zeros < 8 * lanes; zeros++) {
    if (zeros >= 8 * (lanes - 1)) tables.unshift(table);
    table = followedByZero(table, bytes);
  }
  return tables;
}

function followedByZero({ low, high }: RemainderTable, bytes: RemainderTable): RemainderTable {
  return {
    low: low.map((low, index) => (low >>> 8 | high[index]! << 24) ^ bytes.low[low & 255]!),
    high: high.map((high, index) => high >>> 8 ^ bytes.high[low[index]! & 255]!),
  };
}
