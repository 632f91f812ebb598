import type { Client } from "../../core/client.ts";
import type { Credentials, CredentialsProvider } from "../../core/credentials.ts";
import type { Fetch } from "../../core/fetch.ts";
import { oss, type OssBucket, type OssOptions } from "../../plugins/storage/oss.ts";

/** The time at which recorded requests are signed. */
export const signedAt: number = Date.UTC(2026, 3, 9, 1, 2, 3);

/** What they are signed with, unless something else is given. */
export const inventedCredentials: Credentials = {
  accessKeyId: "invented-id",
  accessKeySecret: "invented-secret",
  securityToken: "invented-token",
};

/** A request that left. */
export interface Sent {
  url: string;
  init: RequestInit & { duplex?: string };
  headers: Headers;
}

/** What of a client may be another one. */
export interface RecordedClient {
  endpoint?: string;
  region?: string;
  credentials?: CredentialsProvider;
  time?: number;
}

/** A bucket that talks to a function, and what it sent there. */
export function recorded(
  answer: (sent: Sent, count: number) => Response | Promise<Response>,
  options: Partial<OssOptions> = {},
  client: RecordedClient = {},
): { storage: OssBucket; sent: Sent[]; pauses: number[] } {
  const sent: Sent[] = [], pauses: number[] = [];
  const fetch: Fetch = (url, init) => {
    sent.push({ url, init, headers: new Headers(init.headers) });
    return answer(sent.at(-1)!, sent.length);
  };
  const fake: Pick<Client, "region" | "network" | "credentials" | "fetch" | "clock" | "endpoint"> = {
    region: client.region ?? "cn-hangzhou",
    network: "public",
    credentials: client.credentials ?? (() => Promise.resolve(inventedCredentials)),
    fetch,
    clock: {
      now: () => client.time ?? signedAt,
      sleep: (ms) => {
        pauses.push(ms);
        return Promise.resolve();
      },
    },
    endpoint: () => client.endpoint ?? "https://oss-cn-hangzhou.aliyuncs.com",
  };
  return { storage: oss(fake as Client, { bucket: "bkt", ...options }), sent, pauses }; // all that oss() uses of one
}

/** An error as OSS writes it. */
export function errorXml(code: string, more = ""): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Said ${code}.</Message>${more}</Error>`;
}
