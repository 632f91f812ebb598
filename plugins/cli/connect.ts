import { type Client, createClient } from "../../core/client.ts";
import { CredentialsError, PaiError } from "../../core/errors.ts";
import { type ConfiguredOptions, fromConfig } from "../credentials/mod.ts";
import { defaultStorage } from "../deploy/workspace.ts";
import { pytorch } from "../serializers/pytorch.ts";
import { tensorflow } from "../serializers/tensorflow.ts";
import { withMultipart } from "../storage/multipart.ts";
import { oss, type OssBucket } from "../storage/oss.ts";
import type { Tools } from "./command.ts";
import { UsageError } from "./exit-codes.ts";
import type { ConnectionFlags } from "./flags.ts";

/** Whom a command calls. */
export interface Connection {
  /** The control plane. */
  readonly client: Client;
  /** What the client was made of. */
  readonly config: ConfiguredOptions;
}

/** Makes a client of flags, environment and files, in this order. Credentials never come from flags. */
export async function connect({ io, progress }: Tools, flags: ConnectionFlags): Promise<Connection> {
  const { region, profile, network, endpoint } = flags;
  const { env, fetch, clock } = io;
  const warned = new Set<string>();
  const config = await fromConfig({
    ...{ region, profile, network, endpoint },
    ...{ env, fetch, clock },
    onWarning(message) {
      if (!warned.has(message)) progress.warn(message); // once, though files are read for each request
      warned.add(message);
    },
  });
  const serializers = [tensorflow(), pytorch()];
  return { config, client: createClient({ ...config, serializers, fetch, clock }) };
}

/** Where models are uploaded to. */
export interface UploadPlace {
  /** The bucket. */
  storage: OssBucket;
  /** What keys begin with. */
  uploadPrefix: string;
}

/**
 * Where to upload: the bucket that is named, else the one that is configured, else what the workspace keeps its files in.
 *
 * @throws {UsageError} when there is none.
 */
export async function uploadPlace(
  { client, config }: Connection,
  named: string | undefined,
  signal: AbortSignal,
): Promise<UploadPlace> {
  const configured = named ?? config.bucket;
  const place = configured
    ? { bucket: configured, endpoint: named === undefined ? config.ossEndpoint : undefined, prefix: "" }
    : await defaultStorage(client, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!(error instanceof PaiError) || error instanceof CredentialsError) throw error;
      throw new UsageError(
        `Cannot upload: no bucket is configured, and the workspace tells none (${error.message}); ` +
          "give --bucket or set PAI_OSS_BUCKET",
      );
    });
  const { bucket, endpoint, prefix } = place;
  return {
    storage: withMultipart(oss(client, { bucket, ...(endpoint && { endpoint }) })),
    uploadPrefix: `${prefix}pai/`,
  };
}
