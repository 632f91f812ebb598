import { type Clock, systemClock } from "./clock.ts";
import { CredentialsError } from "./errors.ts";

/** An access key, or a temporary one with its token. */
export interface Credentials {
  /** Id of the access key. */
  accessKeyId: string;
  /** Secret of the access key. */
  accessKeySecret: string;
  /** Token of a temporary key. */
  securityToken?: string;
  /** When a temporary key ends. */
  expiration?: Date;
}

/** A token that stands for the caller; the control plane takes it, object storage doesn't. */
export interface BearerToken {
  /** The token. */
  bearerToken: string;
}

/** What a {@linkcode CredentialsProvider} may be told. */
export interface CredentialsOptions {
  /** Cancels the wait. */
  signal?: AbortSignal;
  /** Credentials that a server has just refused as ended: a provider that keeps some gets others, if these are they. */
  rejected?: Credentials;
}

/** Gets credentials. Called for each request; {@linkcode memoize} keeps what is slow to get. */
export type CredentialsProvider = (options?: CredentialsOptions) => Promise<Credentials>;

/**
 * Always gives the same credentials.
 *
 * @throws {TypeError} when the id or the secret is missing.
 */
export function staticCredentials(credentials: Credentials): CredentialsProvider {
  if (!credentials.accessKeyId || !credentials.accessKeySecret) {
    throw new TypeError("Cannot use the credentials: accessKeyId or accessKeySecret is missing");
  }
  return () => Promise.resolve(credentials);
}

/**
 * Reads `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and `ALIBABA_CLOUD_SECURITY_TOKEN`, each by
 * its name and only when credentials are asked for. Deno asks for permission, or takes a variable that it may not read
 * for a missing one: allow them with `--allow-env=ALIBABA_CLOUD_ACCESS_KEY_ID,…`.
 */
export function fromEnv(): CredentialsProvider {
  return () => {
    const accessKeyId = env("ALIBABA_CLOUD_ACCESS_KEY_ID");
    const accessKeySecret = env("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    const securityToken = env("ALIBABA_CLOUD_SECURITY_TOKEN");
    if (accessKeyId && accessKeySecret) {
      return Promise.resolve({ accessKeyId, accessKeySecret, securityToken });
    }
    return Promise.reject(
      new CredentialsError(
        "Cannot get credentials: ALIBABA_CLOUD_ACCESS_KEY_ID or ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set",
        { code: "CredentialsNotFound", tryNext: true },
      ),
    );
  };
}

/** The one place that reads the environment: by name, at call time, without a runtime's own API. */
function env(name: string): string | undefined {
  try {
    // Deno, Bun and Node have it; workerd doesn't, and Deno throws where the variable isn't allowed
    return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
  } catch {
    return undefined;
  }
}

/**
 * Tries providers in turn. The next one is asked only when nothing was configured for the last; what is
 * configured but broken is an error, not a reason to act as somebody else.
 */
export function chain(...providers: CredentialsProvider[]): CredentialsProvider {
  return async (options) => {
    const reasons: unknown[] = [];
    for (const provider of providers) {
      try {
        return await provider(options);
      } catch (error) {
        if (!(error instanceof CredentialsError && error.tryNext)) throw error;
        reasons.push(error);
      }
    }
    const said = reasons.map((error) => (error as Error).message).join("; "); // each is a CredentialsError
    throw new CredentialsError(`Cannot get credentials from ${providers.length} sources: ${said}`, {
      code: "CredentialsNotFound",
      cause: reasons.at(-1),
      tryNext: true,
    });
  };
}

/** Below this time to live, callers wait for new credentials. */
const stale = 60_000;
/** Below this time to live, or a quarter of the whole if less, new credentials are fetched beside the calls. */
const renewBefore = 900_000;
/** Pause after a failed renewal while the old credentials still hold. */
const retryPause = 5_000;

/**
 * Keeps credentials until shortly before they end. However many callers ask, one request is under way; renewal
 * begins a quarter of the lifetime ahead (15 minutes at most) while callers go on with what is there.
 */
export function memoize(
  provider: CredentialsProvider,
  { clock = systemClock }: { clock?: Clock } = {},
): CredentialsProvider {
  let kept: { credentials: Credentials; renewAt: number; endsAt: number } | undefined;
  let pending: Promise<Credentials> | undefined;

  const renew = (): Promise<Credentials> =>
    pending ??= (async () => {
      try {
        const credentials = await provider(); // without a caller's signal: others may be waiting too
        const endsAt = credentials.expiration?.getTime() ?? Infinity;
        const life = endsAt - clock.now();
        kept = { credentials, endsAt, renewAt: endsAt - Math.min(renewBefore, life / 4) };
        return credentials;
      } finally {
        pending = undefined;
      }
    })();

  return async ({ rejected } = {}) => {
    const now = clock.now();
    if (!kept || kept.endsAt - now <= stale || rejected && same(rejected, kept.credentials)) {
      return await renew();
    }
    if (now >= kept.renewAt) {
      kept.renewAt = now + retryPause;
      renew().catch(() => {}); // the kept ones still hold; the next call past the pause tries again
    }
    return kept.credentials;
  };
}

function same(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.securityToken === b.securityToken;
}
