import { TimeoutError } from "../../core/errors.ts";
import { answerBody, type Exchange } from "./answer-body.ts";
import type { RawPredictor, Settings } from "./options.ts";
import { errorResponse } from "./refusal.ts";
import { boundedBody } from "./request-body.ts";
import type { Slot } from "./slots.ts";

/** What one request needs besides the gateway's settings. */
interface Call {
  /** Its place, which is given back when the last byte is through. */
  slot: Slot;
  /** Gives the predictor. It may throw, as a worker's configuration may be missing. */
  predictor(): RawPredictor;
  /** Hears of every failure that is not the caller's own leaving. */
  onFailure(error: unknown): void;
}

/** Passes one request on to the service, and its answer back. */
export async function pass(
  request: Request,
  path: string,
  settings: Settings,
  call: Call,
): Promise<Response> {
  const exchange = new RequestExchange(request, settings.timeout, call);
  const { signal } = exchange;
  try {
    const onTooLarge = (error: Error): void => exchange.abort(error);
    const body = await boundedBody(request, { ...settings, signal, onTooLarge });
    const response = await call.predictor().rawPredict(body, {
      path,
      method: request.method,
      headers: listed(request.headers, settings.requestHeaders),
      signal,
      timeout: settings.totalTimeout,
    });
    exchange.answered();
    return answerFrom(response, exchange, settings);
  } catch (caught) {
    const error = signal.aborted ? signal.reason : caught; // which runtimes wrap
    const isCallers = exchange.isCallers;
    exchange.abort(error);
    exchange.end(error);
    return isCallers ? new Response(null, { status: 499 }) : errorResponse(error); // nobody sees a 499
  }
}

/** One request and all that must end with it: its clock, its ear for the caller and its place. */
class RequestExchange implements Exchange {
  readonly #controller = new AbortController();
  readonly #request: Request;
  readonly #call: Call;
  readonly #timer: ReturnType<typeof setTimeout>;
  #isOver = false;

  constructor(request: Request, timeout: number, call: Call) {
    [this.#request, this.#call] = [request, call];
    this.#timer = setTimeout(() => {
      this.abort(new TimeoutError(`Cannot pass the request on: no answer within ${timeout} ms`));
    }, timeout);
    request.signal.addEventListener("abort", this.#leave);
    if (request.signal.aborted) this.#leave();
  }

  /** Whether it ended because the caller went away. */
  get isCallers(): boolean {
    const { aborted, reason } = this.#request.signal;
    return aborted && this.signal.reason === reason;
  }

  readonly #leave = (): void => this.abort(this.#request.signal.reason);

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** The service has answered, so that from now on only its silence counts. */
  answered(): void {
    clearTimeout(this.#timer);
  }

  touch(): void {
    this.#call.slot.touch();
  }

  end(error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#request.signal.removeEventListener("abort", this.#leave);
    this.#call.slot.release();
    if (error !== undefined && !this.isCallers) this.#call.onFailure(error);
  }
}

function answerFrom(
  { status, headers, body }: Response,
  exchange: Exchange,
  settings: Settings,
): Response {
  const own = listed(headers, settings.responseHeaders);
  own.set("x-content-type-options", "nosniff"); // what a model says is no page of this site
  const isEvents = /^text\/event-stream\b/i.test(own.get("content-type") ?? "");
  if (isEvents && !own.has("cache-control")) own.set("cache-control", "no-cache, no-transform"); // else proxies collect it
  if (!body) exchange.end();
  const passed = body && answerBody(body, exchange, { ...settings, isEvents });
  return new Response(passed, { status, headers: own });
}

function listed(headers: Headers, names: readonly string[]): Headers {
  const found = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) found.set(name, value);
  }
  return found;
}
