import { type EasDescription, predictorFor } from "../../../core/eas-service.ts";
import { PredictionError } from "../../../core/errors.ts";
import type { Predictor } from "../../../core/predictor.ts";
import type { EndpointType } from "../eas-service.ts";
import { explainedTimeout } from "./wait.ts";
import { pauseWithin, timeLeft, type Watch } from "./watch.ts";

const pause = 2_000;

// One unanswered request must not use up the time of the whole wait.
const requestTimeout = 10_000;

/**
 * Waits until the gateway has an instance of a running service to ask; one without instances has none.
 *
 * @throws {DeployError} or {TimeoutError} when the time is up, with the cause or without one.
 */
export async function untilGatewayAnswers(
  watch: Watch,
  description: EasDescription,
  endpointType?: EndpointType,
): Promise<void> {
  if (description.raw.TotalInstance === 0) return; // scaled to none, by hand or by its autoscaler
  const predictor = predictorFor(watch.client, description, { endpointType });
  const isQueue = description.config.metadata?.type === "Async";
  await untilAnswered(watch, predictor, isQueue).catch(async (error) => {
    throw await explainedTimeout(watch, description, error);
  });
}

/**
 * A service that runs is not reachable until the gateway knows its instances. Asks the service itself until
 * anything but the gateway answers; what it answers makes no difference, as services are free to refuse GET.
 */
async function untilAnswered(watch: Watch, predictor: Predictor, isQueue: boolean): Promise<void> {
  for (;;) {
    const problem = await unanswered(predictor, isQueue, watch);
    if (problem === undefined) return;
    const state = `it is Running, but its gateway does not answer (${problem})`;
    watch.report({ stage: "probe", status: "Running", message: `service "${watch.name}": ${state}` });
    await pauseWithin(watch, pause, state);
  }
}

async function unanswered(
  predictor: Predictor,
  isQueue: boolean,
  watch: Watch,
): Promise<string | undefined> {
  const { signal } = watch;
  try {
    const response = await predictor.rawPredict(undefined, {
      method: "GET", // a service may hang on HEAD
      ...(isQueue && { query: { _attrs_: "true" } }), // a plain GET would take an item out of the queue
      retry: false,
      timeout: timeLeft(watch, requestTimeout),
      signal,
    });
    await response.body?.cancel();
    return undefined;
  } catch (error) {
    if (signal?.aborted) throw error;
    if (!(error instanceof PredictionError)) return String(error); // no connection yet, or none within the time
    return gatewayProblem(error.status, error.body);
  }
}

/** What the gateway itself says while it has no instance to ask: 503, or 404 without a word. */
function gatewayProblem(status: number | undefined, body: string): string | undefined {
  if (status === 404 && body === "") return "404";
  if (status !== 503 || (body !== "" && !body.includes("no healthy upstream"))) return undefined;
  return body === "" ? "503" : "503 no healthy upstream";
}
