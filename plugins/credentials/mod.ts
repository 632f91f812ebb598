/**
 * Credentials and settings that are on this machine already: the files of Alibaba Cloud CLI, of its SDKs and of the PAI
 * Python SDK, and what PAI's products DSW and DLC tell those who run inside (Deno, Bun, Node).
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { fromConfig } from "@pai-edge/sdk/credentials";
 *
 * // Leave the two options out to read this machine's own.
 * const config = await fromConfig({
 *   env: { ALIBABA_CLOUD_ACCESS_KEY_ID: "id", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "secret" },
 *   readFile: async (path) => path.endsWith(".pai/config.json") ? '{ "region_id": "cn-beijing" }' : undefined,
 * });
 * const client = createClient(config);
 * console.log(client.region, (await client.credentials()).accessKeyId); // cn-beijing id
 * ```
 *
 * @module
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { chain, type CredentialsProvider } from "../../core/credentials.ts";
import { CredentialsError } from "../../core/errors.ts";
import { cliCredentials, findCliProfile } from "./cli-profile.ts";
import { configPath, configText, loadConfig, type PaiConfig } from "./config-file.ts";
import { fileCredentials } from "./credentials-file.ts";
import { systemOf } from "./disk.ts";
import { type ConfigOverrides, configured, type ConfiguredOptions } from "./from-config.ts";
import { ecsRoleCredentials } from "./ecs-role.ts";
import { uriCredentials } from "./credentials-uri.ts";
import { notFound, unusable } from "./key-pair.ts";
import { assumeRoleWithOidc } from "./role.ts";
import type { SystemOptions } from "./system.ts";
import { keepTemporary } from "./temporary.ts";

export type { ConfigOverrides, ConfiguredOptions, PaiConfig, SystemOptions };

/** Options of a provider that reads a profile. */
export interface ProfileOptions extends SystemOptions {
  /** Name of the profile. Default: `ALIBABA_CLOUD_PROFILE`, else the file's own choice. */
  profile?: string;
}

/**
 * Options for a client: `createClient(await fromConfig())`. What the caller says comes first, then the environment
 * (`ALIBABA_CLOUD_REGION_ID`, `PAI_WORKSPACE_ID`, `PAI_NETWORK_TYPE`, `PAI_ENDPOINT`, `PAI_OSS_BUCKET`), then the
 * configuration file of the PAI SDK, then the product that this runs in, then the region of the CLI's profile.
 *
 * @throws {PaiError} with the code `NotConfigured` when nothing names a region, and `InvalidConfig` when a file or a
 * variable can't be understood.
 */
export async function fromConfig(options: ConfigOverrides & SystemOptions = {}): Promise<ConfiguredOptions> {
  return await configured(systemOf(options), fromSystem(options), options);
}

/**
 * Reads the configuration file alone: `PAI_CONFIG_PATH`, else `~/.pai/config.json`. Without a file it is empty.
 *
 * @throws {PaiError} with the code `InvalidConfig` when the file can't be understood.
 */
export async function readConfig(options: SystemOptions & { path?: string } = {}): Promise<PaiConfig> {
  const system = systemOf(options);
  return await loadConfig(system, options.path ?? configPath(system)) ?? {};
}

/**
 * Writes the configuration file, for this SDK and the one for Python: whole or not at all, and readable by its owner
 * alone. What is `undefined` is left out.
 *
 * @returns Where the file is.
 * @throws {TypeError} when a value is no text.
 */
export async function saveConfig(
  config: PaiConfig,
  options: Pick<SystemOptions, "env" | "home"> & { path?: string } = {},
): Promise<string> {
  const { path = configPath(systemOf(options)) } = options;
  const text = configText(config);
  const draft = `${path}.${crypto.randomUUID()}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(draft, text, { mode: 0o600, flag: "wx" });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return path;
}

/**
 * What this machine has, in the order of Alibaba Cloud's SDKs: environment variables, a cluster's token, the profile of
 * the CLI, the credentials file, the instance's role, the credentials service. A profile that is asked for by name is not
 * overruled by variables. What is temporary is kept until shortly before its end.
 *
 * The provider rejects with a `CredentialsError` when there are none, or what is there can't be used.
 */
export function fromSystem(options: ProfileOptions = {}): CredentialsProvider {
  const { profile } = options;
  const files = [fromCliProfile(options), fromCredentialsFile(options)];
  const provider = profile === undefined
    ? chain(
      ...[fromVariables(options), fromClusterToken(options), ...files],
      ...[fromEcsRole(options), fromCredentialsUri(options)],
    )
    : chain(...files);
  return async (call) => {
    try {
      return await provider(call);
    } catch (cause) {
      if (!(cause instanceof CredentialsError && cause.tryNext)) throw cause;
      const places = "~/.aliyun/config.json or ~/.alibabacloud/credentials.ini";
      const problem = profile === undefined
        ? "none are configured; set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, " +
          `or add a profile to ${places}`
        : `there is no profile "${profile}" in ${places}`;
      const init = { code: "CredentialsNotFound", tryNext: true, cause };
      throw new CredentialsError(`Cannot get credentials: ${problem}`, init);
    }
  };
}

/**
 * The profile in `~/.aliyun/config.json`, the file of Alibaba Cloud CLI, of one of the modes `AK`, `StsToken`,
 * `RamRoleArn`, `ChainableRamRoleArn`, `EcsRamRole` and `CredentialsURI`. The file is read when credentials are asked for,
 * each time unless they are temporary.
 */
export function fromCliProfile(options: ProfileOptions = {}): CredentialsProvider {
  const system = systemOf(options);
  return keepTemporary(
    async () => await cliCredentials(system, await findCliProfile(system, options.profile)),
    system.clock,
  );
}

/**
 * The section in `~/.alibabacloud/credentials.ini` or `~/.alibabacloud/credentials`, the file of Alibaba Cloud's SDKs, or
 * in the file that `ALIBABA_CLOUD_CREDENTIALS_FILE` names, of one of the types `access_key`, `ram_role_arn` and
 * `ecs_ram_role`. The file is read when credentials are asked for, each time unless they are temporary.
 */
export function fromCredentialsFile(options: ProfileOptions = {}): CredentialsProvider {
  const system = systemOf(options);
  return keepTemporary(() => fileCredentials(system, options.profile), system.clock);
}

/**
 * The role of the instance of ECS that this runs on: the one that `ALIBABA_CLOUD_ECS_METADATA` names, else the only one.
 * `ALIBABA_CLOUD_ECS_METADATA_DISABLED` keeps it from being asked for; elsewhere a second passes until that is known.
 */
export function fromEcsRole(options: SystemOptions & { role?: string } = {}): CredentialsProvider {
  const system = systemOf(options);
  return keepTemporary(async () => {
    if (system.env("ALIBABA_CLOUD_ECS_METADATA_DISABLED")?.toLowerCase() === "true") {
      throw notFound("ALIBABA_CLOUD_ECS_METADATA_DISABLED is set");
    }
    return await ecsRoleCredentials(system, options.role ?? system.env("ALIBABA_CLOUD_ECS_METADATA"));
  }, system.clock);
}

/** What the service hands out that `uri` or `ALIBABA_CLOUD_CREDENTIALS_URI` names, as inside PAI's DSW. */
export function fromCredentialsUri(options: SystemOptions & { uri?: string } = {}): CredentialsProvider {
  const system = systemOf(options);
  return keepTemporary(async () => {
    const uri = options.uri ?? system.env("ALIBABA_CLOUD_CREDENTIALS_URI");
    if (!uri) throw notFound("ALIBABA_CLOUD_CREDENTIALS_URI is not set");
    return await uriCredentials(system, uri);
  }, system.clock);
}

/**
 * A role that is taken on with the token of a cluster's pod, as `ALIBABA_CLOUD_ROLE_ARN`,
 * `ALIBABA_CLOUD_OIDC_PROVIDER_ARN` and `ALIBABA_CLOUD_OIDC_TOKEN_FILE` say. The file is read each time that the role is
 * taken on.
 */
export function fromClusterToken(options: SystemOptions = {}): CredentialsProvider {
  const system = systemOf(options);
  return keepTemporary(async () => {
    const [arn, providerArn, path] = ["ROLE_ARN", "OIDC_PROVIDER_ARN", "OIDC_TOKEN_FILE"]
      .map((name) => system.env(`ALIBABA_CLOUD_${name}`));
    if (!arn || !providerArn || !path) {
      throw notFound("ALIBABA_CLOUD_OIDC_TOKEN_FILE or a part of it is not set");
    }
    const token = await system.read(path);
    if (!token) throw unusable(`there is no token in ${path}, which ALIBABA_CLOUD_OIDC_TOKEN_FILE names`);
    const role = {
      arn,
      sessionName: system.env("ALIBABA_CLOUD_ROLE_SESSION_NAME"),
      stsRegion: system.env("ALIBABA_CLOUD_STS_REGION"),
      vpc: system.env("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED")?.toLowerCase() === "true",
    };
    return await assumeRoleWithOidc(system, role, { providerArn, token });
  }, system.clock);
}

/** As the core's `fromEnv()`, but of the variables that the options bring. */
function fromVariables(options: SystemOptions): CredentialsProvider {
  const { env } = systemOf(options);
  return () => {
    const accessKeyId = env("ALIBABA_CLOUD_ACCESS_KEY_ID");
    const accessKeySecret = env("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    const securityToken = env("ALIBABA_CLOUD_SECURITY_TOKEN");
    if (accessKeyId && accessKeySecret) {
      return Promise.resolve({ accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) });
    }
    return Promise.reject(
      notFound("ALIBABA_CLOUD_ACCESS_KEY_ID or ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set"),
    );
  };
}
