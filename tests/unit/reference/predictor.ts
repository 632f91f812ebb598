import assert from "node:assert/strict";
import { json } from "../../../core/json.ts";
import { TimeoutError } from "../../../core/errors.ts";
import type { Serializer } from "../../../core/serializer.ts";
import { eas, getService, Model } from "../../../plugins/deploy/mod.ts";
import { pytorch } from "../../../plugins/serializers/pytorch.ts";
import { tensorflow } from "../../../plugins/serializers/tensorflow.ts";
import { fakeEas } from "../../support/fake_eas.ts";
import type { ReferenceCase } from "./cases.ts";

const serializers = { tensorflow: tensorflow(), pytorch: pytorch(), json: json() } as const;

/** Processors of services, and the format that each is called in. */
const formats: [processor: string | undefined, format: keyof typeof serializers][] = [
  [undefined, "json"],
  ["", "json"],
  ["pmml", "json"],
  ["xgboost", "json"],
  ["tensorflow_cpu_2.7", "tensorflow"],
  ["tensorflow", "tensorflow"],
  ["pytorch_gpu_1.10", "pytorch"],
  ["onnx_cu100", "json"],
  ["TensorFlow_x", "json"],
];

/** Answers of a gateway, and whether a service stands behind it. */
const answers: [status: number, body: string, ready: boolean][] = [
  [503, "no healthy upstream", false],
  [503, "", false],
  [404, "", false],
  [404, "x", true],
  [405, "", true],
  [200, "", true],
  [500, "", true],
];

/** T-57, T-59: formats by processor, and the probe of the gateway. */
export const predictor: ReferenceCase[] = [
  {
    id: "T-57",
    title: "the processor that a service reports chooses the format, unless the caller does",
    async run() {
      for (const [processor, format] of formats) {
        const cloud = fakeEas({ exists: true, reply: { ServiceConfig: JSON.stringify({ processor }) } });
        const client = { ...cloud.client, serializers: [serializers.tensorflow, serializers.pytorch] };
        const service = await getService(client as typeof cloud.client, "iris");
        const { serializer } = service.predictor();
        assert.equal(serializer.contentType, serializers[format].contentType, `of ${processor}`);
        if (format !== "json") assert.equal(serializer, serializers[format]);
        const own: Serializer = json();
        assert.equal(service.predictor({ serializer: own }).serializer, own);
      }
    },
  },
  {
    id: "T-59",
    title:
      "the probe goes on through 503, an empty 404 and lost connections until its time is up, and ends with any other",
    async run() {
      const model = new Model({ modelData: "oss://b/model.json" });
      const lost = (): Error => new TypeError("fetch failed");
      for (const [status, body, ready] of answers) {
        const gateway = [() => new Response(body || null, { status }), () => new Response("ok")];
        const cloud = fakeEas({ gateway });
        await model.deploy(eas(cloud.client), { serviceName: "svc" });
        assert.equal(cloud.probes.length, ready ? 1 : 2, `${status} ${body}`);
        assert.match(cloud.probes[0]!, /^GET /);
      }
      const unlucky = fakeEas({ gateway: [lost, lost, lost, lost, () => new Response("ok")] });
      await model.deploy(eas(unlucky.client), { serviceName: "svc" });
      assert.equal(unlucky.probes.length, 5); // the reference takes it for ready after three

      const never = fakeEas({ gateway: [() => new Response("no healthy upstream", { status: 503 })] });
      const deployed = model.deploy(eas(never.client), { serviceName: "svc", timeout: 120_000 });
      await assert.rejects(deployed, (error) => error instanceof TimeoutError); // and after sixty misses, with a warning
      assert.ok(never.probes.length >= 55, `${never.probes.length} probes`);
    },
  },
];
