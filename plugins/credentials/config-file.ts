import { PaiError } from "../../core/errors.ts";
import { isObject, parseJson } from "./parse-json.ts";
import type { System } from "./system.ts";

/** What the PAI SDK's configuration file holds: where to work, and never a secret. */
export interface PaiConfig {
  /** Region, such as `cn-hangzhou`. */
  region?: string;
  /** PAI workspace that new services belong to. */
  workspaceId?: string;
  /** Bucket that models are uploaded to. */
  bucket?: string;
  /** Endpoint of that bucket, when it isn't the region's own. */
  ossEndpoint?: string;
}

/** Their names in the file, which the PAI Python SDK reads and writes too. */
const keys = {
  region: "region_id",
  workspaceId: "workspace_id",
  bucket: "oss_bucket_name",
  ossEndpoint: "oss_endpoint",
} as const satisfies Record<keyof PaiConfig, string>;

/** Where the file is: `PAI_CONFIG_PATH`, else `~/.pai/config.json`. */
export function configPath(system: System): string {
  return system.env("PAI_CONFIG_PATH") ?? system.inHome(".pai/config.json");
}

/**
 * Reads the four keys; `undefined` when there is no file.
 *
 * @throws {PaiError} with the code `InvalidConfig` when the file is no JSON object, or one of the keys no text.
 */
export async function loadConfig(system: System, path: string): Promise<PaiConfig | undefined> {
  const text = await system.read(path);
  if (text === undefined) return undefined;
  const file = parseJson(text);
  if (!isObject(file)) throw invalid(path, "it is no JSON object");
  if ("access_key_id" in file || "access_key_secret" in file) {
    // The Python SDK means to read them and doesn't; a file without secrets can be shown and shared.
    system.warn(`${path} holds an access key, which is not used: move it to ~/.alibabacloud/credentials.ini`);
  }
  const config: PaiConfig = {};
  for (const [name, key] of Object.entries(keys) as [keyof PaiConfig, string][]) {
    const value = file[key];
    if (value === undefined || value === null || value === "") continue;
    if (typeof value !== "string" && typeof value !== "number") throw invalid(path, `"${key}" is no text`);
    config[name] = `${value}`;
  }
  return config;
}

/** The file's text; what is `undefined` is left out, and so is everything but the four keys. */
export function configText(config: PaiConfig): string {
  const file: Record<string, string> = {};
  for (const [name, key] of Object.entries(keys) as [keyof PaiConfig, string][]) {
    const value: unknown = config[name];
    if (value === undefined || value === null) continue; // as JavaScript callers may write it
    if (typeof value !== "string") {
      throw new TypeError(`Cannot save the configuration: ${name} must be a text`);
    }
    file[key] = value;
  }
  return `${JSON.stringify(file, null, 4)}\n`;
}

function invalid(path: string, problem: string): PaiError {
  return new PaiError(`Cannot read the configuration ${path}: ${problem}; mend or remove the file`, {
    code: "InvalidConfig",
  });
}
