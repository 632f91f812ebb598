import type { Crc64Step } from "./script.ts";
import { byteTable, type RemainderTable, wordTables } from "./table.ts";
import {
  type Code,
  i32,
  i32Add,
  i32And,
  i32Const,
  i32GreaterOrEqual,
  i32ShiftLeft,
  i32Sub,
  i32WrapI64,
  i64,
  i64Const,
  i64Load,
  i64ShiftRight,
  i64Store,
  i64Xor,
  localGet,
  localSet,
  loopUntil,
  v128Load,
  v128Store,
  v128Xor,
  type WasmFunction,
  wasmModule,
} from "./wasm-code.ts";

// `reduce` looks bytes up in tables of 64 bits, several words side by side since one look-up waits for the
// one before ("braiding", as zlib does it): 2.5 to 3 GB/s. More than four lanes gain nothing anywhere.
const lanes = 4;
const blockSize = 8 * lanes;

// `fold` makes a long content short, without any look-up, 16 bytes at a time: 8 GB/s. With X = x^64, words of
// 64 bits are the coefficients of powers of X, and by the polynomial X^1403 is the sum of X^(1403 - d) for
// these distances d. So a word may be added to those that come d words later, and then be left out. (That the
// sum is a multiple of the polynomial x^1403 + … holds for x, and so for its 64th power. There are such sums
// of eight terms from about 1,000 words on; this one was found by comparing sums of four among all terms
// below 1,536.) "Chorba" does so for CRC-32: https://arxiv.org/abs/2412.16398
const distances = [117, 152, 241, 395, 894, 1250, 1403];
const tailWords = 1404; // what is left for `reduce`: as many as the longest distance, in whole blocks
const tailSize = 8 * tailWords;
const shortestFold = 3 * tailSize; // what is not much longer than its tail gains nothing

// Memory: eight tables for bytes of words, the table of single bytes, zeros before the bytes to hash, then
// those.
const tableSize = 256 * 8;
const byteTableAt = 8 * tableSize;
const inputAt = byteTableAt + tableSize + tailSize;
const capacity = 262_144; // stays in the processor's second cache; a multiple of the block's size
const pages = Math.ceil((inputAt + capacity) / 65_536);

/**
 * The step in WebAssembly; what is shorter than a block is left to another step.
 *
 * @returns `undefined` where WebAssembly may not be compiled at run time, as in workerd, or has no vectors.
 */
export function wasmStep(rest: Crc64Step): Crc64Step | undefined {
  let exports: WebAssembly.Exports;
  try {
    exports =
      new WebAssembly.Instance(new WebAssembly.Module(wasmModule(pages, [reduceCode(), foldCode()]))).exports;
  } catch {
    return undefined;
  }
  // The types of what the module exports, which TypeScript can't see.
  const { buffer } = exports.memory as WebAssembly.Memory;
  const reduce = exports.reduce as (remainder: bigint, at: number, lastBlockAt: number) => bigint;
  const fold = exports.fold as (at: number, tailAt: number) => void;
  const memory = new DataView(buffer);
  writeTables(memory, [...wordTables(lanes), byteTable()]);
  const input = new Uint8Array(buffer, inputAt, capacity);

  return (remainder, bytes) => {
    let at = 0;
    while (bytes.length - at >= blockSize) {
      const left = bytes.length - at;
      const length = Math.min(capacity, left - left % blockSize);
      input.set(bytes.subarray(at, at + length));
      let start = inputAt;
      if (length >= shortestFold) {
        memory.setBigUint64(start, memory.getBigUint64(start, true) ^ BigInt.asUintN(64, remainder), true);
        fold(start, start = inputAt + length - tailSize);
        remainder = 0n;
      }
      remainder = reduce(remainder, start, inputAt + length - blockSize);
      at += length;
    }
    return rest(BigInt.asUintN(64, remainder), at ? bytes.subarray(at) : bytes);
  };
}

function writeTables(memory: DataView, tables: RemainderTable[]): void {
  tables.forEach(({ low, high }, index) => {
    for (let byte = 0; byte < 256; byte++) {
      const at = index * tableSize + byte * 8;
      memory.setInt32(at, low[byte]!, true);
      memory.setInt32(at + 4, high[byte]!, true);
    }
  });
}

/** Moves a local variable on by so many bytes. */
const advance = (local: number, bytes: number): Code => [
  ...[...localGet(local), ...i32Const(bytes), ...i32Add],
  ...localSet(local),
];

// Locals of `reduce`: its parameters, then one remainder for each lane but the first, then a word for each
// lane.
const remainder = 0, at = 1, lastBlockAt = 2;
const remainderOf = (lane: number): number => lane === 0 ? remainder : 2 + lane;
const wordOf = (lane: number): number => 2 + lanes + lane;
const eachLane = Array.from({ length: lanes }, (_, lane) => lane);

/**
 * `reduce(remainder, at, lastBlockAt)`: goes on with a remainder over the blocks from `at` to the last one.
 */
function reduceCode(): WasmFunction {
  const isLast = [...localGet(at), ...localGet(lastBlockAt), ...i32GreaterOrEqual];
  return {
    name: "reduce",
    parameters: [i64, i32, i32],
    results: [i64],
    locals: Array<number>(2 * lanes - 1).fill(i64),
    body: [
      ...loopUntil(isLast, [...reduceBlock(), ...advance(at, blockSize)]),
      ...reduceLastBlock(),
      ...localGet(remainder),
    ],
  };
}

/** The entry of a byte of a word in the table at an address. */
function lookUp(word: number, byte: number, table: number): Code {
  const shifted = byte === 0 ? localGet(word) : [...localGet(word), ...i64Const(8 * byte), ...i64ShiftRight];
  const index = [...shifted, ...i32WrapI64, ...i32Const(255), ...i32And];
  return [...index, ...i32Const(3), ...i32ShiftLeft, ...i64Load(table)];
}

/** A lane's remainder, joined with its next word. */
function joined(lane: number): Code {
  return [...localGet(remainderOf(lane)), ...localGet(at), ...i64Load(8 * lane), ...i64Xor];
}

/** Reduces every lane by one word. */
function reduceBlock(): Code {
  const words = eachLane.map((lane) => [...joined(lane), ...localSet(wordOf(lane))]);
  const remainders = eachLane.map((lane) => {
    const bytes = Array.from({ length: 8 }, (_, byte) => lookUp(wordOf(lane), byte, byte * tableSize));
    const sum = bytes.flatMap((code, byte) => byte ? [...code, ...i64Xor] : code);
    return [...sum, ...localSet(remainderOf(lane))];
  });
  return [...words.flat(), ...remainders.flat()];
}

/** Puts the lanes together over the last block, where each word follows on the one before, byte by byte. */
function reduceLastBlock(): Code {
  const oneByte = [
    ...lookUp(remainder, 0, byteTableAt),
    ...[...localGet(remainder), ...i64Const(8), ...i64ShiftRight, ...i64Xor],
    ...localSet(remainder),
  ];
  return eachLane.flatMap((lane) => [
    ...joined(lane),
    ...(lane ? [...localGet(remainder), ...i64Xor] : []),
    ...localSet(remainder),
    ...Array.from({ length: 8 }, () => oneByte).flat(),
  ]);
}

/**
 * `fold(at, tailAt)`: leaves out the words from `at` to the tail, which must have as many zeros before them
 * as the tail has bytes.
 */
function foldCode(): WasmFunction {
  const at = 0, tailAt = 1, back = 2; // `back` is the address of the word at the longest distance
  const longest = distances.at(-1)!; // there are distances
  const goBack = (from: number, words: number): Code => [
    ...[...localGet(from), ...i32Const(8 * words), ...i32Sub],
    ...localSet(back),
  ];
  const isBehind = (words: number): Code => [
    ...localGet(back),
    ...[...localGet(tailAt), ...i32Const(8 * words), ...i32Sub],
    ...i32GreaterOrEqual,
  ];
  // Two words of the content at a time become what they are with all that was added to them.
  const sum = distances.map((d) => [...localGet(back), ...v128Load(8 * (longest - d)), ...v128Xor]).flat();
  const own = [...localGet(back), ...v128Load(8 * longest)];
  const content = [...localGet(back), ...own, ...sum, ...v128Store(8 * longest), ...advance(back, 16)];
  // The tail only takes what is left out, so each distance reaches as far into it as it is long.
  const tail = distances.map((d) => {
    const two = [...v128Load(8 * d), ...localGet(back), ...v128Load(0), ...v128Xor, ...v128Store(8 * d)];
    const one = [...i64Load(8 * d), ...localGet(back), ...i64Load(0), ...i64Xor, ...i64Store(8 * d)];
    const both = [...localGet(back), ...localGet(back)];
    return [
      ...goBack(tailAt, d),
      ...loopUntil(isBehind(d % 2), [...both, ...two, ...advance(back, 16)]),
      ...(d % 2 ? [...both, ...one] : []),
    ];
  });
  return {
    name: "fold",
    parameters: [i32, i32],
    results: [],
    locals: [i32],
    body: [...goBack(at, longest), ...loopUntil(isBehind(longest), content), ...tail.flat()],
  };
}
