import type { Cloud } from "../cloud.ts";
import type { JsonObject } from "../service-config.ts";
import { type Action, type Call, named, notFound, servicePath } from "./call.ts";
import type { Diagnosis } from "./failure.ts";
import { instancesAt } from "./instances.ts";
import { failureOf } from "./record.ts";
import type { FoundService } from "./services.ts";

/** Operations that tell what is wrong with a service. */
export const diagnosisActions: readonly Action[] = [
  ["GET", `${servicePath}/diagnosis`, "DescribeServiceDiagnosis", diagnose],
  [
    "GET",
    `${servicePath}/instances/:instance/diagnosis`,
    "DescribeServiceInstanceDiagnosis",
    diagnoseInstance,
  ],
];

function diagnose(cloud: Cloud, call: Call): JsonObject {
  const found = diagnosisOf(named(cloud, call));
  return { DiagnosisList: found ? [shown(found)] : [] };
}

function diagnoseInstance(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  const { instance = "" } = call.req.param();
  const there = instancesAt(found.service, cloud.clock.now());
  if (!there.some(({ name }) => name === instance)) notFound("Instance", instance);
  return { Diagnosis: shown(diagnosisOf(found) ?? { error: "", causes: [], advices: [] }) };
}

/** Nothing is wrong with a service that is still being created, or that was stopped. */
function diagnosisOf({ service, state: { status } }: FoundService): Diagnosis | undefined {
  if (status !== "Failed" && status !== "Waiting") return undefined;
  return (failureOf(service) ?? service.transitions.at(-1)?.cause)?.diagnosis;
}

function shown({ error, causes, advices }: Diagnosis): JsonObject {
  return { Error: error, Causes: causes, Advices: advices };
}
