import type { ClientOptions } from "../../core/client.ts";
import type { CredentialsProvider } from "../../core/credentials.ts";
import type { Network } from "../../core/endpoints.ts";
import { CredentialsError, PaiError } from "../../core/errors.ts";
import { findCliProfile } from "./cli-profile.ts";
import { configPath, loadConfig, type PaiConfig } from "./config-file.ts";
import type { System } from "./system.ts";

/** What overrules the files and the environment. */
export interface ConfigOverrides extends PaiConfig {
  /** Profile of Alibaba Cloud CLI, or section of a credentials file; then no variable's access key is used. */
  profile?: string;
  /** Which endpoints to use. Default: `PAI_NETWORK_TYPE`, else those of the internet. */
  network?: Network;
  /** One address for all products, such as that of an emulator. Default: `PAI_ENDPOINT`, else the region's own. */
  endpoint?: string;
  /** Where the configuration file is. Default: `PAI_CONFIG_PATH`, else `~/.pai/config.json`. */
  path?: string;
}

/** Options of a client as this machine has them, and the bucket that goes with them. */
export interface ConfiguredOptions extends ClientOptions {
  /** Asks this machine each time. */
  credentials: CredentialsProvider;
  /** Bucket that models are uploaded to, where one is configured: for `oss(client, { bucket, endpoint })`. */
  bucket?: string;
  /** Endpoint of that bucket, where one is configured. */
  ossEndpoint?: string;
}

/** The products that one address stands for. */
const products = ["eas", "oss", "aiworkspace", "sts"];

/**
 * Puts options together: what the caller says, else what the environment names, else the configuration file, else the
 * product that this runs in, else the profile of Alibaba Cloud CLI.
 *
 * @throws {PaiError} with the code `NotConfigured` when none of them names a region, and `InvalidConfig` when one
 * can't be read.
 */
export async function configured(
  system: System,
  credentials: CredentialsProvider,
  overrides: ConfigOverrides,
): Promise<ConfiguredOptions> {
  const { profile, path = configPath(system) } = overrides;
  const file = await loadConfig(system, path) ?? {};
  const product = productEnvironment(system);
  const endpoint = overrides.endpoint ?? system.env("PAI_ENDPOINT");
  const region = overrides.region ?? system.env("ALIBABA_CLOUD_REGION_ID") ?? file.region ?? product.region ??
    await profileRegion(system, profile);
  if (!region) {
    throw new PaiError(
      "Cannot tell the region: none is configured; give one, set ALIBABA_CLOUD_REGION_ID, " +
        `or write { "region_id": "cn-hangzhou" } to ${path}`,
      { code: "NotConfigured" },
    );
  }
  return withoutUndefined({
    region,
    credentials,
    workspaceId: overrides.workspaceId ?? system.env("PAI_WORKSPACE_ID") ?? file.workspaceId ??
      product.workspaceId,
    network: overrides.network ?? networkOf(system),
    endpoints: endpoint ? Object.fromEntries(products.map((name) => [name, endpoint])) : undefined,
    bucket: overrides.bucket ?? system.env("PAI_OSS_BUCKET") ?? file.bucket,
    ossEndpoint: overrides.ossEndpoint ?? (endpoint ? undefined : file.ossEndpoint), // of another place then
  });
}

/** What the products DSW and DLC tell those who run inside; nothing elsewhere. */
function productEnvironment(system: System): Pick<PaiConfig, "region" | "workspaceId"> {
  const isInside = system.env("DSW_INSTANCE_ID") ?? system.env("DLC_JOB_ID");
  if (!isInside) return {};
  return {
    region: system.env("REGION") ?? system.env("dsw_region"),
    workspaceId: system.env("PAI_WORKSPACE_ID") ?? system.env("PAI_AI_WORKSPACE_ID"),
  };
}

/** `PAI_NETWORK_TYPE` is `VPC` or `PUBLIC`, as for the PAI Python SDK. */
function networkOf(system: System): Network | undefined {
  const name = system.env("PAI_NETWORK_TYPE");
  const network = name?.toLowerCase();
  if (network === undefined || network === "public" || network === "vpc") return network;
  throw new PaiError(`Cannot tell the network: PAI_NETWORK_TYPE is "${name}"; set it to VPC or PUBLIC`, {
    code: "InvalidConfig",
  });
}

async function profileRegion(system: System, profile: string | undefined): Promise<string | undefined> {
  try {
    const { region_id: region } = (await findCliProfile(system, profile)).fields;
    return typeof region === "string" && region ? region : undefined;
  } catch (error) {
    if (error instanceof CredentialsError && error.tryNext) return undefined;
    throw error;
  }
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
