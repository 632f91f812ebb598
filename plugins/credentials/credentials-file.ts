import type { Credentials } from "../../core/credentials.ts";
import { ecsRoleCredentials } from "./ecs-role.ts";
import { keyPair, notFound, unusable } from "./key-pair.ts";
import { assumeRole } from "./role.ts";
import type { System } from "./system.ts";

/** The names of the file: the PAI Python SDK writes the first, other SDKs read the second. */
const places = [".alibabacloud/credentials.ini", ".alibabacloud/credentials"];

/**
 * Reads the access key of a section of `ALIBABA_CLOUD_CREDENTIALS_FILE`, else of `~/.alibabacloud/credentials.ini` or
 * `~/.alibabacloud/credentials`: the section named, else that of `ALIBABA_CLOUD_PROFILE`, else `default`.
 * Source: https://www.alibabacloud.com/help/en/sdk/developer-reference/v2-manage-node-js-access-credentials.
 *
 * @throws {CredentialsError} to try the next place when there is no such file or section; not to when the section is
 * of another type than `access_key`, `ecs_ram_role` and `ram_role_arn`.
 */
export async function fileCredentials(system: System, named?: string): Promise<Credentials> {
  const given = system.env("ALIBABA_CLOUD_CREDENTIALS_FILE");
  const paths = given ? [given] : places.map((place) => system.inHome(place));
  const name = named ?? system.env("ALIBABA_CLOUD_PROFILE") ?? "default";
  for (const path of paths) {
    const text = await system.readSecret(path);
    const section = text === undefined ? undefined : parseIni(text).get(name);
    if (!section || section.get("enable")?.toLowerCase() === "false") continue;
    const where = `section "${name}" of ${path}`;
    return await sectionCredentials(system, where, section);
  }
  throw notFound(`there is no section "${name}" in ${paths.join(" or ")}`);
}

async function sectionCredentials(
  system: System,
  where: string,
  section: ReadonlyMap<string, string>,
): Promise<Credentials> {
  const type = section.get("type") ?? "access_key";
  if (type === "ecs_ram_role") return await ecsRoleCredentials(system, section.get("role_name") || undefined);
  if (type !== "access_key" && type !== "ram_role_arn") {
    throw unusable(`${where} has the type "${type}", which is not supported: use one of the type access_key`);
  }
  const source = keyPair(where, section.get("access_key_id"), section.get("access_key_secret"));
  if (type === "access_key") return source;
  const arn = section.get("role_arn");
  if (!arn) throw unusable(`${where} has no role_arn; add it`);
  const role = { arn, sessionName: section.get("role_session_name"), policy: section.get("policy") };
  return await assumeRole(system, role, source);
}

/**
 * Reads sections of `key = value` lines; `;` and `#` begin comments, at the start of a line or behind a blank, and
 * quotes around a value are taken off. A line that is none of this is passed over.
 */
export function parseIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const [, name] = /^\s*\[([^\]]*)\]/.exec(line) ?? [];
    if (name !== undefined) {
      section = sections.get(name.trim()) ?? new Map();
      sections.set(name.trim(), section);
    }
    const [, key, value = ""] = /^\s*([^;#=\s[][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined) section?.set(key, plainValue(value));
  }
  return sections;
}

function plainValue(text: string): string {
  const quoted = /^(["'])(.*?)\1(?:\s+[;#].*)?$/.exec(text);
  return quoted ? quoted[2]! : text.replace(/(?:^|\s+)[;#].*$/, "");
}
