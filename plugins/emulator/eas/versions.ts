import type { Cloud } from "../cloud.ts";
import { loadRunner } from "../processors.ts";
import type { JsonObject } from "../service-config.ts";
import {
  type Action,
  apiTime,
  bodyOf,
  type Call,
  invalid,
  listPage,
  named,
  servicePath,
  wholeNumber,
} from "./call.ts";
import { isFailure } from "./failure.ts";
import { wantedInstances } from "./replicas.ts";
import { refuseLocked } from "./safety-lock.ts";
import { redeploy, refuseWhileDeleting } from "./services.ts";

/** Operations on the versions of a service. */
export const versionActions: readonly Action[] = [
  ["GET", `${servicePath}/versions`, "ListServiceVersions", listVersions],
  ["PUT", `${servicePath}/version`, "UpdateServiceVersion", switchVersion],
];

function listVersions(cloud: Cloud, call: Call): JsonObject {
  const { service } = named(cloud, call);
  const { page, counts } = listPage(call, [...service.versions].reverse());
  const versions = page.map(({ number, at, config, runner }) => ({
    ImageId: number,
    BuildTime: apiTime(at),
    ImageAvailable: "true",
    ServiceRunnable: String(!isFailure(runner)),
    Message: "",
    ServiceConfig: JSON.stringify(config),
  }));
  return { Versions: versions, ...counts };
}

async function switchVersion(cloud: Cloud, call: Call): Promise<JsonObject> {
  const found = named(cloud, call);
  const { service } = found;
  refuseLocked("update", found);
  refuseWhileDeleting("update", found);
  const wanted = wholeNumber(bodyOf(call).Version, "Version", 1, 1e9);
  const version = service.versions.find(({ number }) => number === wanted) ??
    invalid(`Service ${service.name} has no version ${wanted}.`);
  if (wanted === service.version) invalid(`Service ${service.name} runs version ${wanted} already.`);
  version.runner = await loadRunner(service.name, version.config, cloud);
  service.version = wanted;
  service.replicas = wantedInstances(service, version.config);
  service.updatedAt = cloud.clock.now();
  redeploy(found, "update", cloud);
  return { Message: `Service [${service.name}] switches to version ${wanted}` };
}
