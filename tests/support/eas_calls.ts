import type { Emulator } from "../../plugins/emulator/mod.ts";
import { api } from "./signed_calls.ts";

/** An answer of the control plane. */
export type Answer = Record<string, unknown>;

/** Operations of the control plane on one emulator, each by its name and the part of its path behind the service. */
export interface EasCalls {
  /** Creates a service, with the query of the request behind it: `create({ name: "iris" }, "?Labels={}")`. */
  create(config: Answer, query?: string): Promise<Answer>;
  /** Calls an operation on a service: `call("StopService", "PUT", "iris/stop")`. */
  call(action: string, method: string, below: string, body?: unknown): Promise<Answer>;
  /** Calls an operation that is on no service: `other("ListGroups", "GET /api/v2/groups")`. */
  other(action: string, line: string): Promise<Answer>;
  /** `409 ServiceLocked`, of an operation that is refused. */
  refused(action: string, method: string, below: string, body?: unknown): Promise<string>;
  /** Describes a service. */
  describe(name: string): Promise<Answer>;
  /** Lists of what belongs to a service. */
  instances(name: string, query?: string): Promise<Answer[]>;
  events(name: string, query?: string): Promise<Answer[]>;
  logs(name: string, query?: string): Promise<string[]>;
}

/** Calls with signatures that the tests make. */
export function easCalls(cloud: Emulator): EasCalls {
  const services = "/api/v2/services";
  const path = (below: string): string => `${services}/${cloud.region}/${below}`;
  const successful = async (action: string, line: string, body?: unknown): Promise<Answer> => {
    const answer = await api(cloud, action, line, { body });
    if (answer.status !== 200) throw new Error(`${action}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const call: EasCalls["call"] = (action, method, below, body) =>
    successful(action, `${method} ${path(below)}`, body);
  return {
    call,
    create: (config, query = "") => successful("CreateService", `POST ${services}${query}`, config),
    other: (action, line) => successful(action, line),
    async refused(action, method, below, body) {
      const answer = await api(cloud, action, `${method} ${path(below)}`, { body });
      return `${answer.status} ${answer.body.Code}`;
    },
    describe: (name) => call("DescribeService", "GET", name),
    // as the emulator writes them
    instances: async (name, query = "") =>
      (await call("ListServiceInstances", "GET", `${name}/instances${query}`)).Instances as Answer[],
    events: async (name, query = "") =>
      (await call("DescribeServiceEvent", "GET", `${name}/events${query}`)).Events as Answer[],
    logs: async (name, query = "") =>
      (await call("DescribeServiceLog", "GET", `${name}/logs${query}`)).Logs as string[],
  };
}
