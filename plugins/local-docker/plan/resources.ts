import type { Container, ServiceConfig } from "../../../core/service-config.ts";
import type { Gpus, ResourceLimits } from "./container-plan.ts";
import { refusal, type Subject } from "./refusal.ts";

const megabyte = 1024 ** 2, gigabyte = 1024 ** 3;

const units: Readonly<Record<string, number>> = {
  "": megabyte, // the vendor's own unit
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: megabyte,
  Gi: gigabyte,
  Ti: 1024 ** 4,
};

/**
 * What a container may use: what it says itself, else what the instance has. GPUs are those that the caller gives
 * and no others, as few machines of developers have any.
 *
 * @throws {TypeError} when a figure is none.
 */
export function resourcesOf(
  config: ServiceConfig,
  container: Container,
  { gpus, limits }: { gpus?: Gpus; limits: boolean },
  subject: Subject,
): ResourceLimits {
  const own = container.resources ?? {}, { memory, cpu, shm_size } = config.metadata ?? {};
  const wanted = {
    memory: bytes("memory", own.memory ?? memory, subject),
    cpus: processors(own.cpu ?? cpu, subject),
  };
  const sharedMemory = figure("metadata.shm_size", shm_size, subject);
  return {
    ...(limits && wanted.memory !== undefined && { memory: wanted.memory }),
    ...(limits && wanted.cpus !== undefined && { cpus: wanted.cpus }),
    ...(sharedMemory !== undefined && { sharedMemory: Math.ceil(sharedMemory * gigabyte) }),
    ...(gpus !== undefined && gpus !== 0 && { gpus }),
  };
}

/** Bytes of a size in GB, as `size_limit` has it. */
export function gigabytes(name: string, value: unknown, subject: Subject): number | undefined {
  const size = figure(name, value, subject);
  return size === undefined ? undefined : Math.ceil(size * gigabyte);
}

function bytes(name: string, value: unknown, subject: Subject): number | undefined {
  const [, number, unit] = typeof value === "string" ? /^([\d.]+)([KMGT]i?)?$/.exec(value) ?? [] : [];
  const factor = units[unit ?? ""]!;
  const size = figure(name, number === undefined ? value : Number(number), subject);
  return size === undefined ? undefined : Math.ceil(size * factor);
}

function processors(value: unknown, subject: Subject): number | undefined {
  const [, number, unit] = typeof value === "string" ? /^([\d.]+)(m)?$/.exec(value) ?? [] : [];
  return figure("cpu", number === undefined ? value : Number(number) / (unit ? 1000 : 1), subject);
}

/** A figure above 0; null is what configurations write for nothing. */
function figure(name: string, value: unknown, subject: Subject): number | undefined {
  if (value === undefined || value === null || value === 0) return undefined;
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  throw refusal(subject, `${name} is ${JSON.stringify(value)}, which is no amount`);
}
