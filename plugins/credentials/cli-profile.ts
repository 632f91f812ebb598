import type { Credentials } from "../../core/credentials.ts";
import { uriCredentials } from "./credentials-uri.ts";
import { ecsRoleCredentials } from "./ecs-role.ts";
import { keyPair, notFound, unusable } from "./key-pair.ts";
import { isObject, parseJson } from "./parse-json.ts";
import { assumeRole, type Role } from "./role.ts";
import type { System } from "./system.ts";

/** A profile of Alibaba Cloud CLI. */
export interface CliProfile {
  /** What to call it in messages. */
  where: string;
  /** Its keys, as the file spells them. */
  fields: Readonly<Record<string, unknown>>;
}

/** Where the file is. */
const place = ".aliyun/config.json";

/**
 * Finds a profile in `~/.aliyun/config.json`: the one named, else the one of `ALIBABA_CLOUD_PROFILE`, else the file's
 * current one. Source: https://github.com/aliyun/aliyun-cli#configure.
 *
 * @throws {CredentialsError} to try the next place when there is no such file or profile, or
 * `ALIBABA_CLOUD_CLI_PROFILE_DISABLED` is `true`; not to when the file can't be read.
 */
export async function findCliProfile(system: System, named?: string): Promise<CliProfile> {
  if (system.env("ALIBABA_CLOUD_CLI_PROFILE_DISABLED")?.toLowerCase() === "true") {
    throw notFound("ALIBABA_CLOUD_CLI_PROFILE_DISABLED is set");
  }
  const path = system.inHome(place);
  const text = await system.readSecret(path);
  if (text === undefined) throw notFound(`there is no ${path}`);
  const file = parseJson(text);
  if (!isObject(file)) throw unusable(`${path} is no JSON object; mend or remove the file`);
  const name = named ?? system.env("ALIBABA_CLOUD_PROFILE") ?? (file.current || "default");
  const profiles = (Array.isArray(file.profiles) ? file.profiles : []).filter(isObject);
  const fields = profiles.find((profile) => profile.name === name);
  if (fields) return { where: `profile "${name}" of ${path}`, fields };
  const names = profiles.map((profile) => profile.name).join(", ");
  throw notFound(`${path} has no profile "${name}"; it has ${names || "none"}`);
}

/**
 * The credentials of a profile. Modes are matched whatever their case, as the CLI does.
 *
 * @throws {CredentialsError} when its mode is one that needs the CLI itself: to go on would act as somebody else.
 * @throws {ApiError} when STS refuses.
 */
export async function cliCredentials(
  system: System,
  { where, fields }: CliProfile,
  seen: readonly string[] = [],
): Promise<Credentials> {
  const { mode = "AK", access_key_id: id, access_key_secret: secret, sts_token: token } = fields;
  switch (`${mode}`.toLowerCase()) {
    case "ak":
      return keyPair(where, id, secret);
    case "ststoken": {
      const credentials = keyPair(where, id, secret, token);
      if (credentials.securityToken) return credentials;
      throw unusable(`${where} has no sts_token; sign in again`);
    }
    case "ramrolearn":
      return await assumeRole(system, roleOf(where, fields), keyPair(where, id, secret, token));
    case "chainableramrolearn": {
      const source = text(where, fields, "source_profile");
      if (seen.includes(source)) throw unusable(`${where} is a source of itself`);
      const profile = await findCliProfile(system, source);
      return await assumeRole(
        system,
        roleOf(where, fields),
        await cliCredentials(system, profile, [...seen, source]),
      );
    }
    case "ecsramrole":
      return await ecsRoleCredentials(system, optionalText(fields.ram_role_name));
    case "credentialsuri":
      return await uriCredentials(system, text(where, fields, "credentials_uri"));
  }
  throw unusable(
    `${where} has the mode "${mode}", which is not supported: choose a profile of the mode AK, StsToken, RamRoleArn, ` +
      "ChainableRamRoleArn, EcsRamRole or CredentialsURI, or set ALIBABA_CLOUD_ACCESS_KEY_ID and " +
      "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
  );
}

function roleOf(where: string, fields: CliProfile["fields"]): Role {
  const seconds = Number(fields.expired_seconds || undefined);
  return {
    arn: text(where, fields, "ram_role_arn"),
    sessionName: optionalText(fields.ram_session_name),
    externalId: optionalText(fields.external_id),
    stsRegion: optionalText(fields.sts_region),
    vpc: fields.enable_vpc === true,
    ...(seconds > 0 && { seconds }),
  };
}

function text(where: string, fields: CliProfile["fields"], key: string): string {
  const value = optionalText(fields[key]);
  if (value !== undefined) return value;
  throw unusable(`${where} has no ${key}; add it`);
}

function optionalText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
