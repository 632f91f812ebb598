// What a user of the package writes; tests/jsr/end_to_end.ts runs it with these names taken from JSR.
import { createClient } from "@pai-edge/sdk";
import { eas, InferenceSpec, Model } from "@pai-edge/sdk/deploy";
import { emulator } from "@pai-edge/sdk/emulator";
import { Predictor } from "@pai-edge/sdk/predictor";
import { fromMap } from "@pai-edge/sdk/storage/map";
import { oss } from "@pai-edge/sdk/storage/oss";

const double = async (request: Request): Promise<Response> => {
  const numbers: number[] = await request.json();
  return Response.json(numbers.map((number) => number * 2));
};
const cloud = emulator({
  handlers: { double },
  delays: { create: 0, start: 0, stop: 0, delete: 0, gateway: 0 },
});
const client = createClient({ ...cloud });
const storage = oss(client, { bucket: "emulator-bucket" });
const model = new Model({
  modelData: fromMap({ "model.json": "{}" }),
  inferenceSpec: new InferenceSpec({ processor: "double" }),
});

const service = await model.deploy(eas(client, { storage }), {
  serviceName: "double",
  instanceType: "ecs.c6.large",
});
const { endpoint } = service.predictor();
console.log(JSON.stringify(await service.predictor().predict([1, 2, 3])));
const direct = new Predictor({ endpoint, token: "a wrong token", fetch: cloud.fetch });
console.log(await direct.predict([1]).then(() => "was let in", ({ status }) => `was refused: ${status}`));
await service.delete();
