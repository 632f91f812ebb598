import type { Clock } from "../../../core/clock.ts";
import { PaiError } from "../../../core/errors.ts";
import type { Fetch } from "../../../core/fetch.ts";
import { bounded } from "../../../core/timeout.ts";
import { type Instance, Instances } from "./instances.ts";

/**
 * Paths of discovery below its host. The first is documented, the SDK for Python asks the second one since 2026.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/call-a-service-over-the-vpc-direct-connection-channel.
 */
const paths = ["/exported/apis/eas.alibaba-inc.k8s.io/v1/upstreams/", "/api/v1/servicediscovery/upstreams/"];

/** Milliseconds after which a list is asked for again beside a call, and those after which a call waits for that. */
const [fresh, stale] = [5_000, 60_000];
/** Least milliseconds between two questions, so that failures don't make it one for each call. */
const gap = 1_000;
/** Longest milliseconds of a question. */
const patience = 3_000;

/** What a {@linkcode Discovery} asks with. */
export interface DiscoveryOptions {
  /** Sends the questions. */
  fetch: Fetch;
  /** Tells when lists are old. */
  clock: Clock;
  /** Scheme and host of discovery. */
  origin: string;
  /** Query, with its `?`. */
  search: string;
}

/** Knows the instances of one service, and asks for them when they are needed and old. */
export class Discovery {
  readonly instances: Instances = new Instances();
  readonly #options: DiscoveryOptions;
  readonly #service: string;
  #asking: Promise<void> | undefined;
  #askedAt = -Infinity;
  #knownAt = -Infinity;
  #failure: unknown;
  /** Paths to try, the one that answered last first. */
  #paths = paths;

  constructor(service: string, options: DiscoveryOptions) {
    this.#service = service;
    this.#options = options;
  }

  /**
   * Sees to it that there are instances. A list that is old is asked for again, by any number of calls once, and used
   * meanwhile; a failure leaves it as it is.
   *
   * @throws {PaiError} when no instance is known.
   */
  async ready(): Promise<void> {
    const now = this.#options.clock.now();
    const age = now - this.#knownAt;
    if (age >= fresh && now - this.#askedAt >= gap) {
      this.#askedAt = now;
      this.#asking ??= this.#ask().finally(() => this.#asking = undefined);
    }
    if (age >= stale) await this.#asking;
    if (!this.instances.size) {
      throw new PaiError(
        `Cannot call "${this.#service}" directly: no instance is known; see whether it runs, and whether this is its VPC`,
        { code: "NoInstances", cause: this.#failure },
      );
    }
  }

  /** Takes the list for old, since an instance of it failed. */
  doubt(): void {
    this.#knownAt = Math.min(this.#knownAt, this.#options.clock.now() - fresh);
  }

  /** Never rejects. */
  async #ask(): Promise<void> {
    try {
      const list = await this.#fetchList();
      if (!list.length) throw new PaiError(`Cannot discover "${this.#service}": it has no instance`);
      this.instances.replace(list);
      this.#knownAt = this.#options.clock.now();
    } catch (error) {
      this.#failure = error;
    }
  }

  async #fetchList(): Promise<Instance[]> {
    const { fetch, origin, search } = this.#options;
    const what = `Cannot discover "${this.#service}"`;
    return await bounded(what, patience, undefined, async (signal) => {
      for (const path of this.#paths) {
        const response = await fetch(`${origin}${path}${this.#service}${search}`, {
          signal,
          redirect: "manual",
        });
        if (response.ok) {
          this.#paths = [path, ...paths.filter((other) => other !== path)];
          return readList(await response.json());
        }
        await response.body?.cancel();
        const { status } = response;
        if (status !== 404) throw new PaiError(`${what}: status is ${status}`, { status });
      }
      throw new PaiError(`${what}: ${origin} doesn't know it`, { status: 404 });
    });
  }
}

/** Reads an answer of discovery. What can't be called, or shall not be, is left out. */
export function readList(answer: unknown): Instance[] {
  const { items } = (answer as { endpoints?: { items?: unknown } } | null)?.endpoints ?? {};
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: { ip?: unknown; port?: unknown; weight?: unknown } | null) => {
    const { ip, port, weight } = item ?? {};
    const isUsable = typeof ip === "string" && /^[\w.:-]+$/.test(ip) && isPositive(port) &&
      isPositive(weight);
    return isUsable ? [{ address: `${ip.includes(":") ? `[${ip}]` : ip}:${port}`, weight }] : [];
  });
}

function isPositive(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
