/**
 * Stands in for `node:assert/strict` inside workerd, which has that module only under a flag that would hide
 * `node:` imports of our own. A test holds it equal to the original.
 *
 * @module
 */
import { deepEqual as isDeepEqual } from "./deep_equal.ts";
import { show } from "./show.ts";

type Class = abstract new (...args: never[]) => unknown;
type Matcher = RegExp | Class | ((error: unknown) => boolean) | object | Error;
type Message = string | Error | undefined;

/** What a failed assertion throws. */
export class AssertionError extends Error {
  /** As Node's. */
  readonly code = "ERR_ASSERTION";
  /** The value that was looked at. */
  readonly actual: unknown;
  /** The value that was wanted. */
  readonly expected: unknown;
  /** The function that failed. */
  readonly operator: string | undefined;

  /** Makes the error. */
  constructor(
    options: { message?: string | undefined; actual?: unknown; expected?: unknown; operator?: string },
  ) {
    const { actual, expected, operator } = options;
    super(options.message ?? `${operator} failed\nactual:   ${show(actual)}\nexpected: ${show(expected)}`);
    this.name = "AssertionError";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
}

function check(
  holds: boolean,
  operator: string,
  actual: unknown,
  expected: unknown,
  message: Message,
): asserts holds {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ message, actual, expected, operator });
}

/** Passes a truthy value. */
export function ok(value: unknown, message?: string | Error): asserts value {
  check(Boolean(value), "ok", value, true, message);
}

/** Passes values that are the same by `Object.is`. */
export function equal<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T {
  check(Object.is(actual, expected), "strictEqual", actual, expected, message);
}

/** Passes values that differ by `Object.is`. */
export function notEqual(actual: unknown, expected: unknown, message?: string | Error): void {
  check(!Object.is(actual, expected), "notStrictEqual", actual, expected, message);
}

/** Passes values of the same content and prototypes. */
export function deepEqual<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T {
  check(isDeepEqual(actual, expected), "deepStrictEqual", actual, expected, message);
}

/** Passes values of different content or prototypes. */
export function notDeepEqual(actual: unknown, expected: unknown, message?: string | Error): void {
  check(!isDeepEqual(actual, expected), "notDeepStrictEqual", actual, expected, message);
}

/** Passes a string that the expression finds. */
export function match(value: string, expression: RegExp, message?: string | Error): void {
  check(typeof value === "string" && found(expression, value), "match", value, expression, message);
}

/** Passes a string that the expression does not find. */
export function doesNotMatch(value: string, expression: RegExp, message?: string | Error): void {
  check(typeof value === "string" && !found(expression, value), "doesNotMatch", value, expression, message);
}

/** Fails. */
export function fail(message: string | Error = "Failed"): never {
  throw message instanceof Error ? message : new AssertionError({ message, operator: "fail" });
}

/** Passes a function that throws what the matcher takes. */
export function throws(run: () => unknown, ...rest: [Matcher?, Message?] | [string]): void {
  let caught: { error: unknown } | undefined;
  try {
    run();
  } catch (error) {
    caught = { error };
  }
  expectError("throws", caught, rest);
}

/** Passes a promise, or a function that returns one, that rejects with what the matcher takes. */
export async function rejects(
  run: PromiseLike<unknown> | (() => PromiseLike<unknown>),
  ...rest: [Matcher?, Message?] | [string]
): Promise<void> {
  const promise = started(run);
  let caught: { error: unknown } | undefined;
  try {
    await promise;
  } catch (error) {
    caught = { error };
  }
  expectError("rejects", caught, rest);
}

/** Passes a function that returns. */
export function doesNotThrow(run: () => unknown, message?: string): void {
  try {
    run();
  } catch (error) {
    check(false, "doesNotThrow", error, undefined, message ?? `Got unwanted exception: ${String(error)}`);
  }
}

/** Passes a promise, or a function that returns one, that fulfils. */
export async function doesNotReject(
  run: PromiseLike<unknown> | (() => PromiseLike<unknown>),
  message?: string,
): Promise<void> {
  const promise = started(run);
  try {
    await promise;
  } catch (error) {
    check(false, "doesNotReject", error, undefined, message ?? `Got unwanted rejection: ${String(error)}`);
  }
}

/** An error of the function itself, before there is a promise, is the caller's mistake and not a rejection. */
function started(run: PromiseLike<unknown> | (() => PromiseLike<unknown>)): PromiseLike<unknown> {
  const promise = typeof run === "function" ? run() : run;
  if (typeof promise?.then !== "function") throw new TypeError("Cannot assert a rejection: not a promise");
  return promise;
}

function expectError(
  operator: string,
  caught: { error: unknown } | undefined,
  [first, second]: [Matcher?, Message?] | [string],
): void {
  const matcher = typeof first === "string" ? undefined : first;
  const message = typeof first === "string" ? first : second;
  check(
    caught !== undefined,
    operator,
    undefined,
    matcher,
    message ?? "Missing expected exception or rejection",
  );
  if (matcher === undefined) return;
  check(matches(caught.error, matcher), operator, caught.error, matcher, message);
}

function matches(error: unknown, matcher: Matcher): boolean {
  if (matcher instanceof RegExp) return found(matcher, String(error));
  if (typeof matcher === "function") {
    if (matcher.prototype !== undefined && error instanceof matcher) return true;
    if (Object.prototype.isPrototypeOf.call(Error, matcher)) return false;
    return (matcher as (error: unknown) => unknown).call({}, error) === true; // not a class of errors
  }
  const keys = Object.keys(matcher);
  if (matcher instanceof Error) keys.push("name", "message");
  if (keys.length === 0) throw new TypeError("Cannot match an error: the object has no properties");
  if (typeof error !== "object" || error === null) return false;
  return keys.every((key) => {
    const [actual, expected] = [Reflect.get(error, key), Reflect.get(matcher, key)];
    if (typeof actual === "string" && expected instanceof RegExp && found(expected, actual)) return true;
    return key in error && isDeepEqual(actual, expected);
  });
}

/** Looks from the start whatever a global expression was used for before. */
function found(expression: RegExp, text: string): boolean {
  return text.search(expression) >= 0;
}

export { deepEqual as deepStrictEqual, equal as strictEqual };
export { notDeepEqual as notDeepStrictEqual, notEqual as notStrictEqual };

const functions = {
  AssertionError,
  deepEqual,
  deepStrictEqual: deepEqual,
  doesNotMatch,
  doesNotReject,
  doesNotThrow,
  equal,
  fail,
  match,
  notDeepEqual,
  notDeepStrictEqual: notDeepEqual,
  notEqual,
  notStrictEqual: notEqual,
  ok,
  rejects,
  strictEqual: equal,
  throws,
};

/** The default export of `node:assert/strict`: a function that carries all others. */
const assert: typeof ok & typeof functions = Object.assign(ok.bind(undefined), functions);
export default assert;
