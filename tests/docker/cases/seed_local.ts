// The last chapter of the customer's guide, line by line, as its user writes it here.
import { before, test } from "node:test";
import assert from "node:assert/strict";
import { createClient } from "../../../core/client.ts";
import { json } from "../../../core/json.ts";
import { containerServingSpec, Model } from "../../../plugins/deploy/mod.ts";
import { emulator } from "../../../plugins/emulator/mod.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { listContainers } from "../../../plugins/local-docker/engine/list-containers.ts";
import { localDocker } from "../../../plugins/local-docker/mod.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { oss } from "../../../plugins/storage/oss.ts";
import { pythonImage } from "../images.ts";

let engine: Engine;
before(async () => {
  engine = await connectEngine();
});

const app = `
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

names = json.load(open("/eas/workspace/model/names.json"))

class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        rows = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps([names[row] for row in rows]).encode())
    do_GET = lambda self: self.send_response(200) or self.end_headers()

HTTPServer(("0.0.0.0", 8000), Server).serve_forever()
`;

test("the guide's local deployment: a model on OSS, an image of one's own, predicted and deleted", async () => {
  // The user's bucket holds the model: model_data="oss://<YourOssBucket>/path-to-model/".
  const client = createClient({ ...emulator({ buckets: ["your-bucket"] }) });
  const storage = oss(client, { bucket: "your-bucket" });
  await storage.put("path-to-model/names.json", '["setosa", "versicolor", "virginica"]');
  const model = new Model({
    modelData: "oss://your-bucket/path-to-model/",
    inferenceSpec: containerServingSpec({
      image: await pythonImage(engine),
      command: "python app.py",
      sourceDir: fromMap({ "app.py": app }),
    }),
  });
  const data = [2, 0];

  // from pai.predictor import LocalPredictor
  //
  // p: LocalPredictor = model.deploy(
  const p = await model.deploy(
    //     # 指定运行在本地.
    //     instance_type="local",
    localDocker({ storage }),
    //     serializer=JsonSerializer()
    { serializer: json<string[]>(), serviceName: "seed_local" },
    // )
  );

  // p.predict(data)
  assert.deepEqual(await p.predictor().predict(data), ["virginica", "setosa"]);

  // # 删除对应的docker容器.
  // p.delete_service()
  await p.delete();

  const labels = { "com.pai-edge.sdk.service": "seed_local" };
  assert.deepEqual(await listContainers(engine, { labels, all: true }), []);
});
