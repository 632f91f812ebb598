/**
 * Gets the token of a service when it is needed, and another one when the service refuses it.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { renewToken } from "@pai-edge/sdk/predict/renewing-auth";
 *
 * let valid = "first";
 * const predictor = new Predictor({
 *   endpoint: "http://localhost/api/predict/iris",
 *   auth: renewToken(() => valid), // in earnest: asks the vault, or `service.describe()`
 *   fetch: (_, { headers }) =>
 *     new Headers(headers).get("authorization") === valid ? Response.json("fine") : new Response(null, { status: 401 }),
 * });
 * console.log(await predictor.predict(1)); // fine
 * valid = "second"; // somebody changes the token of the service
 * console.log(await predictor.predict(1)); // fine
 * ```
 *
 * @module
 */
import { type AuthorizedRequest, type Authorizer, tokenAuth } from "../../core/auth.ts";

/** Options of {@linkcode renewToken}. */
export interface RenewTokenOptions {
  /** How a token is used. `bearerAuth` and `easSignature` may be given, too. @default {tokenAuth} */
  auth?: (token: string) => Authorizer;
}

/** A token, and what it authorizes with. */
interface Grant {
  token: string;
  authorize: Authorizer;
}

/**
 * Authenticates with a token that is asked for once, and again when the service answers 401 to it; then the request is
 * sent once more. Any number of calls that are refused at a time ask once. What is asked for and fails is the failure
 * of the calls that wait for it, and the next call asks again.
 *
 * @param getToken Gets a token; it is told the one that was refused.
 */
export function renewToken(
  getToken: (refused?: string) => string | Promise<string>,
  { auth = tokenAuth }: RenewTokenOptions = {},
): Authorizer {
  let current: Promise<Grant> | undefined;
  const used = new WeakMap<AuthorizedRequest, Grant>();

  const ask = (refused?: string): Promise<Grant> => {
    const asked = Promise.resolve(refused).then(getToken).then((token) => ({
      token,
      authorize: auth(token),
    }));
    asked.catch(() => {
      if (current === asked) current = undefined;
    });
    return asked;
  };

  const authorize = async (request: AuthorizedRequest): Promise<void> => {
    const grant = await (current ??= ask());
    used.set(request, grant);
    await grant.authorize(request);
  };

  const renew = async (request: AuthorizedRequest, answer: Response): Promise<boolean> => {
    if (request.body instanceof ReadableStream) return false; // it can't be sent again
    const refused = used.get(request);
    const last = current;
    if (last && await last === refused && current === last) current = ask(refused?.token);
    const { token } = await (current ??= ask(refused?.token));
    if (token === refused?.token) return false;
    await answer.body?.cancel();
    return true;
  };

  return Object.assign(authorize, { renew });
}
