import fc from "fast-check";
import type { ConfigSchema } from "../../core/config-schema.ts";
import { ruleExamples } from "../../core/service-rules.ts";
import { serviceSchema } from "../../core/service-schema.ts";
import { publishedConfigs } from "./service_configs.ts";

/** JSON as `JSON.parse` gives it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

type Path = (string | number)[];

// Integers that readers of JSON round can't be sent.
const copy = (value: unknown): Json =>
  JSON.parse(
    JSON.stringify(value),
    (_, item) => Number.isInteger(item) && !Number.isSafeInteger(item) ? 7 : item,
  );
const examples = Object.values(ruleExamples).flatMap(({ accepted, refused }) => [accepted, refused])
  .map((example) => ({ name: "svc", ...example }));
const bases = [...publishedConfigs.map(({ config }) => config), ...examples].map(copy);

/** Values that some rule or schema cares about. */
const values: Json[] = [
  ...[
    "",
    " ",
    "svc",
    "Svc",
    "x",
    "a b",
    "/",
    "/usr",
    "/mnt/a",
    "/mnt/a/",
    "/mnt/a/b",
    "mnt",
    "8080",
    "8000",
    "2001Gi",
  ],
  ...[
    "oss://b/x/",
    "oss://b/x",
    "oss://",
    "http://h/a.zip",
    "https://me:x@h/a.git",
    "git@h:a.git",
    "shared",
    "Async",
  ],
  ...[
    "cpp",
    "java",
    "python",
    "sls",
    "maxcompute",
    "memory",
    "host",
    "20%",
    "%",
    "11.2",
    "cd /a && b",
    "a\nb",
    "vsw-1",
  ],
  ...["vsw-1,vsw-2", "true", "dedicated_resource", "YTpi", "a:b", "\u0000", "\ud800"],
  ...[0, 1, -1, 0.5, 1.5, 2, 5, 8000, 8080, 9090, 65535, 65536, 2001, true, false, null],
  ...[[], {}, [{}], [null], [[]], ["a"], { name: "A", value: "1" }, { path: "/" }, { a: null }] as Json[],
  { toString: null }, // which has no text
];

/** Every place that the schema knows; the first item stands for all of a list. */
function placesOf(schema: ConfigSchema, path: Path = []): Path[] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    placesOf(child, [...path, key])
  );
  const items = schema.items ? placesOf(schema.items, [...path, 0]) : [];
  const free = typeof schema.additionalProperties === "object" ? [[...path, "free"]] : [];
  return [path, ...children, ...items, ...free];
}
const places = placesOf(serviceSchema).filter((path) => path.length > 0);

/** One change of a configuration. Numbers choose among what there is. */
interface Change {
  kind: "remove" | "replace" | "rename" | "repeat" | "move" | "set" | "join";
  at: number;
  from: number;
  value: Json;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("remove", "replace", "rename", "repeat", "move", "set", "set", "join"),
  at: fc.nat(),
  from: fc.nat(),
  value: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...values) },
    fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
  ),
});

/** Configurations that are nearly right: published ones and examples of rules, with a few things changed. */
export const nearConfigs: fc.Arbitrary<Json> = fc.record({
  base: fc.constantFrom(...bases),
  changes: fc.array(change, { minLength: 1, maxLength: 4 }),
}).map(({ base, changes }) => changes.reduce(apply, copy(base)));

/** A small configuration with each of the values at each place that the schema knows, by the first key of the place. */
export const placedConfigs: ReadonlyMap<string, () => Generator<Json>> = new Map(
  Object.keys(serviceSchema.properties ?? {}).map((first) => [first, function* () {
    for (const place of places.filter(([key]) => key === first)) {
      for (const value of values) yield put({ name: "svc", processor: "pmml" }, place, copy(value));
    }
  }]),
);

function apply(config: Json, { kind, at, from, value }: Change): Json {
  const paths = pathsOf(config);
  const path = paths[at % paths.length] ?? [];
  const other = paths[from % paths.length] ?? [];
  switch (kind) {
    case "remove":
      return put(config, path, undefined);
    case "replace":
      return put(config, path, copy(value));
    case "rename": {
      const last = path.at(-1);
      if (typeof last !== "string") return config;
      const key = from % 2 ? `${last}s` : last.replace(/_/, "");
      return put(put(config, path, undefined), [...path.slice(0, -1), key], get(config, path));
    }
    case "repeat": {
      const list = get(config, path);
      return Array.isArray(list) && list.length > 0
        ? put(config, path, [...list, copy(list[from % list.length])])
        : config;
    }
    case "move":
      return put(config, path, copy(get(config, other) ?? null));
    case "set":
      return put(config, places[at % places.length]!, copy(value));
    case "join":
      return { ...object(config), ...object(bases[at % bases.length]!) };
  }
}

function object(value: Json): { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return [
    ...(path.length > 0 ? [path] : []),
    ...entries.flatMap(([key, child]) => pathsOf(child, [...path, key])),
  ];
}

function get(value: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((inner, key) => {
    return typeof inner === "object" && inner !== null
      ? (inner as Record<string | number, Json>)[key]
      : undefined;
  }, value);
}

/** A copy with a value at a path, where that is possible; objects and lists on the way come into being. */
function put(value: Json | undefined, [key, ...rest]: Path, to: Json | undefined): Json {
  if (key === undefined) return to ?? {};
  if (typeof key === "number") {
    const list = Array.isArray(value) ? [...value] : [];
    if (to === undefined && rest.length === 0) return list.filter((_, index) => index !== key);
    list[key] = put(list[key], rest, to);
    return list;
  }
  const members = { ...object(value ?? {}) };
  if (to === undefined && rest.length === 0) delete members[key];
  else members[key] = put(members[key], rest, to);
  return members;
}
