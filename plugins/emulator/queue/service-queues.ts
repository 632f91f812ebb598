import type { Cloud } from "../cloud.ts";
import { isFailure } from "../eas/failure.ts";
import { readyInstances } from "../eas/instances.ts";
import { printRequest } from "../eas/logs.ts";
import { isObject, looseConfig } from "../eas/loose-config.ts";
import { currentVersion, type InstanceRecord, type ServiceRecord } from "../eas/record.ts";
import { runService } from "../request-encoding.ts";
import type { Consumer, ConsumerGroup } from "./consumer-group.ts";
import type { Item } from "./items.ts";
import { Queue } from "./queue.ts";

/** Whether a service is reached through queues, by what the vendor calls its type. */
export function hasQueues(service: ServiceRecord): boolean {
  const { type } = looseConfig(currentVersion(service).config).metadata;
  return type === "Async" || type === "Queue";
}

/** The group of the instances that answer what is put into an input queue. */
const instancesGroup = "instances";

/**
 * The queues of a service: one for input and one for output, called sink. The instances of an asynchronous service answer
 * what comes into the one and put the answers into the other; there are none when the service is but a queue.
 */
export class ServiceQueues {
  /** Where requests go. */
  readonly input: Queue;
  /** Where answers go. */
  readonly sink: Queue;
  readonly #rear = new Map<Queue, Queue>();
  readonly #service: ServiceRecord;
  readonly #cloud: Cloud;
  readonly #instances: { group: ConsumerGroup; consumer: Consumer } | undefined;
  #busy = 0;

  /** Makes empty queues. */
  constructor(service: ServiceRecord, cloud: Cloud) {
    this.#service = service;
    this.#cloud = cloud;
    const { config } = currentVersion(service);
    const { source, sink } = isObject(config.queue) ? config.queue : {};
    this.input = makeQueue(service.name, source, cloud, 0n);
    this.sink = makeQueue(`${service.name}/sink`, sink, cloud, 500_000n);
    if (looseConfig(config).metadata.type !== "Async") return;
    const group = this.input.group(instancesGroup);
    const wishes = { window: Infinity, autoCommit: false, tags: new Map(), from: 0n };
    this.#instances = { group, consumer: group.join(service.name, wishes) };
  }

  /** The queue that a path names, and what is left of the path. */
  find(path: string, isRear: boolean): { queue: Queue; path: string } {
    const isSink = path === "/sink";
    const front = isSink ? this.sink : this.input;
    const found = { queue: front, path: isSink ? "/" : path };
    if (!isRear) return found;
    const rear = this.#rear.get(front) ?? new Queue(front.options);
    this.#rear.set(front, rear);
    return { ...found, queue: rear };
  }

  /**
   * Lets instances that have time take what is waiting.
   *
   * @returns Milliseconds until an instance gets ready for what is left, `Infinity` when none will by itself.
   */
  tend(): number {
    if (!this.#instances) return Infinity;
    const { group, consumer } = this.#instances;
    const now = this.#cloud.clock.now();
    const ready = readyInstances(this.#service, now);
    const { rpc } = looseConfig(currentVersion(this.#service).config).metadata;
    const workers = Number(isObject(rpc) && rpc.worker_threads || 5); // the vendor's default
    while (this.#busy < ready.length * workers && !(this.sink.isFull && !this.sink.options.evicts)) {
      const item = group.take(consumer);
      if (!item) return Infinity;
      const instance = ready[this.#service.requests++ % ready.length]!; // there is one, since nobody is busy with none
      this.#busy++;
      void this.#answer(item, instance).finally(() => {
        this.#busy--;
        group.commit(item.index);
        this.tend();
      });
    }
    if (!group.hasFor(consumer)) return Infinity;
    const coming = this.#service.instances.filter(({ gone }) => gone > now)
      .flatMap(({ born, due, restarts }) => [due, ...restarts.map((at) => at + due - born)])
      .filter((at) => at > now);
    return Math.min(Infinity, ...coming.map((at) => at - now));
  }

  /** Ends what is being watched, as when the service is gone. */
  disconnect(): void {
    for (const queue of [this.input, this.sink, ...this.#rear.values()]) queue.disconnect();
  }

  /** Runs the model on an item. What it says goes into the sink; an empty answer is a way to say nothing. */
  async #answer({ tags, path, headers, data, priority }: Item, instance: InstanceRecord): Promise<void> {
    const { runner } = instance;
    if (isFailure(runner)) return;
    const own = [...tags].filter(([name]) => name !== "requestId");
    const search = own.length > 0 ? `?${new URLSearchParams(own)}` : "";
    const url = `http://${this.#service.name}${path}${search}`;
    const { config } = currentVersion(this.#service);
    const request = { method: "POST", url, headers, body: data };
    const response = await runService(this.#cloud, config, runner.run, request);
    const body = new Uint8Array(await response.arrayBuffer().catch(() => new ArrayBuffer(0)));
    const line = `INFO POST ${path} ${data.length} bytes from the queue: ${response.status}`;
    printRequest(this.#service, { at: this.#cloud.clock.now(), instance: instance.name, text: line });
    if (response.ok && body.length === 0) return;
    const said: [string, string][] = [["requestId", tags.get("requestId") ?? ""]];
    if (response.status !== 200) said.push(["lastCode", `${response.status}`]);
    this.sink.put({ tags: new Map(said), priority, data: body, path: "/", headers: new Headers() });
  }
}

/** Reads the settings of a queue; the names are the vendor's. */
function makeQueue(name: string, settings: unknown, cloud: Cloud, offset: bigint): Queue {
  const { max_length, max_payload_size_kb, auto_evict } = isObject(settings) ? settings : {};
  return new Queue({
    name,
    clock: cloud.clock,
    maxLength: Number(max_length) || 230_400,
    maxPayload: Number(max_payload_size_kb) * 1024 || cloud.maxBodyBytes,
    evicts: auto_evict === true,
    offset,
  });
}
