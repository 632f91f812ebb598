import { type DType, dtypes, type TypedArrayConstructor } from "../../core/dtype.ts";

/** How the elements of an array lie in a file. */
export interface Layout {
  /** Element type of the tensor. */
  readonly dtype: DType;
  /** Class of the array that the file's bytes are. */
  readonly array: TypedArrayConstructor;
  /** Slots of that array which one element takes: for text its greatest length. */
  readonly slots: number;
}

/** What numpy calls an element type, without the byte order: the initial of its name and its bytes, as in `f4`. */
export function codeOf(dtype: DType): string | undefined {
  const { array, slots } = dtypes[dtype];
  return array && dtype !== "bfloat16" ? dtype[0]! + array.BYTES_PER_ELEMENT * slots : undefined; // no name is empty
}

/** The opposite of {@linkcode codeOf}; it knows the codes of byte strings, as in `S9`, and of text, `U9`, too. */
export function layoutOf(code: string): Layout | undefined {
  const dtype = (Object.keys(dtypes) as DType[]).find((name) => codeOf(name) === code); // the table's own keys
  const array = { S: Uint8Array, U: Uint32Array }[code[0]!], slots = Number(code.slice(1));
  if (dtype) return { dtype, ...dtypes[dtype] } as Layout; // what has a code has an array
  return array && slots ? { dtype: "string", array, slots } : undefined;
}
