import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type Context, Hono } from "hono";
import { type Cloud, readBody } from "./cloud.ts";
import { maxSkew } from "./keys.ts";
import { Refusal, type Verdict } from "./refusal.ts";
import type { JsonObject } from "./service-config.ts";
import { verifyAcs3 } from "./verify-acs3.ts";
import { verifyRoa } from "./verify-roa.ts";
import { verifyRpc } from "./verify-rpc.ts";

/** What is known of a call that was let in. */
export type Env = { Variables: { requestId: string; body: Uint8Array<ArrayBuffer>; accessKeyId: string } };

/** A signed request. */
export type Call = Context<Env>;

/** An action of an API: method, path, name, and what makes the answer. Those of the RPC style have the path `/`. */
export type Action = readonly [
  method: string,
  path: string,
  name: string,
  run: (cloud: Cloud, call: Call) => JsonObject | Promise<JsonObject>,
];

/** One product's API. */
export interface Api {
  /** Its version. */
  readonly version: string;
  /** What it can do. */
  readonly actions: readonly Action[];
}

/**
 * Answers the calls of a product: signed with ACS3, or with the older signatures of both styles. Refusals are written
 * as https://api.aliyun.com/document/common-errors has them.
 */
export function api(cloud: Cloud, { version, actions }: Api): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, call) => apiError(call, error));
  app.use(async (call, next) => {
    call.set("requestId", requestId(cloud));
    await next();
    call.res.headers.set("x-acs-request-id", call.get("requestId"));
    call.res.headers.set("date", new Date(cloud.clock.now()).toUTCString());
  });
  app.use((call, next) => authenticate(cloud, call, version).then(next));
  for (const [[method, path], named] of byPlace(actions)) {
    app.on(method, path, async (call) => {
      const run = named.get(told(call, "x-acs-action", "Action") ?? "");
      if (!run) throw actionNotFound();
      // Some actions take a while, in which no other call may change what they work on.
      const answer = await cloud.store.inTurn(() => run(cloud, call));
      return json({ RequestId: call.get("requestId"), ...answer }, 200);
    });
  }
  app.all("*", () => {
    throw actionNotFound();
  });
  return app;
}

/** Groups actions by method and path, where those of the RPC style meet. */
function byPlace(actions: readonly Action[]): [place: [string, string], named: Map<string, Action[3]>][] {
  const places = new Map<string, [[string, string], Map<string, Action[3]>]>();
  for (const [method, path, name, run] of actions) {
    const place = places.get(`${method} ${path}`) ?? [[method, path], new Map()];
    place[1].set(name, run);
    places.set(`${method} ${path}`, place);
  }
  return [...places.values()];
}

/** Checks size, signature, nonce and version, and keeps the body for the action. */
async function authenticate(cloud: Cloud, call: Call, version: string): Promise<void> {
  const request = call.req.raw;
  const body = await readBody(request, cloud);
  if (!body) {
    const message = `The body is longer than ${cloud.maxBodyBytes} bytes.`;
    throw new Refusal({ status: 413, code: "RequestBodyTooLarge", message });
  }
  call.set("body", body);
  const now = cloud.clock.now();
  const verdict = verify(cloud, request, body, now);
  if (!verdict.ok) throw new Refusal(verdict);
  call.set("accessKeyId", verdict.accessKeyId);
  const sent = told(call, "x-acs-signature-nonce", "SignatureNonce");
  // A request may be dated ahead by the allowed skew, and is good for as long again.
  if (!cloud.store.rememberNonce(`${verdict.accessKeyId}/${sent}`, now, now + 2 * maxSkew)) {
    const message = "Specified signature nonce was used already.";
    throw new Refusal({ status: 400, code: "SignatureNonceUsed", message });
  }
  if (told(call, "x-acs-version", "Version") !== version) {
    const message = "Specified parameter Version is not valid.";
    throw new Refusal({ status: 400, code: "InvalidVersion", message });
  }
}

/** What a call tells in its headers, or, where the older signature of the RPC style covers no header, in its query. */
function told({ req }: Call, header: string, parameter: string): string | undefined {
  const { pathname } = new URL(req.url);
  return (pathname === "/" ? req.query(parameter) : undefined) ?? req.header(header);
}

/** The scheme is told by where the signature stands. */
function verify(cloud: Cloud, request: Request, body: Uint8Array<ArrayBuffer>, now: number): Verdict {
  const { pathname, search, searchParams, host } = new URL(request.url);
  const { method } = request;
  const headers = new Headers(request.headers);
  headers.set("host", host);
  const authorization = headers.get("authorization") ?? "";
  if (authorization.startsWith("acs ")) {
    return verifyRoa({ method, pathname, search, headers }, cloud.lookup, now);
  }
  if (!authorization && pathname === "/" && searchParams.has("AccessKeyId")) {
    const isForm = headers.get("content-type")?.startsWith("application/x-www-form-urlencoded");
    const form = isForm ? new TextDecoder().decode(body) : undefined;
    return verifyRpc({ method, search, form }, cloud.lookup, now);
  }
  const payloadHash = bytesToHex(sha256(body));
  return verifyAcs3({ method, pathname, search, headers, payloadHash }, cloud.lookup, now);
}

function actionNotFound(): Refusal {
  const message = "Specified api is not found, please check your url and method.";
  return new Refusal({ status: 404, code: "InvalidAction.NotFound", message });
}

function apiError(call: Call, error: Error): Response {
  const { status, code } = error instanceof Refusal ? error : { status: 500, code: "InternalError" };
  const { host } = new URL(call.req.url);
  const RequestId = call.get("requestId");
  return json({ RequestId, HostId: host, Code: code, Message: error.message }, status);
}

function json(members: JsonObject, status: number): Response {
  return Response.json(members, { status, headers: { "content-type": "application/json;charset=utf-8" } });
}

function requestId(cloud: Cloud): string {
  return `00000000-0000-4000-8000-${cloud.store.next().toString(16).toUpperCase().padStart(12, "0")}`;
}
