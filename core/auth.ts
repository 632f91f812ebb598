/** What an {@linkcode Authorizer} sees of a request, and may add headers to. */
export interface AuthorizedRequest {
  /** Address with path and query as sent. */
  readonly url: string;
  /** Method as sent. */
  readonly method: string;
  /** Headers of this attempt; the authorizer adds its own. */
  readonly headers: Headers;
  /** The body as sent. */
  readonly body: BodyInit | null | undefined;
}

/** Adds authentication to a request of a deployed service. */
export interface Authorizer {
  /** Called once for each attempt. */
  (request: AuthorizedRequest): void | Promise<void>;
  /**
   * Called when the service answered 401 to a request: whether it is worth while to authorize and send it once more,
   * which a body that is a stream never is. If so it cancels the answer, which nobody will read.
   */
  renew?(refused: AuthorizedRequest, answer: Response): boolean | Promise<boolean>;
}

/**
 * Sends the service's token as it is: `Authorization: <token>`.
 *
 * @throws {TypeError} when the token can't be a header's value.
 */
export function tokenAuth(token: string): Authorizer {
  if (!/^[ -~]+$/.test(token)) throw new TypeError("Cannot use the token: not plain text");
  return ({ headers }) => headers.set("authorization", token);
}

/** Sends the service's token as OpenAI clients do: `Authorization: Bearer <token>`. */
export function bearerAuth(token: string): Authorizer {
  return tokenAuth(`Bearer ${token}`);
}

/** Sends nothing, for services that are public. */
export function noAuth(): Authorizer {
  return () => {};
}
