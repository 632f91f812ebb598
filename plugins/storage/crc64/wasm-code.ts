// What is needed of WebAssembly's binary format to write a module by its instructions, under the names of its
// text format: https://webassembly.github.io/spec/core/binary/index.html

/** Bytes of a module. */
export type Code = number[];

/** An unsigned number. */
export function unsigned(value: number): Code {
  return value < 128 ? [value] : [value & 127 | 128, ...unsigned(value >>> 7)];
}

/** A number that may be negative elsewhere: its last byte's second bit would be the sign. */
function signed(value: number): Code {
  return value < 64 ? [value] : [value & 127 | 128, ...signed(value >>> 7)];
}

const sized = (code: Code): Code => [...unsigned(code.length), ...code];
const list = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (value: string): Code => sized([...value].map((char) => char.charCodeAt(0)));
const section = (id: number, content: Code): Code => [id, ...sized(content)];

/** Types of values. */
export const i32 = 0x7F, i64 = 0x7E;

/** Reads a parameter or local variable. */
export const localGet = (local: number): Code => [0x20, local];
/** Writes a local variable. */
export const localSet = (local: number): Code => [0x21, local];
/** A number of 32 bits. */
export const i32Const = (value: number): Code => [0x41, ...signed(value)];
/** A number of 64 bits. */
export const i64Const = (value: number): Code => [0x42, ...signed(value)];

// Each address is said to be a multiple of 2^3 bytes; none has to be.
/** Reads 64 bits at an address and an offset. */
export const i64Load = (offset: number): Code => [0x29, 3, ...unsigned(offset)];
/** Writes 64 bits. */
export const i64Store = (offset: number): Code => [0x37, 3, ...unsigned(offset)];
/** Reads 128 bits. */
export const v128Load = (offset: number): Code => [0xFD, 0, 3, ...unsigned(offset)];
/** Writes 128 bits. */
export const v128Store = (offset: number): Code => [0xFD, 11, 3, ...unsigned(offset)];

/** Instructions without operands. */
export const i32GreaterOrEqual: Code = [0x4F],
  i32Add: Code = [0x6A],
  i32Sub: Code = [0x6B],
  i32And: Code = [0x71],
  i32ShiftLeft: Code = [0x74],
  i64Xor: Code = [0x85],
  i64ShiftRight: Code = [0x88],
  i32WrapI64: Code = [0xA7],
  v128Xor: Code = [0xFD, 0x51];

/** Repeats a body until a condition, which is looked at first, is true. */
export function loopUntil(condition: Code, body: Code): Code {
  const block = [0x02, 0x40], loop = [0x03, 0x40], leave = [0x0D, 1], again = [0x0C, 0], end = [0x0B];
  return [...block, ...loop, ...condition, ...leave, ...body, ...again, ...end, ...end];
}

/** A function of a module. */
export interface WasmFunction {
  /** Name under which it is exported. */
  readonly name: string;
  /** Types of its parameters. */
  readonly parameters: readonly number[];
  /** Types of what it returns. */
  readonly results: readonly number[];
  /** Types of its local variables, which are numbered after the parameters. */
  readonly locals: readonly number[];
  /** What it does. */
  readonly body: Code;
}

/** A module of functions and a memory, which is exported as `memory`, of so many pages of 64 KiB. */
export function wasmModule(pages: number, functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = (of: readonly number[]): Code => list(of.map((type) => [type]));
  const locals = (of: readonly number[]): Code => list(of.map((type) => [1, type]));
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6D, 1, 0, 0, 0], // "\0asm", version 1
    ...section(
      1,
      list(functions.map(({ parameters, results }) => [0x60, ...types(parameters), ...types(results)])),
    ),
    ...section(3, list(functions.map((_, index) => [index]))), // the type of each function
    ...section(5, list([[0, ...unsigned(pages)]])), // one memory, without an upper bound
    ...section(
      7,
      list([
        [...text("memory"), 2, 0],
        ...functions.map(({ name }, index) => [...text(name), 0, index]),
      ]),
    ),
    ...section(10, list(functions.map((of) => sized([...locals(of.locals), ...of.body, 0x0B])))),
  ]);
}
