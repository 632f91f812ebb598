/**
 * A process that deploys and is killed: `deploy_child.ts NAME IMAGE waiting|ready`. It prints the word when it is so far, and
 * then waits to be killed.
 *
 * @module
 */
import process from "node:process";
import { localDocker } from "../../plugins/local-docker/mod.ts";
import { containerServingSpec, emptyDir, Model } from "../../plugins/deploy/mod.ts";

const [name = "", image = "", stage] = process.argv.slice(2);
const command = stage === "ready" ? "/bin/serve" : "sleep 1000";
const inferenceSpec = containerServingSpec({ image, command, storage: { "/space": emptyDir() } });
await new Model({ inferenceSpec }).deploy(localDocker(), {
  serviceName: name,
  onProgress: ({ stage }) => void (stage === "probe" && console.log("waiting")),
});
console.log("ready");
setTimeout(() => {}, 1_000_000);
