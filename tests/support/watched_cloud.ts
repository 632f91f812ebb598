import { type Client, type ClientOptions, createClient } from "../../mod.ts";
import type { Fetch } from "../../core/fetch.ts";
import { type Emulator, emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { oss, type OssBucket } from "../../plugins/storage/oss.ts";
import { fakeClock } from "./fake_clock.ts";

/** A request as tests tell it: `UpdateService`, or a method of OSS and a key. */
export interface SeenRequest {
  /** `UpdateService`, `PUT`, … */
  what: string;
  /** Key of the object, where it is one. */
  key?: string;
  /** What was sent, where it is JSON. */
  body?: unknown;
  /** Query of the address. */
  query: URLSearchParams;
}

/** An emulator whose requests are seen, and may be meddled with. */
export interface WatchedCloud {
  cloud: Emulator;
  client: Client;
  bucket: OssBucket;
  /** Requests so far, those of the gateway excepted. */
  seen: SeenRequest[];
  /** Requests since the last call that change something. */
  writes(): string[];
  /** What sends requests; tests may put something before it. */
  meddle: (inner: Fetch) => void;
}

const bucketName = "my-bucket";

/** Makes an emulator on a clock that moves when somebody sleeps. */
export function watchedCloud(
  options: EmulatorOptions = {},
  clientOptions: Partial<ClientOptions> = {},
): WatchedCloud {
  const clock = fakeClock();
  const cloud = emulator({ clock, buckets: [bucketName], ...options });
  const seen: SeenRequest[] = [];
  let send: Fetch = cloud.fetch;
  let told = 0;
  const fetch: Fetch = (url, init) => {
    const request = toSeen(url, init);
    if (request) seen.push(request);
    return send(url, init);
  };
  const client = createClient({ ...cloud, fetch, ...clientOptions });
  return {
    cloud,
    client,
    bucket: oss(client, { bucket: bucketName }),
    seen,
    writes() {
      const since = seen.slice(told);
      told = seen.length;
      return since.map(({ what }) => what).filter((what) => !/^(Describe|List|GET|HEAD)/.test(what));
    },
    meddle: (inner) => {
      send = inner;
    },
  };
}

function toSeen(url: string, { method = "GET", headers, body }: RequestInit): SeenRequest | undefined {
  const { host, pathname, searchParams: query } = new URL(url);
  const action = new Headers(headers).get("x-acs-action");
  if (action) {
    const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : undefined;
    return { what: action, query, ...(text && { body: JSON.parse(text) }) };
  }
  if (!host.startsWith(`${bucketName}.`)) return undefined;
  return { what: method, key: decodeURIComponent(pathname.slice(1)), query };
}

/** What there is in a cloud: its services, objects and unfinished uploads. */
export async function contentsOf({ cloud }: Pick<WatchedCloud, "cloud">): Promise<string[]> {
  const client = createClient({ ...cloud });
  const { Services } = await client.call<{ Services: { ServiceName: string; Status: string }[] }>(
    "ListServices",
    {
      path: "/api/v2/services",
    },
  );
  const services = Services.filter(({ Status }) => Status !== "Deleting").map(({ ServiceName }) =>
    ServiceName
  );
  const bucket = oss(client, { bucket: bucketName });
  const objects = (await Array.fromAsync(bucket.list())).map(({ key }) => key);
  const uploads = await (await bucket.request({ method: "GET", query: { uploads: "" } })).text();
  return [
    ...services.map((name) => `service ${name}`),
    ...objects.map((key) => `object ${key}`),
    ...[...uploads.matchAll(/<UploadId>([^<]*)/g)].map(([, id]) => `upload ${id}`),
  ];
}
