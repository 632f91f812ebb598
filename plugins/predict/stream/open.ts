import type { PredictOptions, Predictor } from "../../../core/predictor.ts";
import { redact } from "../../../core/redact.ts";
import { AnswerStream, end, type Fail, type Reading } from "./answer-stream.ts";
import { cannot } from "./cannot.ts";
import { type Clocks, Exchange } from "./exchange.ts";
import { type FramingName, framingOf, framings, type StreamEvent } from "./framing.ts";
import { serviceError } from "./service-error.ts";
import { StreamError } from "./stream-error.ts";

/** Options of every stream. */
export interface StreamOptions extends Omit<PredictOptions, "signal" | "timeout">, Clocks {
  /** HTTP method, in upper case. @default {"POST"} */
  method?: string;
  /**
   * How the answer is divided: server-sent events, lines, or not at all. The default is what its `content-type` says:
   * `text/event-stream`, `application/x-ndjson` and its like, or JSON.
   */
  framing?: FramingName;
  /** Longest event or line in characters, so that none fills the memory. @default {16777216} */
  maxEventLength?: number;
}

/** What is liked best; all else is looked at too. */
const accept = "text/event-stream, application/x-ndjson, application/json;q=0.9, */*;q=0.5";

/**
 * Sends the input and waits for the answer's first item. Makes items as `readingOf` says.
 *
 * @param action What messages say that can't be done.
 */
export async function open<Item>(
  predictor: Predictor<never, unknown>,
  input: unknown,
  options: StreamOptions,
  readingOf: (response: Response) => Reading<unknown, Item> | undefined,
  action = "stream from",
): Promise<AnswerStream<Item>> {
  const what = cannot(action, predictor);
  const { signal: _, timeout: __, framing, maxEventLength = Infinity, ...rest } = options;
  const exchange = new Exchange(what, options);
  if (framing !== undefined && !Object.hasOwn(framings, framing)) {
    throw new TypeError(`${what}: framing is ${framing}`);
  }
  if (!(maxEventLength > 0)) throw new RangeError(`${what}: maxEventLength is ${maxEventLength}`);
  const headers = new Headers(options.headers);
  if (!headers.has("accept")) headers.set("accept", accept);
  const response = await exchange.send((own) => predictor.rawPredict(input, { ...rest, headers, ...own }));
  const reading = readingOf(response);
  if (reading) return await new AnswerStream(what, response, exchange, reading).open();
  throw await notAStream(what, response, exchange);
}

/** Reads events or lines with a function that makes an item of each; `undefined` when the answer has neither. */
export function eventReading<Item>(
  response: Response,
  { framing, maxEventLength = 16_777_216 }: StreamOptions,
  toItem: (event: StreamEvent, fail: Fail) => Item,
): Reading<StreamEvent, Item> | undefined {
  const name = framing ?? (response.body ? framingOf(response.headers.get("content-type")) : "whole");
  if (!name) return undefined;
  const isSse = name === "sse";
  return {
    framing: framings[name](maxEventLength),
    endsWithBody: !isSse,
    toItem(event, fail) {
      if (isSse && event.data === "[DONE]") return end;
      const error = serviceError(event, fail);
      if (error) throw error;
      return toItem(event, fail);
    },
  };
}

/** Reads the JSON that an event is. */
export function parseEvent<Item>({ data }: StreamEvent, fail: Fail): Item {
  try {
    return JSON.parse(data) as Item; // the caller says what it is
  } catch {
    throw fail("an event is not JSON", { code: "InvalidEvent", body: redact(data.slice(0, maxBody)) });
  }
}

/** Characters of a strange answer that are kept. */
const maxBody = 65_536;

async function notAStream(what: string, response: Response, exchange: Exchange): Promise<StreamError> {
  const start = await exchange.read().catch(() => undefined);
  await exchange.end();
  exchange.throwIfStopped();
  const body = redact(new TextDecoder().decode(start?.value)).slice(0, maxBody);
  const type = response.headers.get("content-type") ?? "an answer without content-type";
  const state = `can't read ${type} as a stream; see the option framing`;
  return new StreamError(`${what}: ${state}${body && `: ${body.slice(0, 200)}`}`, {
    code: "NotAStream",
    status: response.status,
    requestId: response.headers.get("x-request-id") ?? undefined,
    body,
    received: 0,
  });
}
