import { Predictor } from "../../core/predictor.ts";
import { corsRules } from "./cors.ts";
import { type GatewayOptions, type GatewayTarget, type RawPredictor, settingsOf } from "./options.ts";
import { pass } from "./pass.ts";
import { refuse } from "./refusal.ts";
import { Slots } from "./slots.ts";

/**
 * Makes a handler of web requests out of a service: for `Deno.serve`, `Bun.serve`, `export default { fetch }` of a
 * worker, or any router. Callers see the service's answers, but no token, address or header of it.
 *
 * - The service's own refusals (400, 404, 422, 429 …) pass with their text; what is the gateway's affair or the
 *   service's becomes 502, 503 (also for 450, a full queue) or 504, as `{ "error": { "code", "message" } }`.
 * - Bodies stream in both directions; a caller that goes away ends the request to the service.
 * - A stream of events that breaks in the middle ends in an event with such an `error`; any other body breaks, too.
 *   While it is silent it gets comments, since workerd hears only of a write that its caller has gone.
 *
 * What a service writes into its bodies is passed as it is: one that echoes the headers of its requests tells its token.
 *
 * @throws {TypeError} when the options of the predictor can't be used, or `cors` would let any page use cookies.
 * @throws {RangeError} when a bound is none.
 */
export function toFetchHandler<Env = unknown>(
  target: GatewayTarget<Env>,
  options: GatewayOptions<Env> = {},
): (request: Request, env?: Env) => Promise<Response> {
  const handle = gate(target, options);
  return async (request, env) =>
    // where no environment is handed over, its type doesn't ask for one
    await handle(request, env as Env) ??
      refuse({ status: 404, code: "NotFound", message: "There is nothing here" });
}

/** The handler, which gives `undefined` for paths that there are not. */
export function gate<Env>(
  target: GatewayTarget<Env>,
  options: GatewayOptions<Env>,
): (request: Request, env: Env) => Promise<Response | undefined> {
  const settings = settingsOf(options);
  const predictorFor = predictorsOf(target);
  const slots = new Slots(settings.concurrency, Math.max(settings.timeout, settings.idleTimeout));
  const { authorize, onError } = options;
  const cors = options.cors && corsRules(options.cors, settings.methods);

  const answer = async (request: Request, env: Env, path: string): Promise<Response> => {
    if (cors && !cors.allows(request)) {
      return refuse({ status: 403, code: "Forbidden", message: "This origin may not call" });
    }
    const preflight = cors?.preflight(request);
    if (preflight) return preflight;
    if (!settings.methods.includes(request.method)) {
      const refusal = { status: 405, code: "MethodNotAllowed", message: "This method is not allowed" };
      return refuse(refusal, { allow: settings.methods.join(", ") });
    }
    const refused = await authorize?.(request, env);
    if (refused) return refused;
    const slot = slots.take();
    if (!slot) {
      return refuse({
        status: 503,
        code: "Unavailable",
        message: "Too many calls at a time; try again later",
      });
    }
    return await pass(request, path, settings, {
      slot,
      predictor: () => predictorFor(env, request),
      onFailure: (error) => onError?.(error, request, env),
    });
  };

  return async (request, env) => {
    const path = typeof settings.path === "string" ? settings.path : settings.path(request);
    if (path === undefined) return undefined;
    const response = await answer(request, env, path);
    if (!request.bodyUsed) request.body?.cancel().catch(() => {}); // nobody reads the rest of what was refused
    return cors ? cors.share(request, response) : response;
  };
}

function predictorsOf<Env>(target: GatewayTarget<Env>): (env: Env, request: Request) => RawPredictor {
  if (typeof target === "function") return target;
  const predictor = "rawPredict" in target ? target : new Predictor(target);
  return () => predictor;
}
