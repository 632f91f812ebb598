import { PaiError, PredictionError } from "../../../core/errors.ts";
import type { PredictOptions, Predictor, RawPredictOptions, Serializer } from "../../../core/predictor.ts";
import { redact } from "../../../core/redact.ts";
import { withTimeouts } from "./with-timeouts.ts";

/** Two more clocks of one call. */
export interface CallClocks {
  /** Longest time in milliseconds until the answer's headers, retries included. @default {Infinity} */
  headersTimeout?: number;
  /**
   * Longest time in milliseconds that the service may pause within its answer, while somebody waits for it.
   *
   * @default {Infinity}
   */
  idleTimeout?: number;
}

/** Options of {@linkcode predictWithin}. */
export interface PredictWithinOptions<Input = unknown, Output = unknown> extends PredictOptions, CallClocks {
  /**
   * Format of input and output. One that has to ask the service for the model's signature asks at each call, unless it
   * is given as `await serializer.prepare(predictor)` has made it. @default {that of the predictor}
   */
  serializer?: Serializer<Input, Output>;
}

/**
 * Calls `rawPredict` of a predictor under two more clocks, which are this call's own.
 *
 * @throws {RangeError} when a time is not above zero.
 * @throws {HeadersTimeoutError} when no headers come in time.
 * @throws {IdleTimeoutError} from reading the body, when the service pauses too long within it.
 * @throws what `rawPredict` throws.
 */
export async function rawPredictWithin(
  predictor: Pick<Predictor<never, unknown>, "rawPredict" | "endpoint">,
  data?: unknown,
  { headersTimeout, idleTimeout, signal, ...options }: RawPredictOptions & CallClocks = {},
): Promise<Response> {
  const call = withTimeouts(
    (_, { signal }) => predictor.rawPredict(data, { ...options, signal: signal ?? undefined }),
    { headers: headersTimeout, idle: idleTimeout },
  );
  return await call(predictor.endpoint, { signal });
}

/**
 * Predicts under two more clocks, which are this call's own. All else is as `predict` of the predictor does it.
 *
 * @throws {TypeError} or {RangeError} when the input can't be written, or a time is not above zero.
 * @throws {HeadersTimeoutError} when no headers come in time.
 * @throws {IdleTimeoutError} when the service pauses too long within its answer.
 * @throws {PredictionError} when the service refuses, or its answer breaks off or can't be read.
 */
export async function predictWithin<Input, Output>(
  predictor: Predictor<Input, Output>,
  input: Input,
  { serializer = predictor.serializer, ...options }: PredictWithinOptions<Input, Output> = {},
): Promise<Output> {
  let format = serializer, body = format.serialize(input);
  if (!body) {
    format = await format.prepare!(predictor); // which exists when it can't write without
    body = format.serialize(input);
  }
  const headers = new Headers(options.headers);
  if (!headers.has("content-type")) headers.set("content-type", format.contentType);
  const response = await rawPredictWithin(predictor, body, { ...options, headers });
  let answer = new Uint8Array();
  try {
    answer = new Uint8Array(await response.arrayBuffer());
    return format.deserialize(answer);
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw cause instanceof PaiError ? cause : unreadable(predictor.endpoint, response, answer, cause);
  }
}

/** Characters of an answer that are kept. */
const maxBody = 65_536;

function unreadable(
  endpoint: string,
  { status, headers }: Response,
  answer: Uint8Array<ArrayBuffer>,
  cause: unknown,
): PredictionError {
  const what = `Cannot call "${endpoint.replace(/[?#].*/s, "")}"`;
  const body = redact(new TextDecoder().decode(answer.subarray(0, maxBody)));
  const state = `can't read ${headers.get("content-type")}`;
  return new PredictionError(`${what}: status is ${status} (${state})${body && `: ${body.slice(0, 200)}`}`, {
    status,
    requestId: headers.get("x-request-id") ?? undefined,
    body,
    cause,
  });
}
