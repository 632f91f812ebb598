/**
 * A small Alibaba Cloud in this process: the EAS control plane, images, workspaces and the model registry, object
 * storage, the inference gateway and its queue service, so that everything from upload to prediction runs offline. It checks
 * signatures as the vendor does, with its own code. A service whose `metadata.type` is `"Async"` is reached through an
 * input queue and a sink; one of the type `"Queue"` is but the two queues.
 * Services with containers need a handler, or a `runner`, such as `localDocker()`, which runs them for real.
 *
 * @example
 * ```ts
 * import { emulator } from "@pai-edge/sdk/emulator";
 *
 * const cloud = emulator({ handlers: { echo: (request) => new Response(request.body) } });
 * const answer = await cloud.fetch("http://pai-eas.cn-hangzhou.aliyuncs.com/api/v2/services", {});
 * console.log(answer.status, (await answer.json()).Code); // 400 MissingAccessKeyId
 * ```
 *
 * @module
 */
import { Hono } from "hono";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Credentials, CredentialsProvider } from "../../core/credentials.ts";
import { type Fetch, globalFetch } from "../../core/fetch.ts";
import { bucketName } from "../../core/oss-uri.ts";
import type { Target } from "../../core/target.ts";
import type { Handler } from "../processors/handler.ts";
import { aiWorkspace } from "./aiworkspace.ts";
import type { EmulatedImage } from "./aiworkspace/image-catalog.ts";
import { AssetStore } from "./aiworkspace/store.ts";
import type { Cloud } from "./cloud.ts";
import { Containers } from "./containers/containers.ts";
import { controlPlane } from "./control-plane.ts";
import { isInstanceAddress, isReachable } from "./discovery.ts";
import { gateway } from "./gateway.ts";
import { fetchFrom } from "./fetch-from.ts";
import { route } from "./hosts.ts";
import { inMemory, type ObjectStore, type Piece } from "./object-store.ts";
import { ossError } from "./oss-document.ts";
import { objectStorage } from "./oss.ts";
import type { Delays } from "./eas/lifecycle.ts";
import { isScenario, type Scenario, type ScenarioChoice, scenarioNames } from "./eas/scenarios.ts";
import { Refusal } from "./refusal.ts";
import type { Decompress } from "./request-encoding.ts";
import { Store } from "./store.ts";
import { sts } from "./sts.ts";

export type { Decompress, Delays, EmulatedImage, Handler, ObjectStore, Piece, Scenario, ScenarioChoice };
export {
  type ChatCall,
  type ChatMessage,
  chatProcessor,
  type ChatProcessorOptions,
  type ChatScript,
} from "./chat-processor.ts";
export { jsonProcessor, type RunRows } from "../processors/json-processor.ts";
export type { DTypeOfType, ModelSignature, ModelTensor, TensorsOf } from "../processors/model-signature.ts";
export { type ModelOutputs, pytorchProcessor, type RunModel } from "../processors/pytorch-processor.ts";
export { ndjson, type ServerEvent, sse, type Streamed } from "./streamed.ts";
export { tensorflowProcessor, type TensorFlowProcessorOptions } from "../processors/tensorflow-processor.ts";

/** Options of {@linkcode emulator}. */
export interface EmulatorOptions {
  /** The region that exists. @default {"cn-hangzhou"} */
  region?: string;
  /** The key pairs that are accepted; clients get the first. @default {an invented pair} */
  credentials?: Credentials | readonly Credentials[];
  /** Number of the account, which stands in the addresses of its services. @default {"1000000000000001"} */
  accountId?: string;
  /** Where the time comes from. @default {systemClock} */
  clock?: Clock;
  /** How long services take to change their state. */
  delays?: Delays;
  /** Buckets that exist from the start. @default {["emulator-bucket"]} */
  buckets?: readonly string[];
  /** Images that AIWorkSpace lists. @default {some forty invented ones, like PAI's own} */
  images?: readonly EmulatedImage[];
  /** Hosts that stand for a bucket, as a domain of one's own does: `{ "files.example.com": "emulator-bucket" }`. */
  domains?: Readonly<Record<string, string>>;
  /**
   * What runs the services that no built-in processor runs, by service name or processor code. Handlers on tensors are made
   * by {@linkcode tensorflowProcessor} and {@linkcode pytorchProcessor}, those on rows in JSON, as LightGBM and PMML have
   * them, by {@linkcode jsonProcessor}, and language models by {@linkcode chatProcessor}. Any handler can stream, with
   * {@linkcode sse} and {@linkcode ndjson}.
   */
  handlers?: Readonly<Record<string, Handler>>;
  /**
   * What reads the bodies of services whose `metadata.rpc.decompressor` names it, as `{ snappy: uncompress }`; `gzip` and
   * `zlib` are there. Bodies in a format that nothing reads go to their handlers as they are.
   */
  decompressors?: Readonly<Record<string, Decompress>>;
  /**
   * How services fail, by their names: `{ iris: "OOMKilled" }`; or a function of the configuration, so that a better one
   * runs: `{ iris: ({ processor }) => processor ? undefined : "ImagePullBackOff" }`. @default {none does}
   */
  scenarios?: Readonly<Record<string, ScenarioChoice>>;
  /** Longest body of a request that is held in memory, in bytes. @default {268435456} */
  maxBodyBytes?: number;
  /** Where the contents of objects lie: in memory, or `onDisk()`. @default {in memory} */
  objects?: ObjectStore;
  /**
   * Runs the services that have containers, and no handler, for real: a target such as `localDocker()`. Each instance
   * is a container, which gets copies of the objects that its service mounts and stands behind the emulated gateway.
   * `close()` removes them. @default {such services need a handler}
   */
  runner?: Target;
  /** Sends requests to what `runner` runs. @default {globalThis.fetch} */
  runnerFetch?: Fetch;
}

/** A running emulator. It holds what a client needs, so `createClient({ ...cloud })` talks to it. */
export interface Emulator {
  /** The region that exists. */
  readonly region: string;
  /** Gives the first accepted key pair; a function, so that printing an emulator shows no secret. */
  readonly credentials: CredentialsProvider;
  /** Where the time comes from. */
  readonly clock: Clock;
  /** Answers in place of the network. */
  readonly fetch: Fetch;
  /** Answers one request; this is what a server hands its requests to. */
  readonly handle: (request: Request) => Promise<Response>;
  /** Forgets all objects, services, models and settings. Containers of a `runner` are being removed then. */
  readonly reset: () => void;
  /**
   * Forgets everything and waits until the containers of a `runner` are removed; without one there is nothing to close.
   * It rejects with a {@linkcode PaiError} when one is left.
   */
  readonly close: () => Promise<void>;
  /** Closes it where a block ends: `await using cloud = emulator({ runner })`. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/**
 * Makes an emulator. It keeps everything in memory, but for objects where told, and has no timers: states follow from the clock.
 *
 * @throws {RangeError} when a delay or `maxBodyBytes` is negative, or there is no key pair.
 * @throws {TypeError} when a delay or a scenario has an unknown name, `runner` is no target, or a bucket has one that no bucket can have.
 */
export function emulator(options: EmulatorOptions = {}): Emulator {
  const { region = "cn-hangzhou", clock = systemClock } = options;
  const keys = [options.credentials ?? inventedKey].flat();
  const [firstKey] = keys;
  if (!firstKey) throw new RangeError('Cannot make an emulator: "credentials" is empty');
  const buckets = bucketsFrom(options.buckets);
  if (options.runner !== undefined && typeof options.runner.deploy !== "function") {
    throw new TypeError('Cannot make an emulator: "runner" is no target; give localDocker(), for example');
  }
  const { maxBodyBytes } = checked({ maxBodyBytes: options.maxBodyBytes ?? 256 * 1024 * 1024 });
  const store = new Store(buckets, options.objects ?? inMemory(maxBodyBytes));
  const { runner: target, runnerFetch: send = globalFetch } = options;
  const cloud: Cloud = {
    region,
    clock,
    accountId: options.accountId ?? "1000000000000001",
    domains: new Map(Object.entries(options.domains ?? {})),
    delays: delaysFrom(options.delays),
    handlers: options.handlers ?? {},
    decompressors: options.decompressors ?? {},
    scenarios: scenariosFrom(options.scenarios),
    maxBodyBytes,
    lookup: (accessKeyId) => keys.find((key) => key.accessKeyId === accessKeyId),
    containers: target && new Containers({ target, send, clock, store }),
    store,
    assets: new AssetStore({ region, bucket: buckets[0], images: options.images }),
  };
  const app = new Hono({
    getPath: (request) => route(new URL(request.url), cloud, request.headers.has("x-acs-action")),
  });
  app.route("/eas", controlPlane(cloud));
  app.route("/aiworkspace", aiWorkspace(cloud));
  app.route("/sts", sts(cloud));
  app.route("/oss", objectStorage(cloud));
  app.route("/gateway", gateway(cloud));
  app.all("*", ({ req }) => unknownHost(new URL(req.url), req.method, region));
  const handle = async (request: Request): Promise<Response> => {
    refuseUnreachable(cloud, new URL(request.url));
    return await app.fetch(request);
  };
  const forget = (): void => {
    cloud.store.reset();
    cloud.assets.reset();
  };
  const close = async (): Promise<void> => {
    forget();
    await cloud.containers?.close();
  };
  return Object.freeze({
    region,
    clock,
    credentials: () => Promise.resolve({ ...firstKey }),
    handle,
    fetch: fetchFrom(handle),
    reset: () => {
      forget();
      cloud.containers?.removeAll();
    },
    close,
    [Symbol.asyncDispose]: close,
  });
}

const inventedKey: Credentials = {
  accessKeyId: "emulatorAccessKeyId",
  accessKeySecret: "emulatorAccessKeySecret",
};

function bucketsFrom(names: readonly string[] = ["emulator-bucket"]): readonly string[] {
  const wrong = names.find((name) => !bucketName.test(name));
  if (wrong === undefined) return names;
  throw new TypeError(`Cannot make an emulator: no bucket can have the name "${wrong}"`);
}

const defaultDelays: Required<Delays> = { create: 150, start: 150, stop: 100, delete: 50, gateway: 100 };

function delaysFrom(given: Delays = {}): Required<Delays> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(defaultDelays, name));
  if (unknown) {
    const names = Object.keys(defaultDelays).join(", ");
    throw new TypeError(`Cannot make an emulator: there is no delay "${unknown}"; it has ${names}`);
  }
  const set = Object.entries(given).filter(([, ms]) => ms !== undefined);
  return checked({ ...defaultDelays, ...Object.fromEntries(set) });
}

function scenariosFrom(
  given: Readonly<Record<string, ScenarioChoice>> = {},
): Readonly<Record<string, ScenarioChoice>> {
  const unknown = Object.values(given).find((choice) => typeof choice !== "function" && !isScenario(choice));
  if (unknown === undefined) return given;
  throw new TypeError(
    `Cannot make an emulator: there is no scenario "${unknown}"; it has ${scenarioNames.join(", ")}`,
  );
}

function checked<Numbers extends object>(numbers: Numbers): Numbers {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value >= 0)) {
      throw new RangeError(`Cannot make an emulator: "${name}" is ${value}; give a number from 0`);
    }
  }
  return numbers;
}

/** Fails as the network does when nothing listens at an instance's address. */
function refuseUnreachable(cloud: Cloud, { hostname }: URL): void {
  if (!isInstanceAddress(hostname) || isReachable(cloud, hostname)) return;
  throw new TypeError(`connection refused: no instance is at ${hostname}`, {
    cause: { code: "ECONNREFUSED" },
  });
}

/** Says so in the format of the service that such a host would be. */
function unknownHost({ host }: URL, method: string, region: string): Response {
  const message =
    `The emulator does not know the host ${host}: it plays EAS, AIWorkSpace, STS, OSS and the inference ` +
    `gateway of one account in ${region}.`;
  const refusal = new Refusal({ status: 404, code: "UnknownHost", message });
  if (/(^|\.)oss-/.test(host)) return ossError(refusal, "0".repeat(24), host, method === "HEAD");
  return Response.json({ Code: refusal.code, Message: message, HostId: host }, { status: refusal.status });
}
