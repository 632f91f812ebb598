import type { Cloud } from "../cloud.ts";
import type { JsonObject } from "../service-config.ts";
import type { Call } from "./call.ts";
import { looseConfig } from "./loose-config.ts";

/** A few of the instance types that EAS has, with the machine behind them. */
const machines: readonly [
  type: string,
  cpu: number,
  gib: number,
  gpus?: number,
  gpu?: string,
  gpuGib?: number,
][] = [
  ["ecs.c6.large", 2, 4],
  ["ecs.c6.xlarge", 4, 8],
  ["ecs.c6.2xlarge", 8, 16],
  ["ecs.c7.large", 2, 4],
  ["ecs.c7.xlarge", 4, 8],
  ["ecs.c7.2xlarge", 8, 16],
  ["ecs.g6.large", 2, 8],
  ["ecs.g6.xlarge", 4, 16],
  ["ecs.g7.xlarge", 4, 16],
  ["ecs.g7.2xlarge", 8, 32],
  ["ecs.r7.xlarge", 4, 32],
  ["ecs.gn6i-c4g1.xlarge", 4, 15, 1, "T4", 16],
  ["ecs.gn6i-c8g1.2xlarge", 8, 31, 1, "T4", 16],
  ["ecs.gn6v-c8g1.2xlarge", 8, 32, 1, "V100", 16],
  ["ecs.gn7i-c8g1.2xlarge", 8, 30, 1, "A10", 24],
  ["ecs.gn7i-c16g1.4xlarge", 16, 60, 1, "A10", 24],
  ["ecs.gn7i-c32g1.32xlarge", 128, 752, 4, "A10", 24],
];

/** DescribeMachineSpec: all types, or those that `InstanceTypes` names. */
export function describeMachineSpec(_cloud: Cloud, call: Call): JsonObject {
  const wanted = call.req.query("InstanceTypes")?.split(",");
  const metas = machines.filter(([type]) => !wanted || wanted.includes(type)).map(
    ([InstanceType, CPU, Memory, GPUAmount = 0, GPU = "", GPUMemory = 0]) => ({
      InstanceType,
      CPU,
      Memory,
      GPUAmount,
      GPU,
      GPUMemory,
      IsAvailable: true,
      StockStatus: "WithStock",
      SpotDiscount: 0.2,
      NonProtectSpotDiscount: 0.1,
      Vendor: "Aliyun",
    }),
  );
  const cpus = [...new Set(machines.map(([, cpu]) => cpu))].sort((a, b) => a - b);
  const types = cpus.map((CPU) => ({
    CPU,
    Memory: [...new Set(machines.filter(([, cpu]) => cpu === CPU).map(([, , gib]) => gib))],
  }));
  return { InstanceMetas: metas, Types: types };
}

/** The type of machine that a configuration asks for first. */
export function instanceType({ cloud }: JsonObject): string {
  const { computing } = (cloud ?? {}) as { computing?: { instance_type?: unknown; instances?: unknown } }; // as users write it
  const first: unknown = Array.isArray(computing?.instances) ? computing.instances[0] : undefined;
  const type = computing?.instance_type ?? (first as { type?: unknown } | null | undefined)?.type;
  return typeof type === "string" ? type : "";
}

/** Cores, memory in MB and GPUs of an instance, from its configuration or from its type of machine. */
export function machineOf(config: JsonObject): { Cpu: number; Memory: number; Gpu: number } {
  const { metadata } = looseConfig(config);
  const type = instanceType(config);
  const [, cpu = 1, gib = 4, gpus = 0] = machines.find(([name]) => name === type) ?? [];
  return {
    Cpu: Number(metadata.cpu ?? cpu),
    Memory: Number(metadata.memory ?? gib * 1024),
    Gpu: Number(metadata.gpu ?? gpus),
  };
}
