// Lists the containers of the engine that is named, in a process that may do little.
import process from "node:process";
import { connectEngine } from "../../plugins/local-docker/engine/connect.ts";
import { listContainers } from "../../plugins/local-docker/engine/list-containers.ts";

try {
  const engine = await connectEngine({ host: process.argv[2] });
  console.log(`found ${(await listContainers(engine, { all: true })).length >= 0}`);
} catch (error) {
  console.log(`${error}`);
}
