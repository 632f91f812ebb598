/**
 * Queues of PAI-EAS: `AsyncPredictor` calls a service that answers through them, `QueueClient` puts, gets, watches and
 * commits their items.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { containerServingSpec, eas, Model } from "@pai-edge/sdk/deploy";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { AsyncPredictor, QueueClient } from "@pai-edge/sdk/queue";
 *
 * // With an account: createClient({ region: "cn-hangzhou" }).
 * const cloud = emulator({ handlers: { summer: async (request) => Response.json({ got: await request.json() }) } });
 * const client = createClient({ ...cloud });
 * const inferenceSpec = containerServingSpec({ command: "python app.py", image: "summer:1", port: 8000 });
 * const service = await new Model({ inferenceSpec }).deploy(eas(client), {
 *   serviceName: "summer",
 *   serviceType: "Async",
 *   instanceType: "ecs.c6.large",
 * });
 *
 * const task = await new AsyncPredictor(service).predict([1, 2]);
 * console.log(await task.result()); // { got: [ 1, 2 ] }
 *
 * const sink = new QueueClient(service.predictor(), { path: "sink" }); // or { endpoint, token }
 * await sink.put("an item", { tags: { kind: "test" } });
 * for await (const item of sink.watch({ autoCommit: "handled" })) {
 *   console.log(new TextDecoder().decode(item.data)); // an item
 *   break;
 * }
 * ```
 *
 * @module
 */
export { AsyncPredictor, type AsyncPredictorOptions, type AsyncService } from "./async-predictor.ts";
export type { AsyncTask, ResultOptions } from "./async-task.ts";
export { QueueClient } from "./client.ts";
export type { Indexes } from "./check.ts";
export { AsyncPredictionError, QueueError } from "./errors.ts";
export type { QueueItem } from "./item.ts";
export type {
  GetItemsOptions,
  NegativeCommitOptions,
  PutOptions,
  PutResult,
  QueueCaller,
  QueueCallOptions,
  QueueOptions,
} from "./options.ts";
export type { Watch, WatchOptions } from "./watch.ts";
export { webSocketWatch, type WebSocketWatchOptions } from "./websocket.ts";
