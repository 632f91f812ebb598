import assert from "node:assert/strict";
import { DeployError, eas, getService, Model, switchVersion } from "../../../plugins/deploy/mod.ts";
import { fakeEas } from "../../support/fake_eas.ts";
import type { ReferenceCase } from "./cases.ts";

const model = new Model({ modelData: "oss://b/model.json" });

/** T-45, T-46, T-48, T-49: waiting, starting, stopping and versions. */
export const service: ReferenceCase[] = [
  {
    id: "T-45",
    title:
      "deploy creates once and asks until Running, with pauses that grow instead of 3 s each, and then the gateway",
    async run() {
      const cloud = fakeEas({ create: ["Creating", "Creating", "Creating", "Waiting", "Running"] });
      await model.deploy(eas(cloud.client), { serviceName: "svc" });
      const actions = cloud.actions().slice(cloud.actions().indexOf("CreateService", 1));
      assert.deepEqual(actions, ["CreateService", ...Array(5).fill("DescribeService")]);
      assert.deepEqual(cloud.sleeps, [1000, 1500, 2250, 3375]);
      assert.deepEqual(cloud.probes.length, 1);
    },
  },
  {
    id: "T-46",
    title: "a service that fails is an error with its name, status, reason and message",
    async run() {
      const reply = { Reason: "ModelUnreadable", Message: "the model is cut short" };
      const cloud = fakeEas({ create: ["Creating", "Failed"], reply });
      const done = model.deploy(eas(cloud.client), { serviceName: "svc" });
      await assert.rejects(done, (error) => {
        assert.ok(error instanceof DeployError);
        assert.match(error.message, /"svc": status is Failed \(ModelUnreadable: the model is cut short\)/);
        assert.deepEqual([error.serviceName, error.serviceStatus, error.code], [
          "svc",
          "Failed",
          "ModelUnreadable",
        ]);
        return true;
      });
    },
  },
  {
    id: "T-48",
    title: "start goes on while the service is still Stopped, and stop leads by Stopping to Stopped",
    async run() {
      const cloud = fakeEas({
        exists: true,
        start: ["Stopped", "Stopped", "Starting", "Running"],
        stop: ["Running", "Stopping", "Stopped"],
      });
      const service = await getService(cloud.client, "iris");
      await service.start();
      assert.equal((await service.describe()).status, "Running");
      await service.stop();
      assert.equal((await service.describe()).status, "Stopped");
    },
  },
  {
    id: "T-49",
    title: "switchVersion refuses the version that runs and those above the latest, and sends any other",
    async run() {
      const cloud = fakeEas({ exists: true, reply: { CurrentVersion: 5, LatestVersion: 5 } });
      const service = { client: cloud.client, name: "iris" };
      await assert.rejects(switchVersion(service, 5), /runs version 5 already/);
      await assert.rejects(switchVersion(service, 6), /there is no version 6; the latest is 5/);
      await assert.rejects(switchVersion(service, -1), RangeError);
      assert.ok(!cloud.actions().includes("UpdateServiceVersion"));
      await switchVersion(service, 3, { wait: false });
      const { method, path, body } = cloud.calls.find(({ action }) => action === "UpdateServiceVersion") ??
        {};
      assert.deepEqual([method, path, body], ["PUT", "/api/v2/services/cn-hangzhou/iris/version", {
        Version: 3,
      }]);
    },
  },
];
