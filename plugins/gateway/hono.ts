import type { GatewayOptions, GatewayTarget } from "./options.ts";
import { gate } from "./to-fetch-handler.ts";

/**
 * What the middleware uses of Hono's `Context`, whichever registry Hono comes from.
 *
 * @typeParam Bindings What `env` holds, as in `Hono<{ Bindings: … }>`.
 */
export interface HonoContext<Bindings = unknown> {
  /** What the runtime hands over, such as the variables of a worker. */
  readonly env: Bindings;
  /** The request. */
  readonly req: {
    /** As the runtime gave it. */
    readonly raw: Request;
    /** The body, also when it was read before. */
    arrayBuffer(): Promise<ArrayBuffer>;
  };
}

/**
 * The handler of `toFetchHandler()` as middleware of Hono: `app.post("/predict", gateway(predictor))`. What its `path`
 * doesn't know goes on to the next handler. A body that middleware before it has read is passed on as well.
 *
 * @typeParam Bindings As in `Hono<{ Bindings: … }>`: `gateway<Env>(({ env }) => predictor ??= new Predictor(…))`.
 * @throws {TypeError} when the options of the predictor can't be used, or `cors` would let any page use cookies.
 * @throws {RangeError} when a bound is none.
 */
export function gateway<Bindings = unknown>(
  target: GatewayTarget<HonoContext<Bindings>>,
  options: GatewayOptions<HonoContext<Bindings>> = {},
): (context: HonoContext<Bindings>, next: () => Promise<void>) => Promise<Response | void> {
  const handle = gate(target, options);
  return async (context, next) => await handle(await unread(context), context) ?? await next();
}

/** The request with its body, which Hono keeps when it was read. */
async function unread({ req }: HonoContext): Promise<Request> {
  const { url, method, headers, signal, bodyUsed } = req.raw;
  return bodyUsed ? new Request(url, { method, headers, signal, body: await req.arrayBuffer() }) : req.raw;
}
