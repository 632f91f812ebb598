import type { Consumer, ConsumerGroup } from "./consumer-group.ts";
import type { Queue } from "./queue.ts";

/** Headers that say who calls, as attributes name them. */
export const identityHeaders = {
  user: "X-EAS-QueueService-Redis-Uid",
  group: "X-EAS-QueueService-Redis-Gid",
  priority: "X-EAS-QueueService-Priority",
} as const;

/** Group of those who name none, as in the vendor's clients. */
export const defaultGroup = "eas";

/** What a queue tells about itself, as the vendor's examples of it have it. */
export function describeQueue(queue: Queue): Map<string, string> {
  const { name, maxLength, maxPayload } = queue.options;
  const { first, last } = queue.ends;
  const consumers = [...queue.groups.values()].flatMap((group) =>
    [...group.consumers.values()].map((consumer) => describeConsumer(queue, group, consumer))
  );
  return new Map([
    ...consumers.map((text, i): [string, string] => [`consumers.list.[${i}]`, text]),
    ["consumers.stats.total", `${consumers.length}`],
    ["meta.backend", "memory"],
    ["meta.header.group", identityHeaders.group],
    ["meta.header.priority", identityHeaders.priority],
    ["meta.header.user", identityHeaders.user],
    ["meta.maxPayloadBytes", `${maxPayload}`],
    ["meta.name", name],
    ["meta.state", queue.isClosed ? "Closed" : "Normal"],
    ["stream.approxMaxLength", `${maxLength}`],
    ["stream.firstEntry", `${first}`],
    ["stream.lastEntry", `${last}`],
    ["stream.length", `${queue.length}`],
  ]);
}

function describeConsumer(queue: Queue, group: ConsumerGroup, consumer: Consumer): string {
  const { user, index, pending, at, window, autoCommit, tags, connected } = consumer;
  const idle = queue.options.clock.now() - at;
  const slots = connected && Number.isFinite(window) ? window - pending.size : 0;
  const filter = [...tags].map((tag) => tag.join("=")).sort().join(" ");
  return [
    `Id: ${group.name}.${user}`,
    `Index: ${index}`,
    `Pending: ${pending.size}`,
    `Status: ${statusOf(group, consumer, idle)}`,
    `Idle: ${idle / 1000}s`,
    `Window: ${connected && Number.isFinite(window) ? window : 0}`,
    `Slots: ${Math.max(0, slots)}`,
    `AutoCommit: ${autoCommit}`,
    ...filter ? [`Tags: tags[${filter}]`] : [],
  ].join(", ");
}

/** How long one who has left may come back, in milliseconds; the vendor only says that it is short. */
const leaving = 60_000;

/** The vendor's words: Running, Leaving for a short time, Exit with items left to consume, Complete without. */
function statusOf(group: ConsumerGroup, consumer: Consumer, idle: number): string {
  if (consumer.connected) return "Running";
  if (!group.hasFor(consumer)) return "Complete";
  return idle < leaving ? "Leaving" : "Exit";
}
