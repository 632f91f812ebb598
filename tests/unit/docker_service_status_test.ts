import assert from "node:assert/strict";
import { test } from "node:test";
import { containerInfo } from "../../plugins/local-docker/engine/inspect-container.ts";
import { statusOf } from "../../plugins/local-docker/service-status.ts";
import { checkedPorts, checksOf } from "../../plugins/local-docker/wait/checks.ts";

const rows: [state: Record<string, unknown>, isReady: boolean, status: string, reason?: string][] = [
  [{ Status: "running", Running: true }, true, "Running"],
  [{ Status: "running", Running: true }, false, "Waiting", "NotReady"],
  [{ Status: "paused", Running: true }, false, "Waiting", "Paused"],
  [{ Status: "created" }, false, "Creating"],
  [{ Status: "created", Error: "no such file" }, false, "Failed", "StartError"],
  [{ Status: "exited", ExitCode: 0 }, false, "Stopped"],
  [{ Status: "exited", ExitCode: 143 }, false, "Stopped"],
  [{ Status: "exited", ExitCode: 137 }, false, "Stopped"],
  [{ Status: "exited", ExitCode: 137, OOMKilled: true }, false, "Failed", "OOMKilled"],
  [{ Status: "exited", ExitCode: 1 }, false, "Failed", "Error"],
  [{ Status: "dead", ExitCode: 0 }, false, "Failed", "Error"],
  [{ Status: "removing" }, false, "Deleting"],
];

for (const [State, isReady, status, reason] of rows) {
  test(`statusOf() calls ${JSON.stringify(State)}, ${isReady ? "" : "not "}ready, ${status}`, () => {
    const found = statusOf(containerInfo({ State }), isReady);
    assert.deepEqual([found.status, found.reason], [status, reason]);
  });
}

test("checksOf() takes Kubernetes' numbers for what a check does not say", () => {
  const [check] = checksOf({ image: "x", health_check: { http_get: {} } }, 8000);
  assert.deepEqual(check, {
    name: "health check",
    question: { kind: "http", port: 8000, path: "/", tls: false },
    initialDelay: 0,
    period: 10_000,
    timeout: 1_000,
    successes: 1,
    failures: Infinity,
  });
});

test("checksOf() asks the port when there is no check, or only one that restarts containers", () => {
  for (const container of [{ image: "x" }, { image: "x", liveness_check: { http_get: { path: "/live" } } }]) {
    const checks = checksOf(container, 8000);
    assert.deepEqual(checks.map(({ question }) => question), [{ kind: "any", port: 8000 }]);
  }
});

test("checkedPorts() names each port that a check asks once", () => {
  const startup_check = { tcp_socket: { port: 9000 } };
  const health_check = { http_get: { port: 9000, path: "/h", scheme: "HTTPS" as const } };
  assert.deepEqual(checkedPorts({ image: "x", startup_check, health_check }, 8000), [9000]);
  assert.deepEqual(checkedPorts({ image: "x", health_check: { exec: { command: ["x"] } } }, 8000), []);
  assert.deepEqual(checkedPorts({ image: "x" }, 8000), [8000]);
});
