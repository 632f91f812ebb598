import type { CallOptions, Client } from "../../core/client.ts";
import { ApiError } from "../../core/errors.ts";
import { bounded } from "../../core/timeout.ts";
import { fakeClock } from "./fake_clock.ts";

/** A call that reached the fake control plane. */
export interface FakeCall {
  action: string;
  method?: string;
  path?: string;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
  timeout?: number;
}

/** What calls are told as that ask whether a service may be created: they have nothing to create. */
const mayCreate = "MayCreateService";

/** What the fake control plane and gateway answer. Each list's last item is repeated. */
export interface FakeScript {
  /** States after creation; `404` while the service is not visible. */
  create?: (string | 404)[];
  /** States after start. */
  start?: string[];
  /** States after stop. */
  stop?: string[];
  /** Answers of the gateway; an error stands for a broken connection. */
  gateway?: (() => Response | Error)[];
  /** Further keys of DescribeService. */
  reply?: Record<string, unknown>;
  /** Whether the service is there from the start. */
  exists?: boolean;
  /** Fails calls of this action. */
  fail?: Record<string, () => unknown>;
  /** Answers these actions in another way. */
  answers?: Record<string, (query: Readonly<Record<string, unknown>>) => unknown>;
  /** Never answers these actions. */
  hang?: string[];
  /** Configuration of the service that there is after CreateService, though the call fails. */
  made?: (asked: Record<string, unknown>) => Record<string, unknown>;
  workspaceId?: string;
}

/** A client of a control plane with one service, which does what its script says. */
export interface FakeEas {
  client: Client;
  calls: FakeCall[];
  /** Pauses asked of the clock, in milliseconds. */
  sleeps: readonly number[];
  /** Requests that reached the gateway: method, path with query, and authorization. */
  probes: string[];
  actions(): string[];
  body(): Record<string, unknown>;
}

export function fakeEas(script: FakeScript = {}): FakeEas {
  const calls: FakeCall[] = [];
  const clock = fakeClock();
  const probes: string[] = [];
  const gateway = script.gateway ?? [() => new Response("ok")];
  let config: Record<string, unknown> = {};
  let exists = script.exists ?? false;
  let states: (string | 404)[] = script.create ?? ["Running"];
  const missing = (action: string): ApiError =>
    new ApiError(`Cannot ${action}: no such service`, { action, status: 404, code: "ServiceNotFound" });
  const next = <T>(list: T[]): T => list.length > 1 ? list.shift()! : list[0]!;

  const answer = (action: string, body: unknown, query: FakeCall["query"] = {}): unknown => {
    if (action === "CreateService" && script.made) {
      exists = true;
      config = script.made(body as typeof config); // what the code under test sends
    }
    const failure = script.fail?.[action];
    if (failure) throw failure();
    const own = script.answers?.[action];
    if (own) return own(query);
    if (action === mayCreate) {
      throw new ApiError(`Cannot ${action}: no name`, { action, status: 400, code: "InvalidParameter" });
    }
    if (action === "CreateService") {
      exists = true;
      config = body as typeof config; // what the code under test sends
      return { ServiceName: config.name, Status: "Creating" };
    }
    const state = exists && action === "DescribeService" ? next(states) : undefined;
    if (!exists || state === 404) throw missing(action);
    if (action === "StartService") states = script.start ?? ["Running"];
    if (action === "StopService") states = script.stop ?? ["Stopped"];
    if (action === "DeleteService") exists = false;
    return action !== "DescribeService" ? { Message: "accepted" } : {
      ServiceName: config.name ?? "iris",
      Status: state,
      ServiceConfig: JSON.stringify(config),
      InternetEndpoint: "http://1.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris",
      IntranetEndpoint: "http://1.vpc.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris",
      AccessToken: "secret-token-of-iris",
      ...script.reply,
    };
  };
  const client: Client = {
    region: "cn-hangzhou",
    workspaceId: script.workspaceId,
    network: "public",
    serializers: [],
    clock,
    credentials: () => Promise.resolve({ accessKeyId: "id", accessKeySecret: "secret" }),
    endpoint: (product) => `https://${product}.test`,
    predictor: () => Promise.reject(new Error("not part of this fake")),
    fetch: (url, init) => {
      const { pathname, search, host } = new URL(url);
      const token = new Headers(init.headers).get("authorization");
      probes.push(`${init.method} ${host.includes(".vpc.") ? "vpc" : ""}${pathname}${search} ${token}`);
      const response = next(gateway)();
      if (response instanceof Error) throw response;
      return response;
    },
    call: <T>(asked: string, request: CallOptions = {}) => {
      const { method, path, query, body, timeout } = request;
      const action = asked === "CreateService" && JSON.stringify(body) === "{}" ? mayCreate : asked;
      calls.push({ action, method, path, query, body, timeout });
      return bounded(`Cannot call ${action}`, request.timeout ?? 60_000, request.signal, async () => {
        await (script.hang?.includes(action) ? new Promise(() => {}) : undefined);
        return answer(action, body, query) as T; // as loose as the real answers
      });
    },
  };
  return {
    client,
    calls,
    sleeps: clock.slept,
    probes,
    actions: () => calls.map(({ action }) => action),
    body: () => config,
  };
}
