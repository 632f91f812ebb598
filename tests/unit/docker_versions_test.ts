import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { DockerError } from "../../plugins/local-docker/engine/docker-error.ts";
import { agree, compare, spoken } from "../../plugins/local-docker/engine/negotiate.ts";
import { containerInfo } from "../../plugins/local-docker/engine/inspect-container.ts";

const rows: [ApiVersion: string, MinAPIVersion: string | undefined, agreed: string | RegExp][] = [
  ["1.41", "1.12", "1.41"],
  ["1.40", undefined, "1.40"],
  [spoken.newest, "1.44", spoken.newest],
  ["1.99", "1.24", spoken.newest],
  ["2.0", "1.24", spoken.newest],
  ["1.39", "1.12", /speaks up to 1\.39, and 1\.40 is needed; update it/],
  ["1.9", "1.1", /speaks up to 1\.9/],
  ["1.99", "1.98", /speaks 1\.98 and later/],
  ["", undefined, /names no version/],
  ["latest", undefined, /names no version/],
];
for (const [ApiVersion, MinAPIVersion, agreed] of rows) {
  test(`agree() with an engine of ${MinAPIVersion} to ${ApiVersion || "nothing"}: ${agreed}`, () => {
    const run = () => agree({ ApiVersion, MinAPIVersion }, "docker").apiVersion;
    if (typeof agreed === "string") return assert.equal(run(), agreed);
    assert.throws(run, (error) => {
      assert.ok(error instanceof DockerError);
      assert.equal(error.code, "ENGINE_VERSION");
      assert.match(error.message, agreed);
      return true;
    });
  });
}

test("agree() knows Podman by its parts", () => {
  const version = {
    ApiVersion: "1.41",
    MinAPIVersion: "1.24",
    Components: [{ Name: "Podman Engine" }, { Name: "Conmon" }],
  };
  assert.deepEqual(agree(version, "docker"), { apiVersion: "1.41", kind: "podman" });
  assert.deepEqual(agree({ ...version, Components: [{ Name: "Engine" }] }, "docker").kind, "docker");
});

test("agree() refuses whatever else an engine may say with a DockerError", () => {
  fc.assert(fc.property(fc.anything(), (version) => {
    try {
      agree(version, "docker");
    } catch (error) {
      assert.ok(error instanceof DockerError);
    }
  }));
});

test("compare() orders versions as numbers", () => {
  const version = fc.tuple(fc.nat(9), fc.nat(200));
  fc.assert(fc.property(version, version, (a, b) => {
    const wanted = a[0] - b[0] || a[1] - b[1];
    assert.equal(Math.sign(compare(a.join("."), b.join("."))), Math.sign(wanted));
  }));
});

test("containerInfo() takes whatever an engine leaves out for empty", () => {
  assert.deepEqual(containerInfo({ Id: "1", State: { Status: "created" } }), {
    id: "1",
    name: "",
    image: "",
    state: {
      ...{ status: "created", running: false, exitCode: 0, oomKilled: false, error: "" },
      ...{ startedAt: undefined, finishedAt: undefined },
    },
    health: undefined,
    ports: {},
    labels: {},
    tty: false,
    volumes: {},
  });
  const { ports, state, health } = containerInfo({
    Id: "1",
    State: { Status: "running", StartedAt: "0001-01-01T00:00:00Z", Health: { Status: "none" } },
    NetworkSettings: {
      Ports: {
        "1/tcp": null,
        "2/tcp": [],
        "3/udp": [{ HostIp: "127.0.0.1", HostPort: "32768" }],
        "4/tcp": [{ HostPort: "" }],
      },
    },
  });
  assert.deepEqual(ports, { "1/tcp": undefined, "2/tcp": undefined, "3/udp": 32768, "4/tcp": undefined });
  assert.deepEqual([state.startedAt, health], [undefined, undefined]);
});
