import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emulator } from "../../plugins/emulator/mod.ts";
import { easCalls } from "../support/eas_calls.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { fakeTarget } from "../support/fake_target.ts";

const delays = { create: 0, start: 0, stop: 0, delete: 0, gateway: 0 };

/** What can be done to a service, and how the containers that are made next fare. */
type Step =
  | { kind: "create" | "update"; image: Image; instances: number }
  | { kind: "scale"; instances: number }
  | { kind: "start" | "stop" | "restart" | "delete" | "replace" | "soften" | "crash" | "settle" };

type Image = "good" | "bad" | "slow";

const image = fc.constantFrom<Image>("good", "good", "bad", "slow");
const instances = fc.integer({ min: 0, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("create" as const, "update" as const), image, instances }),
  fc.record({ kind: fc.constant("scale" as const), instances }),
  fc.record({
    kind: fc.constantFrom(
      ...(["start", "stop", "restart", "delete", "replace", "soften", "crash", "settle"] as const),
    ),
  }),
);

test("whatever is done to a service, in whatever order, its containers are those that it should have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const waiting = new Set<() => void>();
      const target = fakeTarget(async ({ deployment: { config } }) => {
        const [container] = config.containers ?? [];
        if (container?.image === "slow") await new Promise<void>((resolve) => waiting.add(resolve));
        if (container?.image === "bad") throw Object.assign(new Error("it exited with 1"), { exitCode: 1 });
        return () => new Response(container?.image);
      });
      const cloud = emulator({ clock: fakeClock(), delays, runner: target, runnerFetch: target.fetch });
      const { create, call, describe, instances } = easCalls(cloud);
      const settle = async (): Promise<void> => {
        for (let i = 0; i < 12; i++) { // a roll makes its containers one after the other
          for (const resolve of waiting) resolve();
          waiting.clear();
          await new Promise((resolve) => setTimeout(resolve));
        }
      };
      const run = async (step: Step): Promise<unknown> => {
        const configOf = ({ image, instances }: { image: Image; instances: number }) => ({
          name: "iris",
          containers: [{ image, port: 8000 }],
          metadata: { instance: instances },
        });
        const [first] = step.kind === "replace" || step.kind === "soften" ? await instances("iris") : [];
        const restart = `iris/instances?InstanceList=${first?.InstanceName}`;
        switch (step.kind) {
          case "create":
            return await create(configOf(step));
          case "update":
            return await call("UpdateService", "PUT", "iris", configOf(step));
          case "scale":
            return await call("UpdateService", "PUT", "iris", { metadata: { instance: step.instances } });
          case "delete":
            return await call("DeleteService", "DELETE", "iris");
          case "replace":
            return await call("DeleteServiceInstances", "DELETE", restart);
          case "soften":
            return await call("DeleteServiceInstances", "DELETE", `${restart}&SoftRestart=true`);
          case "crash": {
            const [container] = target.there.values();
            if (container) container.error = Object.assign(new Error("it exited with 9"), { exitCode: 9 });
            return await describe("iris");
          }
          case "settle":
            return await settle();
          default:
            return await call(
              `${step.kind}Service`.replace(/^./, (c) => c.toUpperCase()),
              "PUT",
              `iris/${step.kind}`,
            );
        }
      };
      for (const step of steps) await run(step).catch(() => {}); // many are refused in the state that it is in
      await settle();
      const described = await describe("iris").catch(() => undefined);
      const ready = (await instances("iris").catch(() => [])).filter(({ ReadyProcesses }) =>
        ReadyProcesses === 1
      );
      const running = [...target.there.values()].filter(({ error }) => !error);
      assert.equal(running.length, ready.length, "no more and no fewer than the instances that are ready");
      assert.match(String(described?.Status ?? "Deleted"), /^(Running|Failed|Stopped|Deleted)$/);
      const ended = target.there.size - running.length; // the others go on without them
      if (described?.Status === "Running") assert.equal(ready.length + ended, described.TotalInstance);
      if (!described || described.Status === "Stopped") assert.equal(target.there.size, 0);
      await cloud.close();
      assert.equal(target.there.size, 0);
    }),
    { numRuns: 60 },
  );
});
