import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type Context, Hono } from "hono";
import { type Cloud, readBody } from "./cloud.ts";
import { maxSkew } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { type JsonObject, parseConfig } from "./service-config.ts";
import {
  allServices,
  changeState,
  createService,
  describe,
  findService,
  type FoundService,
  updateService,
} from "./services.ts";
import { verifyAcs3 } from "./verify-acs3.ts";

type Env = { Variables: { requestId: string; body: Uint8Array<ArrayBuffer> } };
type Call = Context<Env>;

const services = "/api/v2/services";
const service = `${services}/:cluster/:name`;

/** The actions that the emulator knows: method, path, name, and what makes the answer. */
const actions: [
  method: string,
  path: string,
  name: string,
  run: (cloud: Cloud, call: Call) => JsonObject | Promise<JsonObject>,
][] = [
  ["POST", services, "CreateService", create],
  ["GET", services, "ListServices", listServices],
  ["GET", service, "DescribeService", (cloud, call) => described(cloud, call, named(cloud, call))],
  ["PUT", service, "UpdateService", update],
  ["PUT", `${service}/start`, "StartService", (cloud, call) => change(cloud, call, "start")],
  ["PUT", `${service}/stop`, "StopService", (cloud, call) => change(cloud, call, "stop")],
  ["DELETE", service, "DeleteService", (cloud, call) => change(cloud, call, "delete")],
];

/**
 * The control plane: EAS 2021-07-01, ROA style, signed with ACS3.
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-overview.
 */
export function controlPlane(cloud: Cloud): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, call) => apiError(call, error));
  app.use(async (call, next) => {
    call.set("requestId", requestId(cloud));
    await next();
    call.res.headers.set("x-acs-request-id", call.get("requestId"));
    call.res.headers.set("date", new Date(cloud.clock.now()).toUTCString());
  });
  app.use((call, next) => authenticate(cloud, call).then(next));
  for (const [method, path, name, run] of actions) {
    app.on(method, path, async (call) => {
      if (call.req.header("x-acs-action") !== name) throw actionNotFound();
      // Loading a model takes a while, in which no other call may change the service.
      const answer = await cloud.store.inTurn(() => run(cloud, call));
      return json({ RequestId: call.get("requestId"), ...answer }, 200);
    });
  }
  app.all("*", () => {
    throw actionNotFound();
  });
  return app;
}

/** Checks size, signature and nonce, and keeps the body for the route. */
async function authenticate(cloud: Cloud, call: Call): Promise<void> {
  const request = call.req.raw;
  const body = await readBody(request, cloud);
  if (!body) {
    const message = `The body is longer than ${cloud.maxBodyBytes} bytes.`;
    throw new Refusal({ status: 413, code: "RequestBodyTooLarge", message });
  }
  call.set("body", body);
  const { pathname, search, host } = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set("host", host);
  const now = cloud.clock.now();
  const payloadHash = bytesToHex(sha256(body));
  const verdict = verifyAcs3(
    { method: request.method, pathname, search, headers, payloadHash },
    cloud.lookup,
    now,
  );
  if (!verdict.ok) throw new Refusal(verdict);
  const nonce = `${verdict.accessKeyId}/${headers.get("x-acs-signature-nonce")}`;
  // A request may be dated ahead by the allowed skew, and is good for as long again.
  if (!cloud.store.rememberNonce(nonce, now, now + 2 * maxSkew)) {
    const message = "Specified signature nonce was used already.";
    throw new Refusal({ status: 400, code: "SignatureNonceUsed", message });
  }
  if (headers.get("x-acs-version") !== "2021-07-01") {
    throw new Refusal({
      status: 400,
      code: "InvalidVersion",
      message: "Specified parameter Version is not valid.",
    });
  }
}

function actionNotFound(): Refusal {
  const message = "Specified api is not found, please check your url and method.";
  return new Refusal({ status: 404, code: "InvalidAction.NotFound", message });
}

function named(cloud: Cloud, call: Call): FoundService {
  const { cluster, name = "" } = call.req.param();
  if (cluster !== cloud.region) {
    const message = `There is no cluster ${cluster}; the emulator runs ${cloud.region} only.`;
    throw new Refusal({ status: 404, code: "ClusterNotFound", message });
  }
  const found = findService(cloud, name);
  if (!found) {
    throw new Refusal({ status: 404, code: "ServiceNotFound", message: `There is no service ${name}.` });
  }
  return found;
}

async function create(cloud: Cloud, call: Call): Promise<JsonObject> {
  const created = await createService(cloud, parseConfig(call.get("body")), call.req.query("Labels"));
  const shown = [
    "ServiceId",
    "ServiceUid",
    "ServiceName",
    "Region",
    "Status",
    "InternetEndpoint",
    "IntranetEndpoint",
  ];
  return Object.fromEntries(
    Object.entries(described(cloud, call, created)).filter(([name]) => shown.includes(name)),
  );
}

async function update(cloud: Cloud, call: Call): Promise<JsonObject> {
  const replace = call.req.query("UpdateType") === "replace";
  await updateService(cloud, named(cloud, call), parseConfig(call.get("body")), replace);
  return { Message: `Service [${call.req.param("name")}] is updated` };
}

async function change(
  cloud: Cloud,
  call: Call,
  kind: "start" | "stop" | "delete",
): Promise<JsonObject> {
  await changeState(cloud, named(cloud, call), kind);
  return { Message: `Service [${call.req.param("name")}] accepted: ${kind}` };
}

function described(cloud: Cloud, call: Call, found: FoundService): JsonObject {
  return describe(cloud, found, new URL(call.req.url));
}

function listServices(cloud: Cloud, call: Call): JsonObject {
  const { Filter = "", Order = "desc", PageNumber = "1", PageSize = "100" } = call.req.query();
  const [page, size] = [Number(PageNumber), Number(PageSize)];
  if (!(Number.isInteger(page) && page >= 1 && Number.isInteger(size) && size >= 1)) {
    const message = "PageNumber and PageSize are whole numbers from 1.";
    throw new Refusal({ status: 400, code: "InvalidParameter", message });
  }
  const matching = allServices(cloud).filter(({ service }) => service.name.includes(Filter));
  if (Order.toLowerCase() !== "asc") matching.reverse(); // the newest come first
  return {
    Services: matching.slice((page - 1) * size, page * size).map((found) => described(cloud, call, found)),
    TotalCount: matching.length,
    PageNumber: page,
    PageSize: size,
  };
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
