import { type Emulator, emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { type DataFrame, dataFrame, dataFrameList, decode } from "../../protos/queue.ts";
import { fakeClock } from "./fake_clock.ts";
import { api } from "./signed_calls.ts";

/** Media type of the queue service's messages. */
const protobuf = "application/vnd.google.protobuf";

/** An emulated queue service, called as the vendor's clients call it. */
export interface QueueCalls {
  cloud: Emulator;
  /** Calls a queue: `call("GET", "?_attrs_=true")`, or `call("GET", "/sink?_attrs_=true")`. */
  call(method: string, target: string, init?: RequestInit): Promise<Response>;
  /** Puts an item and returns its index. */
  put(data: string, target?: string): Promise<bigint>;
  /** Gets items as messages. */
  get(target: string): Promise<DataFrame[]>;
  /** Attributes. */
  attributes(target?: string): Promise<Record<string, string>>;
  /** Opens a plain HTTP watch as a consumer of this name. */
  watch(target: string, user?: string, group?: string): Promise<Watch>;
}

/** An open watch. */
export interface Watch {
  /** The next frame; `undefined` when the stream is over. */
  next(): Promise<DataFrame | undefined>;
  /** Hangs up. */
  close(): Promise<void>;
}

/** Makes a cloud with one service, of the type `Queue` unless the configuration says otherwise. */
export async function queueCalls(
  config: Record<string, unknown> = {},
  options: EmulatorOptions = {},
): Promise<QueueCalls> {
  const cloud = emulator({
    clock: fakeClock(),
    delays: { create: 0, start: 0, stop: 0, gateway: 0 },
    ...options,
  });
  const body = { name: "jobs", token: "token", metadata: { type: "Queue" }, ...config };
  const { status } = await api(cloud, "CreateService", "POST /api/v2/services", { body });
  if (status !== 200) throw new Error(`the service was refused with ${status}`);
  const url = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/jobs";
  const call: QueueCalls["call"] = async (method, target, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", "token");
    return await cloud.fetch(url + target, { ...init, method, headers });
  };
  const accepting = { headers: { accept: protobuf } };
  return {
    cloud,
    call,
    put: async (data, target = "") => BigInt(await (await call("POST", target, { body: data })).text()),
    async get(target) {
      const answer = await call("GET", target, accepting);
      if (answer.status === 204) return [];
      return [...decode(dataFrameList, new Uint8Array(await answer.arrayBuffer())).index ?? []];
    },
    attributes: async (target = "") => await (await call("GET", `${target}?_attrs_=true`)).json(),
    async watch(target, user = "u", group = "g") {
      const headers = { ...accepting.headers, ...identity(user, group) };
      const { body } = await call("GET", target, { headers });
      const reader = body!.getReader(); // a watch has a body
      return {
        async next() {
          const { value } = await reader.read();
          return value && decode(dataFrame, value.slice(4)); // the emulator sends each frame as one chunk
        },
        close: () => reader.cancel(),
      };
    },
  };
}

/** Headers that say who calls. */
export function identity(user: string, group: string): Record<string, string> {
  return { "x-eas-queueservice-redis-uid": user, "x-eas-queueservice-redis-gid": group };
}

/** Text of a frame's content. */
export function textOf(frame: DataFrame | undefined): string | undefined {
  return frame && new TextDecoder().decode(frame.data as Uint8Array<ArrayBuffer>); // reading gives bytes
}
