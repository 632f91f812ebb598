import { copyJsonObject, isJsonObject, type JsonObject, type JsonValue, valueAt } from "../json-object.ts";

/**
 * Copies of two configurations in one spelling, so that what differs is different: the name stands at the top, the
 * machine is spelt as the service that runs has it, and what is no part of the configuration is left out: the token,
 * which the service tells elsewhere, the labels, which have an API of their own, and the address of the schema, which
 * is for editors.
 */
export function sameSpelling(
  wanted: JsonObject,
  running: JsonObject,
): { wanted: JsonObject; running: JsonObject } {
  const [a, b] = [plainSpelling(wanted), plainSpelling(running)];
  alignMachine(a, b);
  return { wanted: a, running: b };
}

function plainSpelling(config: JsonObject): JsonObject {
  const { token: _, labels: __, $schema: ___, ...rest } = copyJsonObject(config);
  if (isJsonObject(rest.metadata) && rest.metadata.name !== undefined) {
    const { name, ...metadata } = rest.metadata;
    return { ...rest, name: rest.name ?? name, metadata };
  }
  return rest;
}

/**
 * A machine is `instance_type`, or a list of `instances` of which the first that there is gets used; the service may
 * tell either, or both, of what it was given. One machine is wanted in whatever way the service tells it.
 *
 * Source: https://help.aliyun.com/document_detail/450525.html, cloud.computing.
 */
function alignMachine(wanted: JsonObject, running: JsonObject): void {
  const [a, b] = [wanted, running].map((config) => valueAt(config, ["cloud", "computing"]));
  if (!isJsonObject(a) || !isJsonObject(b)) return;
  const type = a.instances === undefined ? a.instance_type : soleType(a.instances);
  const isOne = type !== undefined && (a.instance_type === undefined || a.instance_type === type);
  if (!isOne || (b.instance_type === undefined && b.instances === undefined)) return;
  delete a.instance_type;
  delete a.instances;
  if (b.instance_type !== undefined) a.instance_type = type;
  if (b.instances !== undefined) a.instances = [{ type }];
}

/** The machine of a list that says no more than one machine. */
function soleType(instances: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(instances) || instances.length !== 1) return undefined;
  const [only] = instances;
  return isJsonObject(only) && Object.keys(only).length === 1 ? only.type : undefined;
}
