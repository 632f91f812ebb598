/**
 * Our codec as a process that speaks like the peers in other languages. Its arguments name the payloads. For each line
 * such as "encode ID 12ms" it works for about so long, and answers the nanoseconds of a call; instead of `encode` that
 * may be `pooled`, `decode`, or `copy`, which does nothing but copy the bytes.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { decode, encode, encodeInto, type PredictRequest, predictRequest } from "../../protos/tf-predict.ts";
import { payload, type PayloadId, payloadIds } from "../payloads.ts";

/** Where results go, lest a compiler find that nobody needs them. */
export let sink: unknown;

class Job {
  readonly #call: () => unknown;
  #calls = 1;

  constructor(call: () => unknown) {
    this.#call = call;
  }

  /** Works for about so many milliseconds, once the count of calls has grown. */
  run(turn: number): number {
    const calls = this.#calls, call = this.#call, start = performance.now();
    for (let i = 0; i < calls; i++) sink = call();
    const took = performance.now() - start;
    this.#calls = Math.max(1, Math.floor(calls * Math.min(turn / took, 10)));
    return took / calls * 1e6;
  }
}

function* jobs(id: PayloadId): Generator<[name: string, job: Job]> {
  const { sources, family, request } = payload(id);
  assert.ok(family === "tf"); // the parent asks for no other
  const bytes = encode(predictRequest, request), buffer = new Uint8Array(bytes.length);
  const read = (): unknown[] => arrays(decode(predictRequest, bytes, { copy: true }));
  assert.deepEqual(encodeInto(predictRequest, request, buffer), bytes);
  for (const [i, array] of read().entries()) {
    assert.deepEqual(Array.from(array as ArrayLike<unknown>), Array.from<unknown>(sources[i]!.data)); // as many
  }
  // The message is made anew for each call, of arrays that are there, as in the other languages.
  const message = (): PredictRequest => ({
    signature_name: request.signature_name,
    inputs: new Map(
      sources.map(({ name, dtype, shape, field, data }) => [
        name,
        { dtype, array_shape: { dim: BigInt64Array.from(shape, BigInt) }, [field]: data },
      ]),
    ),
  });
  yield [`encode ${id}`, new Job(() => encode(predictRequest, message()))];
  yield [`pooled ${id}`, new Job(() => encodeInto(predictRequest, message(), buffer))];
  yield [`decode ${id}`, new Job(read)];
  yield [`copy ${id}`, new Job(() => buffer.set(bytes))];
}

/** The elements of all inputs: what a caller takes out of a message. */
function arrays({ inputs = new Map() }: PredictRequest): unknown[] {
  return Array.from(
    inputs.values(),
    (array) => array.float_val ?? array.double_val ?? array.int_val ?? array.int64_val ?? array.bool_val,
  );
}

const ids = payloadIds.filter((id) => process.argv.includes(id));
const all = new Map(ids.flatMap((id) => [...jobs(id)]));
console.log("ready");
let rest = "";
for await (const text of process.stdin.setEncoding("utf8")) {
  const lines = `${rest}${text}`.split("\n");
  rest = lines.pop()!; // there is always a last one
  for (const line of lines) console.log(answer(line));
}

function answer(line: string): number {
  const [, name = "", turn = ""] = /^(\w+ \w+) ([\d.]+)ms$/.exec(line) ?? [];
  const job = all.get(name);
  if (!job) throw new RangeError(`Cannot work: "${line}" names nothing that is known`);
  return job.run(Number(turn));
}
