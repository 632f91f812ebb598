// The stand-in for node:assert/strict inside workerd must judge as the original does.
import { test } from "node:test";
import original from "node:assert/strict";
import fc from "fast-check";
import * as shim from "../edge/assert_shim.ts";

class Point {
  x: number;
  constructor(x: number) {
    this.x = x;
  }
}
class Pixel extends Point {}

const key = Symbol("key");
const cycle = (): unknown => {
  const value: Record<string, unknown> = { a: 1 };
  return Object.assign(value, { self: value, list: [value] });
};

/** Each is compared with each, itself included, and with a second making of the same. */
const makers: (() => unknown)[] = [
  () => undefined,
  () => null,
  () => 0,
  () => -0,
  () => NaN,
  () => 1,
  () => 1n,
  () => "1",
  () => "",
  () => true,
  () => Object(1),
  () => Object("1"),
  () => Object(0),
  () => Object(-0),
  () => key,
  () => ({}),
  () => Object.create(null),
  () => ({ a: 1 }),
  () => ({ a: undefined }),
  () => ({ a: -0 }),
  () => ({ a: 0 }),
  () => ({ a: 1, b: 2 }),
  () => ({ b: 2, a: 1 }),
  () => ({ [key]: 1 }),
  () => ({ [key]: 2 }),
  () => Object.defineProperty({}, "hidden", { value: 1 }),
  () => new Point(1),
  () => new Pixel(1),
  () => ({ x: 1 }),
  () => [],
  () => [1, 2],
  () => [2, 1],
  () => [undefined],
  () => new Array(1),
  () => Object.assign([1], { extra: 1 }),
  () => ({ 0: 1, length: 1 }),
  () => new Uint8Array([1, 2]),
  () => new Uint8Array([0, 1, 2, 3]).subarray(1, 3),
  () => new Uint8ClampedArray([1, 2]),
  () => new Int8Array([1, 2]),
  () => new Float32Array([0, 1]),
  () => new Float32Array([-0, 1]),
  () => new Float64Array([NaN]),
  () => new BigInt64Array([1n]),
  () => Object.assign(new Uint8Array([1, 2]), { extra: 1 }),
  () => new DataView(new Uint8Array([1, 2]).buffer),
  () => new Uint8Array([1, 2]).buffer,
  () => new Uint8Array([1, 3]).buffer,
  () => new Map(),
  () => new Map([["a", 1]]),
  () => new Map([["a", -0]]),
  () => new Map([["a", 0]]),
  () => new Map<unknown, unknown>([[{ k: 1 }, [1]], [{ k: 2 }, [2]]]),
  () => new Map<unknown, unknown>([[{ k: 2 }, [2]], [{ k: 1 }, [1]]]),
  () => new Map<unknown, unknown>([[{ k: 1 }, [2]], [{ k: 2 }, [1]]]),
  () => new Set(),
  () => new Set([1, 2]),
  () => new Set([2, 1]),
  () => new Set([[1], [2]]),
  () => new Set([[2], [1]]),
  () => new Set([[1], [1]]),
  () => new Set(["1"]),
  () => new Set([1]),
  () => new Set([NaN]),
  () => new Date(0),
  () => new Date(1),
  () => new Date(NaN),
  () => /a/g,
  () => /a/i,
  () => Object.assign(/a/g, { lastIndex: 1 }),
  () => new Error("a"),
  () => new Error("b"),
  () => new TypeError("a"),
  () => new Error("a", { cause: 1 }),
  () => new Error("a", { cause: undefined }),
  () => Object.assign(new Error("a"), { code: 1 }),
  () => new AggregateError([1], "a"),
  () => new AggregateError([2], "a"),
  () => new URL("http://a.test/"),
  () => new URL("http://b.test/"),
  () => Point,
  () => () => 1,
  () => new WeakSet(),
  () => Promise.resolve(1),
  cycle,
  () => [cycle()],
];

const outcome = (run: () => unknown): string => {
  try {
    run();
    return "passes";
  } catch (error) {
    return error instanceof Error && Reflect.get(error, "code") === "ERR_ASSERTION" ? "fails" : String(error);
  }
};

const binary = ["equal", "notEqual", "deepEqual", "notDeepEqual"] as const;

function agree(a: unknown, b: unknown, label: string): void {
  for (const name of binary) {
    const [ours, theirs] = [outcome(() => shim[name](a, b)), outcome(() => original[name](a, b))];
    original.equal(ours, theirs, `${name} on ${label}: ours ${ours}, Node's ${theirs}`);
  }
}

test("the stand-in agrees with node:assert on every pair of a table", () => {
  for (const left of makers) {
    for (const right of makers) agree(left(), right(), `${left} and ${right}`);
    const value = left();
    agree(value, value, `the same ${left}`);
  }
});

test("the stand-in agrees with node:assert on arbitrary values and copies with one change", () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    withBoxedValues: true,
    withObjectString: false,
  });
  const options = { numRuns: 500 };
  fc.assert(fc.property(value, value, (a, b) => agree(a, b, fc.stringify([a, b]))), options);
  fc.assert(fc.property(fc.clone(value, 2), ([a, b]) => agree(a, b, fc.stringify(a))), options);
  fc.assert(
    fc.property(
      fc.clone(value, 2),
      value,
      ([a, b], c) => agree({ a, c }, { a: b, c: [c] }, fc.stringify([a, c])),
    ),
    options,
  );
});

const raise = (error: unknown) => () => {
  throw error;
};
const coded = Object.assign(new RangeError("too big"), { code: "BIG", details: { size: 2 } });

/** What is thrown, and the rest of the arguments of `throws`. */
const matchers: [label: string, run: () => unknown, ...rest: unknown[]][] = [
  ["nothing thrown", () => 1],
  ["nothing thrown, class", () => 1, Error],
  ["no matcher", raise(coded)],
  ["message only", raise(coded), "a message"],
  ["nothing thrown, message only", () => 1, "a message"],
  ["its class", raise(coded), RangeError],
  ["its base class", raise(coded), Error],
  ["another class", raise(coded), TypeError],
  ["a class that is no error", raise(new Point(1)), Point],
  ["a class for a primitive", raise("text"), Error],
  ["a pattern", raise(coded), /^RangeError: too/],
  ["another pattern", raise(coded), /^too/],
  ["a pattern for a primitive", raise("text"), /ex/],
  ["a function that agrees", raise(coded), (error: Error) => error.message === "too big"],
  ["a function that disagrees", raise(coded), () => false],
  ["a function that says 1", raise(coded), () => 1],
  ["an object", raise(coded), { name: "RangeError", code: "BIG" }],
  ["an object with a pattern", raise(coded), { message: /big$/ }],
  ["an object with another pattern", raise(coded), { message: /small/ }],
  ["a nested object", raise(coded), { details: { size: 2 } }],
  ["another nested object", raise(coded), { details: { size: 3 } }],
  ["an absent key", raise(coded), { absent: undefined }],
  ["an equal error", raise(coded), new RangeError("too big")],
  ["an error of another message", raise(coded), new RangeError("too small")],
  ["an error of another name", raise(coded), new TypeError("too big")],
  ["undefined thrown", raise(undefined)],
  ["undefined thrown, class", raise(undefined), Error],
];

for (const [label, run, ...rest] of matchers) {
  test(`throws and rejects of the stand-in agree with node:assert when given ${label}`, async () => {
    const theirs = outcome(() => Reflect.apply(original.throws, original, [run, ...rest]));
    original.equal(outcome(() => Reflect.apply(shim.throws, shim, [run, ...rest])), theirs);

    // deno-lint-ignore require-await
    const later = async (): Promise<unknown> => run();
    for (const library of [shim, original]) {
      const settled = await Promise.resolve(Reflect.apply(library.rejects, library, [later, ...rest]))
        .then(() => "passes", (error) => outcome(raise(error)));
      original.equal(settled, theirs);
    }
  });
}

test("match, doesNotMatch, ok and fail of the stand-in agree with node:assert", () => {
  for (const [text, pattern] of [["abc", "b"], ["abc", "x"], ["", "^$"], [1, "1"]]) {
    for (const name of ["match", "doesNotMatch"] as const) {
      const judge = (library: object): string =>
        outcome(() => Reflect.apply(Reflect.get(library, name), library, [text, new RegExp(`${pattern}`)]));
      original.equal(judge(shim), judge(original), `${name} ${text} ${pattern}`);
    }
  }
  for (const value of [0, "", NaN, null, undefined, false, 1, "a", {}, []]) {
    original.equal(outcome(() => shim.ok(value)), outcome(() => original.ok(value)));
    original.equal(outcome(() => shim.default(value)), outcome(() => original(value)));
  }
  original.equal(outcome(() => shim.fail("x")), "fails");
  original.equal(outcome(() => shim.fail(new Error("own"))), outcome(() => original.fail(new Error("own"))));
  original.throws(() => shim.equal(1, 2, new RangeError("own")), RangeError);
});

test("a failed assertion of the stand-in says what was found and wanted", () => {
  original.throws(() => shim.deepEqual({ a: [1n, -0] }, { a: new Map([["k", "v"]]) }), {
    name: "AssertionError",
    message: 'deepStrictEqual failed\nactual:   {a: [1n, -0]}\nexpected: {a: Map {["k", "v"]}}',
  });
  shim.throws(() => shim.equal(cycle(), 1), { code: "ERR_ASSERTION", operator: "strictEqual", expected: 1 });
});
