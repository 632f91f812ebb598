import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Cloud } from "../cloud.ts";
import type { ServiceRecord } from "../eas/record.ts";
import { answerCall, type QueueCall } from "./call.ts";
import { ServiceQueues } from "./service-queues.ts";

/** Answers a call to one of a service's queues. */
export async function askQueue(
  cloud: Cloud,
  service: ServiceRecord,
  { path, ...call }: Pick<QueueCall, "request" | "path" | "search" | "body">,
): Promise<Response> {
  const queues = service.queues ??= new ServiceQueues(service, cloud);
  const isRear = call.request.headers.get("x-eas-queueservice-access-rear") === "true";
  const newId = (): string => inventId(`${service.id}/${cloud.store.next()}`);
  const tend = (): number => queues.tend();
  return await answerCall({ ...call, ...queues.find(path, isRear), newId, tend });
}

/** An id in the form of a random UUID, the same in equal runs. */
function inventId(seed: string): string {
  const digits = bytesToHex(sha256(utf8ToBytes(seed)));
  return digits.replace(/^(.{8})(.{4})(.{3})(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
}
