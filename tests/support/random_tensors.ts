import fc from "fast-check";
import { type DType, dtypes, type Tensor, tensor, type TensorDataOf } from "../../core/tensors.ts";

/** Tensors of an element type: of any bits, and any shape of up to four axes. */
export function tensorsOf(dtype: DType): fc.Arbitrary<Tensor> {
  const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
  return shapes.chain((shape) => {
    const count = shape.reduce((product, length) => product * length, 1);
    return dataOf(dtype, count).map((data) => tensor(data, shape, dtype));
  });
}

/** Elements of any bits, but for NaN, which has many, and booleans, which have two values. */
function dataOf(dtype: DType, count: number): fc.Arbitrary<TensorDataOf[DType]> {
  const { array: List, slots } = dtypes[dtype],
    exactly = { minLength: count * slots, maxLength: count * slots };
  if (!List) {
    return fc.array(fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes)), exactly);
  }
  if (dtype === "bool") return fc.array(fc.nat({ max: 1 }), exactly).map((bits) => Uint8Array.from(bits));
  if (dtype === "float16" || dtype === "bfloat16") {
    return fc.array(fc.nat({ max: 0xffff }), exactly).map((bits) =>
      Uint16Array.from(
        bits,
        (bits) => (bits & 0x7f80) === 0x7f80 || (bits & 0x7c00) === 0x7c00 ? bits & 0x83ff : bits,
      )
    );
  }
  const bytes = count * slots * List.BYTES_PER_ELEMENT;
  return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((given) => {
    const data = new List(Uint8Array.from(given).buffer);
    for (let i = 0; i < data.length; i++) if (data[i] !== data[i]) data[i] = 0 as never; // NaN, in floats only
    return data;
  });
}
