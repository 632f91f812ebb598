import { RoundRobin } from "./round-robin.ts";

/** An instance of a service, as discovery tells it. */
export interface Instance {
  /** Host and port. */
  readonly address: string;
  /** Its share of the requests. */
  readonly weight: number;
}

/** For how many milliseconds an instance that failed is left alone, first and at most; it doubles between. */
const [shortest, longest] = [5_000, 60_000];
/** Turns after which the one who is looked for is taken without taking turns; weights may be coprime and large. */
const patience = 1_000;

/** The instances of a service: whose turn it is, and who is left alone for a while. */
export class Instances {
  #list: readonly Instance[] = [];
  #turns = new RoundRobin<Instance>([]);
  readonly #failed = new Map<string, { until: number; pause: number }>();

  /** How many there are. */
  get size(): number {
    return this.#list.length;
  }

  /** Takes over a new list. Turns begin anew only when it is another one. */
  replace(list: readonly Instance[]): void {
    if (JSON.stringify(list) === JSON.stringify(this.#list)) return;
    this.#list = list;
    this.#turns = new RoundRobin(list);
    const addresses = new Set(list.map(({ address }) => address));
    for (const address of this.#failed.keys()) {
      if (!addresses.has(address)) this.#failed.delete(address);
    }
  }

  /** The instance to ask now: one that was not tried, and one that has not failed lately unless all have. */
  pick(now: number, tried: ReadonlySet<string>): string | undefined {
    const isWell = ({ address }: Instance): boolean => (this.#failed.get(address)?.until ?? 0) <= now;
    const untried = this.#list.filter(({ address }) => !tried.has(address));
    const well = untried.filter(isWell);
    const wanted = new Set(well.length ? well : untried);
    if (!wanted.size) return undefined;
    for (let turn = Math.min(this.#turns.cycle, patience); turn > 0; turn--) {
      const instance = this.#turns.next()!; // there is one
      if (wanted.has(instance)) return instance.address;
    }
    return [...wanted][0]!.address;
  }

  /** Leaves an instance alone for a while, twice as long as the last time. */
  fail(address: string, now: number): void {
    const pause = Math.min(longest, (this.#failed.get(address)?.pause ?? shortest / 2) * 2);
    this.#failed.set(address, { until: now + pause, pause });
  }

  /** Forgets that an instance failed. */
  succeed(address: string): void {
    this.#failed.delete(address);
  }
}
