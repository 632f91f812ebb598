/** What the query of a call to the queue service says. */
export interface Parameters {
  /** The service's own parameters by name, `_index_` and the like. */
  own: ReadonlyMap<string, string>;
  /** All others: tags to put or to look for. */
  tags: ReadonlyMap<string, string>;
}

/** A call that the queue service does not understand; answered with 400. */
export class BadCall extends Error {}

const known = new Set(
  ("attrs auto_commit auto_delete count eos force index index_only indexes length negative priority raw search " +
    "timeout trunc watch window").split(" ").map((name) => `_${name}_`),
);

/** Reads a query. */
export function readParameters(search: string): Parameters {
  const own = new Map<string, string>(), tags = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(search)) {
    if (known.has(name)) own.set(name, value);
    else if (name.startsWith("_")) throw new BadCall(`tag key "${name}" begins with _, which is reserved`);
    else tags.set(name, value);
  }
  return { own, tags };
}

/** Reads `true` or `false`. */
export function flag({ own }: Parameters, name: string, otherwise: boolean): boolean {
  const value = own.get(name);
  if (value === undefined) return otherwise;
  if (value === "true" || value === "false") return value === "true";
  throw new BadCall(`${name} is "${value}", not true or false`);
}

/** Reads a count. */
export function count({ own }: Parameters, name: string, otherwise: number): number {
  const value = own.get(name);
  if (value === undefined) return otherwise;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new BadCall(`${name} is "${value}", no number from 0`);
}

/** Reads an index, or −1 where that has a meaning. */
export function index({ own }: Parameters, name = "_index_"): bigint {
  const value = own.get(name) ?? "0";
  return value === "-1" ? -1n : readIndex(value, name);
}

/** Reads a list of indexes. */
export function indexes({ own }: Parameters): bigint[] {
  const value = own.get("_indexes_") ?? "";
  return value.split(",").map((one) => readIndex(one, "_indexes_"));
}

function readIndex(digits: string, name: string): bigint {
  const value = /^\d{1,20}$/.test(digits) ? BigInt(digits) : -1n;
  if (value >= 0n && value < 1n << 64n) return value;
  throw new BadCall(`${name} has "${digits}", which is no index`);
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Reads a duration as Go writes it, such as `1m30s`, in milliseconds. */
export function duration({ own }: Parameters, name: string): number {
  const value = own.get(name) ?? "0";
  if (value === "0") return 0;
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (value === "" || parts.map(([part]) => part).join("") !== value) {
    throw new BadCall(`${name} is "${value}", no duration such as 5s`);
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
}
