import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isJsonObject, type JsonObject, type JsonValue } from "../../plugins/deploy/json-object.ts";
import { changesBetween, type PlanChange } from "../../plugins/deploy/plan/changes.ts";
import { withServerKeys } from "../../plugins/deploy/plan/server-keys.ts";
import { sameSpelling } from "../../plugins/deploy/plan/spelling.ts";
import { type Update, updateOf } from "../../plugins/deploy/plan/update.ts";

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const small = fc.integer({ min: 1, max: 3 });
const word = fc.constantFrom("a", "b", "c.d", "7");

const rpc = fc.record({
  keepalive: some(small),
  io_threads: some(fc.constantFrom(4, 8)),
  batching: some(fc.boolean()),
});
const metadata = fc.record({
  instance: some(small),
  cpu: some(small),
  memory: some(small),
  qos: some(fc.constantFrom("", "BestEffort")),
  workspace_id: some(word),
  rpc: some(rpc),
  undocumented: some(small),
});
const computing = fc.oneof(
  fc.record({ instance_type: word }),
  fc.record({ instances: fc.array(fc.record({ type: word }), { minLength: 1, maxLength: 2 }) }),
  fc.record({
    instance_type: word,
    instances: fc.array(fc.record({ type: word }), { minLength: 1, maxLength: 2 }),
  }),
);
const env = fc.uniqueArray(fc.record({ name: word, value: word }), {
  selector: ({ name }) => name,
  maxLength: 3,
});
const containers = fc.array(fc.record({ image: word, port: small, env: some(env), added: some(small) }), {
  minLength: 1,
  maxLength: 2,
});
const storage = fc.uniqueArray(
  fc.record({
    mount_path: fc.constantFrom("/x", "/y", "/z/"),
    oss: fc.record({ path: word, readOnly: some(fc.boolean()) }),
  }),
  { selector: ({ mount_path }) => mount_path },
);

/** Configurations that have much in common. */
const configs = fc.record({
  name: fc.constant("iris"),
  processor: some(word),
  metadata: some(metadata),
  cloud: some(fc.record({ computing: some(computing) })),
  containers: some(containers),
  storage: some(storage),
  features: some(fc.dictionary(word, word, { maxKeys: 2 })),
  unit: some(fc.record({ size: fc.constantFrom(2, 4) })),
  undocumented: some(fc.record({ x: small })),
}).map((config): JsonObject => JSON.parse(JSON.stringify(config)));

interface Judged {
  changes: PlanChange[];
  update?: Update;
}

function judge(wanted: JsonObject, running: JsonObject): Judged {
  const spelt = sameSpelling(wanted, running);
  const then = withServerKeys(spelt.wanted, spelt.running);
  return { changes: changesBetween(spelt.running, then), update: updateOf(spelt.running, then) };
}

/** What UpdateService does, by the vendor's page. */
function updated(running: JsonObject, { type, body }: Update): JsonObject {
  if (type === "replace") return body;
  const merge = (a: JsonObject, b: JsonObject): JsonObject => {
    const merged = { ...a };
    for (const [key, value] of Object.entries(b)) {
      const old = a[key];
      merged[key] = isJsonObject(old) && isJsonObject(value) ? merge(old, value) : value;
    }
    return merged;
  };
  return merge(running, body);
}

test("a plan has changes exactly when there is something to send", () => {
  fc.assert(
    fc.property(configs, configs, (running, wanted) => {
      const { changes, update } = judge(wanted, running);
      assert.equal(changes.length > 0, update !== undefined);
      if (changes.some(({ to }) => to === undefined)) {
        // Only lists can lose something without the whole being replaced.
        assert.ok(
          update?.type === "replace" || changes.every(({ path, to }) => to !== undefined || /\[/.test(path)),
        );
      }
    }),
    { numRuns: 500 },
  );
});

test("what was planned has come about once it was sent, from anything to anything", () => {
  fc.assert(
    fc.property(configs, configs, (running, wanted) => {
      const { update } = judge(wanted, running);
      const then = update ? updated(running, update) : running;
      assert.deepEqual(judge(wanted, then), { changes: [], update: undefined });
    }),
    { numRuns: 500 },
  );
});

test("a service that is as it was told is as it should be", () => {
  fc.assert(fc.property(configs, (config) => {
    assert.deepEqual(judge(config, config), { changes: [], update: undefined });
  }));
});

/** The same to people and the service, spelt differently. */
function respelt(value: JsonValue | undefined, choose: () => boolean): JsonValue | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item) => respelt(item, choose) ?? null);
    const keyed = value.every((item) => isJsonObject(item) && ("name" in item || "mount_path" in item));
    return keyed && choose() ? items.reverse() : items;
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value).map(([key, item]) => [key, respelt(item, choose)]);
    const added = choose() ? [["added_by_service", { x: 1 }]] : [];
    return Object.fromEntries([...choose() ? entries.reverse() : entries, ...added]);
  }
  return typeof value === "number" && choose() ? String(value) : value;
}

test("no spelling makes a difference, nor anything that the service adds", () => {
  fc.assert(
    fc.property(configs, fc.infiniteStream(fc.boolean()), (config, choices) => {
      const choose = (): boolean => choices.next().value ?? false;
      const { features, ...rest } = config; // where any key is documented
      const running = { ...respelt(rest, choose) as JsonObject, features };
      assert.deepEqual(judge(config, running), { changes: [], update: undefined });
    }),
    { numRuns: 500 },
  );
});
