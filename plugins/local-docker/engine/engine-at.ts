import { bounded } from "../../../core/timeout.ts";
import { utf8 } from "../../../core/encoding.ts";
import { DockerError } from "./docker-error.ts";
import { type Endpoint, isLocalEndpoint } from "./endpoint.ts";
import type { CallOptions, Engine, EngineKind } from "./engine.ts";
import { refusal, saidIn } from "./refusal.ts";
import type { Transport } from "./transport.ts";

/** What is known of an engine that answered. */
export interface EngineFacts {
  /** Version of the API to speak; absent before it is known, and requests then name none. */
  apiVersion?: string;
  /** Whose it is. */
  kind: EngineKind;
  /** Whether it runs on this machine. @default {what its address tells} */
  isLocal?: boolean;
}

/** An engine at a place that is known to answer. */
export function engineAt(endpoint: Endpoint, send: Transport, facts: EngineFacts): Engine {
  const { apiVersion, kind, isLocal = isLocalEndpoint(endpoint) } = facts;
  return {
    address: endpoint.address,
    isLocal,
    host: isLocal ? "127.0.0.1" : endpoint.hostname ?? "127.0.0.1",
    apiVersion: apiVersion ?? "",
    kind,
    async call(method, path, options = {}) {
      const { signal, timeout = Infinity, accept = [], what = "Cannot call the engine" } = options;
      const gone = (cause: unknown): DockerError =>
        new DockerError(
          `${what}: the engine at ${endpoint.address} is gone (${reason(cause)}); see that it runs`,
          { code: "ENGINE_GONE", cause },
        );
      const { body, headers } = content(options);
      const url = (apiVersion ? `/v${apiVersion}` : "") + path + query(options.query);
      const response = await bounded(
        what,
        timeout,
        signal,
        (headSignal) => send({ method, path: url, headers, body, headSignal, signal, broken: gone }),
      );
      if (response.status < 400 || accept.includes(response.status)) return response;
      throw refusal(what, saidIn(await response.text()), {
        status: response.status,
        secrets: [headers["x-registry-auth"]],
      });
    },
  };
}

function content({ json, body, headers = {} }: CallOptions): {
  body?: Uint8Array | ReadableStream<Uint8Array>;
  headers: Record<string, string>;
} {
  const sent = json === undefined ? body : utf8(JSON.stringify(json));
  const named = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  if (json !== undefined) named["content-type"] ??= "application/json";
  if (sent instanceof Uint8Array) named["content-length"] = `${sent.length}`;
  return { body: sent, headers: named };
}

function query(values: Record<string, string | undefined> = {}): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

function reason(cause: unknown): string {
  const { code, message } = Object(cause);
  return `${message || code || cause}`;
}
