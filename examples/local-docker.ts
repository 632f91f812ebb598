/**
 * A model in a container of this machine, in two ways: on its own, and behind the emulated EAS. Needs Docker, Podman or
 * another engine that speaks Docker's API, and an image with Python that it has or can pull:
 * `deno run -A examples/local-docker.ts [image]`.
 */
import process from "node:process";
import { createClient } from "../mod.ts";
import { containerServingSpec, eas, Model } from "../plugins/deploy/mod.ts";
import { emulator } from "../plugins/emulator/mod.ts";
import { localDocker } from "../plugins/local-docker/mod.ts";
import { fromMap } from "../plugins/storage/map.ts";
import { oss } from "../plugins/storage/oss.ts";

const app = `
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

factor = json.load(open("/eas/workspace/model/model.json"))["factor"]

class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        rows = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps([row * factor for row in rows]).encode())

HTTPServer(("0.0.0.0", 8000), Server).serve_forever()
`;
const model = new Model({
  modelData: fromMap({ "model.json": JSON.stringify({ factor: 3 }) }), // a folder: fromDisk("./model")
  inferenceSpec: containerServingSpec({
    image: process.argv[2] ?? "python:3.12-slim",
    command: "python app.py",
    sourceDir: fromMap({ "app.py": app }),
  }),
});
const onProgress = ({ message }: { message: string }): void => console.log(`  ${message}`);

console.log("In a container of this machine:");
{
  await using service = await model.deploy(localDocker(), {
    serviceName: "times_three",
    temporary: true,
    onProgress,
  });
  console.log(await service.predictor().predict([1, 2, 3]), (await service.describe()).internetEndpoint);
}

console.log("And behind the emulated EAS, where the same lines run against the real one:");
{
  await using cloud = emulator({ runner: localDocker() });
  const client = createClient({ ...cloud }); // with an account: createClient({ region: "cn-hangzhou" })
  const storage = oss(client, { bucket: "emulator-bucket" });
  await using service = await model.deploy(eas(client, { storage }), {
    serviceName: "times_three",
    temporary: true,
    onProgress,
  });
  console.log(await service.predictor().predict([1, 2, 3]));
}
