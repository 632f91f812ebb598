import { cast } from "../../../../core/cast.ts";
import { dtypes, volume } from "../../../../core/dtype.ts";
import { Tensor } from "../../../../core/tensor.ts";
import { badRequest } from "../../../processors/tensor-handler.ts";
import type { ServedSignature } from "./signatures.ts";
import { isTold } from "./write-request.ts";

/**
 * A batch of nothing: an empty list in JSON has no further axes, so TensorFlow Serving can't be sent one. It is sent a
 * row of zeros instead, of whose outputs {@linkcode withoutRows} keeps the shapes.
 *
 * @returns Nothing when the inputs can be sent as they are.
 */
export function withOneRow(
  inputs: ReadonlyMap<string, Tensor>,
  { inputs: specs }: ServedSignature,
): Map<string, Tensor> | undefined {
  if ([...inputs.values()].every(({ shape }) => isTold(shape))) return undefined;
  const batched = specs.filter(({ shape }) => shape?.[0] === -1).map(({ name }) => name);
  if (!batched.every((name) => inputs.get(name)?.shape[0] === 0)) return undefined; // which will be refused
  return new Map(
    Array.from(inputs, ([name, made]) => [name, batched.includes(name) ? row(made) : made]),
  );
}

/** Outputs of no rows. */
export function withoutRows(
  outputs: ReadonlyMap<string, Tensor>,
  { outputs: specs }: ServedSignature,
): Map<string, Tensor> {
  return new Map(Array.from(outputs, ([name, { dtype, shape }]) => {
    const spec = specs.find((spec) => spec.name === name);
    if (spec?.shape?.[0] === -1) return [name, new Tensor(dtype, [0, ...shape.slice(1)], cast([], dtype))];
    throw badRequest(
      `output "${name}" of an empty batch can't be known: it does not have a row for each input`,
    );
  }));
}

function row({ dtype, shape }: Tensor): Tensor {
  const one = [1, ...shape.slice(1)];
  const nothing = dtype === "string" ? "" : 0;
  return new Tensor(dtype, one, cast(Array(volume(one) * dtypes[dtype].slots).fill(nothing), dtype));
}
