/**
 * Stands in for `node:test` inside workerd, which has no test runner: registers tests as `node:test` does and
 * runs them one after another. Mocks, snapshots and `describe` with an async body are left out on purpose.
 *
 * @module
 */

type Hook = () => unknown;
type Body = (context: TestContext) => unknown;

interface Options {
  skip?: boolean | string;
  todo?: boolean | string;
  /** Milliseconds. */
  timeout?: number;
}

interface Hooks {
  before: Hook[];
  after: Hook[];
  beforeEach: Hook[];
  afterEach: Hook[];
}

interface Suite extends Hooks {
  name: string;
  options: Options;
  entries: (Suite | Case)[];
}

interface Case {
  name: string;
  options: Options;
  body: Body | undefined;
}

/** What a test is given. */
interface TestContext {
  readonly name: string;
  /** Runs a subtest, counted like any other test. */
  test(name: string, ...rest: Rest): Promise<void>;
  after(hook: Hook): void;
  skip(): void;
  todo(): void;
  diagnostic(message: string): void;
}

type Rest = [Body?] | [Options, Body?];

/** What became of all tests. */
export interface Report {
  passed: number;
  failed: number;
  skipped: number;
  /** One line a skipped test, several a failed one. */
  log: string[];
}

const newSuite = (name: string, options: Options = {}): Suite => (
  { name, options, entries: [], before: [], after: [], beforeEach: [], afterEach: [] }
);

const root = newSuite("");
let current = root;

/** Starts a test file: hooks outside of `describe` count for one file only, as where each is its own process. */
export function startFile(name: string): void {
  current = newSuite(name);
  root.entries.push(current);
}

function split(rest: Rest): { options: Options; body: Body | undefined } {
  const [first, second] = rest;
  return typeof first === "object" ? { options: first, body: second } : { options: {}, body: first };
}

function addTest(name: string, rest: Rest, extra: Options = {}): Promise<void> {
  const { options, body } = split(rest);
  current.entries.push({ name, options: { ...options, ...extra }, body });
  return Promise.resolve();
}

function addSuite(name: string, rest: Rest, extra: Options = {}): Promise<void> {
  const { options, body } = split(rest);
  const outer = current;
  current = newSuite(name, { ...options, ...extra });
  outer.entries.push(current);
  try {
    const result: unknown = (body as Hook | undefined)?.(); // suites get no context here
    if (result instanceof Promise) throw new TypeError(`Cannot describe "${name}": its body is async`);
  } finally {
    current = outer;
  }
  return Promise.resolve();
}

/** Registers a test. */
export const test = Object.assign((name: string, ...rest: Rest) => addTest(name, rest), {
  skip: (name: string, ...rest: Rest) => addTest(name, rest, { skip: true }),
  todo: (name: string, ...rest: Rest) => addTest(name, rest, { todo: true }),
});
/** Registers a test. */
export const it = test;
/** Registers tests that belong together. */
export const describe = Object.assign((name: string, ...rest: Rest) => addSuite(name, rest), {
  skip: (name: string, ...rest: Rest) => addSuite(name, rest, { skip: true }),
});
/** Registers tests that belong together. */
export const suite = describe;
/** Runs before the first test of the file or `describe`. */
export const before = (hook: Hook): void => void current.before.push(hook);
/** Runs after the last test of the file or `describe`. */
export const after = (hook: Hook): void => void current.after.push(hook);
/** Runs before each test of the file or `describe`. */
export const beforeEach = (hook: Hook): void => void current.beforeEach.push(hook);
/** Runs after each test of the file or `describe`. */
export const afterEach = (hook: Hook): void => void current.afterEach.push(hook);

export default Object.assign(test, { test, it, describe, suite, before, after, beforeEach, afterEach });

/** Runs everything that was registered. */
export async function runAll(): Promise<Report> {
  const report: Report = { passed: 0, failed: 0, skipped: 0, log: [] };
  await runSuite(root, [], report);
  return report;
}

async function runSuite(suite: Suite, parents: Suite[], report: Report): Promise<void> {
  const line = [...parents, suite];
  try {
    for (const hook of suite.before) await hook();
    for (const entry of suite.entries) {
      const skipped = suite.options.skip || suite.options.todo;
      const options = skipped ? { ...entry.options, skip: skipped } : entry.options;
      if ("entries" in entry) await runSuite({ ...entry, options }, line, report);
      else await runCase({ ...entry, options }, line, report);
    }
    for (const hook of suite.after) await hook();
  } catch (error) {
    fail(title(line, "a hook"), error, report);
  }
}

async function runCase({ name, options, body }: Case, suites: Suite[], report: Report): Promise<void> {
  const full = title(suites, name);
  const context = new Context(name, suites, report);
  if (options.skip || options.todo || !body) context.skipped = true;
  else {
    try {
      for (const suite of suites) for (const hook of suite.beforeEach) await hook();
      try {
        await within(options.timeout, () => body(context));
      } finally {
        for (const suite of [...suites].reverse()) for (const hook of suite.afterEach) await hook();
        for (const hook of context.hooks) await hook();
      }
      await context.settled();
    } catch (error) {
      return fail(full, error, report);
    }
  }
  if (!context.skipped) report.passed++;
  else {
    report.skipped++;
    report.log.push(`skipped ${full}`);
  }
}

class Context implements TestContext {
  readonly hooks: Hook[] = [];
  readonly name: string;
  skipped = false;
  readonly #suites: Suite[];
  readonly #report: Report;
  readonly #subtests: Promise<void>[] = [];

  constructor(name: string, suites: Suite[], report: Report) {
    this.name = name;
    this.#suites = suites;
    this.#report = report;
  }

  test(name: string, ...rest: Rest): Promise<void> {
    const running = runCase({ name, ...split(rest) }, [...this.#suites, newSuite(this.name)], this.#report);
    this.#subtests.push(running);
    return running;
  }

  /** Waits for subtests that the body did not await; `node:test` cancels and fails those. */
  async settled(): Promise<void> {
    await Promise.all(this.#subtests);
  }

  after(hook: Hook): void {
    this.hooks.push(hook);
  }

  skip(): void {
    this.skipped = true;
  }

  todo(): void {
    this.skipped = true;
  }

  diagnostic(message: string): void {
    this.#report.log.push(`# ${message}`);
  }
}

async function within(ms: number | undefined, run: () => unknown): Promise<void> {
  if (ms === undefined || !Number.isFinite(ms)) return void await run();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`test timed out after ${ms} ms`)), ms);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function title(suites: Suite[], name: string): string {
  return [...suites.map((suite) => suite.name), name].filter(Boolean).join(" > ");
}

function fail(name: string, error: unknown, report: Report): void {
  const text = error instanceof Error ? error.stack ?? String(error) : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? `\ncause: ${String(error.cause)}` : "";
  report.failed++;
  report.log.push(`FAILED ${name}\n${text}${cause}`);
}
