import type { Fetch } from "../../core/fetch.ts";
import { isFileSource } from "../../core/files.ts";
import { Predictor } from "../../core/predictor.ts";
import type { Service } from "../../core/service.ts";
import type { Deployment, DeployOptions, Target } from "../../core/target.ts";

/** A container that a {@linkcode FakeTarget} runs. */
export interface FakeContainer {
  /** Its name. */
  readonly name: string;
  /** What it was asked to run. */
  readonly deployment: Deployment;
  /** Files of its mounts, by their paths in the container. */
  readonly files: ReadonlyMap<string, string>;
  /** What it has printed. */
  readonly printed: string[];
  /** Its start, which may never end. */
  booting?: Promise<void>;
  /** Why it has ended, if it has by itself. */
  error?: Error;
  /** Whether it was stopped. */
  stopped: boolean;
}

/** What becomes of a container: what answers its requests; or an error, which it ends with. */
export type Boot = (
  container: FakeContainer,
  options: DeployOptions,
) => Promise<(request: Request) => Response | Promise<Response>>;

/** A target whose containers are functions; it counts those that are there. */
export interface FakeTarget extends Target {
  /** Reaches its containers. */
  readonly fetch: Fetch;
  /** Those that are there, by name; starting ones too. */
  readonly there: ReadonlyMap<string, FakeContainer>;
  /** Makes each removal fail, as when the engine is gone. */
  broken: boolean;
}

/** Makes a target. A start that fails or is aborted leaves nothing there. */
export function fakeTarget(boot: Boot): FakeTarget {
  const there = new Map<string, FakeContainer>();
  const answering = new Map<string, (request: Request) => Response | Promise<Response>>();
  const target: FakeTarget = {
    there,
    broken: false,
    async fetch(url, init) {
      const { hostname } = new URL(url);
      const container = there.get(hostname);
      const answer = answering.get(hostname);
      if (!container || !answer || container.error || container.stopped) {
        throw new TypeError(`connection refused: ${hostname}`);
      }
      return await answer(new Request(url, init));
    },
    async deploy<Input, Output>(deployment: Deployment, options: DeployOptions) {
      const { serviceName: name = "container", signal } = options;
      if (there.has(name)) throw new Error(`the name "${name}" is taken`);
      const files = new Map<string, string>();
      const container: FakeContainer = { name, deployment, files, printed: [], stopped: false };
      there.set(name, container);
      try {
        for (const { mountPath, source } of deployment.mounts) {
          if (!isFileSource(source)) continue;
          for await (const { path, open } of source) {
            files.set(`${mountPath}${path}`, await new Response(open()).text());
          }
        }
        container.booting = boot(container, options).then((answer) => void answering.set(name, answer));
        container.booting.catch((error) => {
          container.error = error;
          container.printed.push(...error.logs ?? []);
        });
        if (options.wait !== false) await orAborted(container.booting, signal);
        signal?.throwIfAborted();
      } catch (error) {
        there.delete(name);
        throw error;
      }
      return serviceOf<Input, Output>(container, target, () => there.delete(name));
    },
  };
  return target;
}

function serviceOf<Input, Output>(
  container: FakeContainer,
  target: FakeTarget,
  remove: () => void,
): Service<Input, Output> {
  const { name, deployment: { config } } = container;
  const endpoint = `http://${name}/`;
  return {
    name,
    describe: () => {
      const status = container.error ? "Failed" : container.stopped ? "Stopped" : "Running";
      return Promise.resolve({ name, status, config, labels: {}, raw: {} });
    },
    async wait({ signal } = {}) {
      await orAborted(Promise.resolve(container.booting), signal);
      if (container.error) throw container.error;
      return await this.describe();
    },
    async start() {
      await Promise.resolve();
      container.stopped = false;
      container.error = undefined;
    },
    async stop() {
      await Promise.resolve();
      container.stopped = true;
    },
    async delete() {
      await Promise.resolve();
      if (target.broken) throw new Error("the engine is gone");
      remove();
    },
    async *logs({ tail = Infinity } = {}) {
      for (const text of container.printed.slice(-tail)) yield { text };
    },
    predictor: <I, O>() => new Predictor<I, O>({ endpoint, fetch: target.fetch }),
  };
}

/** Waits for the work, or until the signal is aborted; the work's own end is then nobody's any more. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  signal?.throwIfAborted();
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal?.removeEventListener("abort", abort);
    work.catch(() => {});
  }
}
