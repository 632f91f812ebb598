import { describeService, type EasDescription } from "../../core/eas-service.ts";
import { copyJsonObject } from "../deploy/json-object.ts";
import { maskedText } from "../deploy/masked.ts";
import type { Tools } from "./command.ts";
import type { Connection } from "./connect.ts";

/** A service as `--json` shows it: without secrets. */
export interface ServiceDocument {
  /** Name. */
  name: string;
  /** State, such as `Running`. */
  status: string;
  /** Longer explanation of the state. */
  message?: string;
  /** Address for callers on the internet. */
  endpoint?: string;
  /** Address for callers inside the VPC. */
  intranetEndpoint?: string;
  /** Instances that run, and that there should be. */
  instances: { running: number; total: number };
  /** Version that runs. */
  version: number;
  /** Tags. */
  labels: Record<string, string>;
  /** Configuration, with its secrets masked. */
  config: unknown;
  /** Token, when it was asked for. */
  token?: string;
}

/** What there is to show about a service. */
export function serviceDocument(description: EasDescription, showToken = false): ServiceDocument {
  const { name, status, message, internetEndpoint, intranetEndpoint, labels, config, raw } = description;
  return {
    name,
    status,
    ...(message && { message }),
    ...(internetEndpoint && { endpoint: internetEndpoint }),
    ...(intranetEndpoint && { intranetEndpoint }),
    instances: instancesOf(raw),
    version: Number(raw.CurrentVersion ?? 1),
    labels,
    config: JSON.parse(maskedText(copyJsonObject(config))),
    ...(showToken && description.accessToken && { token: description.accessToken }),
  };
}

/** How many instances there are, of a service's whole description. */
export function instancesOf(raw: EasDescription["raw"]): ServiceDocument["instances"] {
  return { running: Number(raw.RunningInstance ?? 0), total: Number(raw.TotalInstance ?? 0) };
}

/** Asks for a service and prints it: the end of each command that changes one. */
export async function printService(
  { io, print }: Tools,
  { client }: Connection,
  name: string,
  { showToken, timeout }: { showToken?: boolean; timeout?: number } = {},
): Promise<void> {
  const { signal } = io;
  const document = serviceDocument(await describeService(client, name, { signal, timeout }), showToken);
  print.fields(document, serviceFields(document));
}

/** The same for people. */
export function serviceFields(document: ServiceDocument): [name: string, value: string][] {
  const { name, status, message, endpoint = "", instances, version, labels, token } = document;
  const tags = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    ["name", name],
    ["status", status],
    ...optional("message", message),
    ["endpoint", endpoint],
    ["instances", `${instances.running}/${instances.total}`],
    ["version", `${version}`],
    ...optional("labels", tags.join(" ")),
    ...optional("token", token),
  ];
}

function optional(name: string, value = ""): [name: string, value: string][] {
  return value ? [[name, value]] : [];
}
