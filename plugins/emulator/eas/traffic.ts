import type { Cloud } from "../cloud.ts";
import type { JsonObject } from "../service-config.ts";
import {
  type Action,
  bodyOf,
  type Call,
  flag,
  invalid,
  named,
  notFound,
  servicePath,
  wholeNumber,
} from "./call.ts";
import { refuseLocked } from "./safety-lock.ts";
import { refuseWhileStopped } from "./services.ts";
import { transit } from "./transit.ts";

/** Operations on what requests a service gets, and on its development. */
export const trafficActions: readonly Action[] = [
  ["PUT", `${servicePath}/release`, "ReleaseService", release],
  ["POST", `${servicePath}/mirror`, "CreateServiceMirror", setMirror],
  ["PUT", `${servicePath}/mirror`, "UpdateServiceMirror", setMirror],
  ["GET", `${servicePath}/mirror`, "DescribeServiceMirror", describeMirror],
  ["DELETE", `${servicePath}/mirror`, "DeleteServiceMirror", deleteMirror],
  ["PUT", `${servicePath}/develop`, "DevelopService", develop],
  ["PUT", `${servicePath}/commit`, "CommitService", commit],
];

function release(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  const { service } = found;
  refuseLocked("release", found);
  const { Weight, TrafficState } = bodyOf(call);
  if (Weight === undefined && TrafficState === undefined) invalid("Weight or TrafficState is missing.");
  if (TrafficState !== undefined && TrafficState !== "standalone" && TrafficState !== "grouping") {
    invalid("TrafficState is one of standalone, grouping.");
  }
  service.weight = Weight === undefined ? service.weight : wholeNumber(Weight, "Weight", -1, 1000);
  service.trafficState = TrafficState ?? service.trafficState;
  return { Message: `Service [${service.name}] is released` };
}

function setMirror(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  refuseLocked("update", found);
  const { Ratio, Target } = bodyOf(call);
  const ratio = wholeNumber(Ratio, "Ratio", 0, 100);
  if (!Array.isArray(Target) || Target.length === 0) invalid("Target is a list of names of services.");
  found.service.mirror = { ratio, target: Target.map(String) };
  return { Message: `Requests of service [${found.service.name}] are mirrored` };
}

function describeMirror(cloud: Cloud, call: Call): JsonObject {
  const { service: { name, mirror } } = named(cloud, call);
  const { ratio, target } = mirror ?? notFound("Mirror", name);
  return { ServiceName: name, Ratio: String(ratio), Target: target.join(",") };
}

function deleteMirror(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  refuseLocked("update", found);
  if (!found.service.mirror) notFound("Mirror", found.service.name);
  found.service.mirror = undefined;
  return { Message: `Requests of service [${found.service.name}] are not mirrored any more` };
}

function develop(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  refuseLocked("update", found);
  refuseWhileStopped("develop", found);
  const exit = flag(call, "Exit");
  transit(found.service, exit ? "restart" : "develop", cloud);
  return { Message: `Service [${found.service.name}] ${exit ? "leaves" : "enters"} development mode` };
}

function commit(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  refuseLocked("update", found);
  if (found.state.status !== "Developing") {
    invalid(`Service ${found.service.name} is not in development mode.`);
  }
  transit(found.service, "commit", cloud);
  return { Message: `Service [${found.service.name}] is committed` };
}
