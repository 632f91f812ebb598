import { type FlagParametersForType, numberParser } from "@stricli/core";
import { secretKeys } from "../../core/mask-secrets.ts";
import type { Context } from "./context.ts";
import { type ConnectionFlags, connectionFlags, text } from "./flags.ts";

/** Flags that say what a service should be; each overrules the service file. */
export interface ServiceFlags extends ConnectionFlags {
  /** Name of the service. */
  readonly name?: string;
  /** The model: a path, or an address on OSS. */
  readonly model?: string;
  /** Code of the processor. */
  readonly processor?: string;
  /** Image of the container. */
  readonly image?: string;
  /** Command of the container. */
  readonly command?: string;
  /** Machine of an instance. */
  readonly instanceType?: string;
  /** Number of instances. */
  readonly instances?: number;
  /** Bucket for uploads. */
  readonly bucket?: string;
  /** Keys of the configuration. */
  readonly set?: readonly Pair<unknown>[];
  /** Tags. */
  readonly label?: readonly Pair<string>[];
}

/** A name and what it is set to. */
export type Pair<Value> = readonly [name: string, value: Value];

/** How the flags of {@linkcode ServiceFlags} are read. */
export const serviceFlags: FlagParametersForType<ServiceFlags, Context> = {
  ...connectionFlags,
  name: text("Name of the service", "name"),
  model: text("Model: a path to upload, or an address on OSS", "path"),
  processor: text("Processor that runs the model, such as xgboost", "code"),
  image: text("Image of the container that runs the model", "address"),
  command: text("Command that starts the server in the container", "shell"),
  instanceType: text("Machine of an instance, such as ecs.c6.large", "type"),
  instances: {
    kind: "parsed",
    parse: numberParser,
    optional: true,
    brief: "Number of instances",
    placeholder: "count",
  },
  bucket: text("Bucket that files are uploaded to", "name"),
  set: {
    kind: "parsed",
    parse: parseSetting,
    optional: true,
    variadic: true,
    brief: "Any other key of the configuration, such as metadata.rpc.batching=true",
    placeholder: "key=value",
  },
  label: pairs("Tag of the service", "key=value"),
};

/** A flag of `name=value` that may be there more than once. */
export function pairs(brief: string, placeholder: string): {
  kind: "parsed";
  parse: typeof parsePair;
  optional: true;
  variadic: true;
  brief: string;
  placeholder: string;
} {
  return { kind: "parsed", parse: parsePair, optional: true, variadic: true, brief, placeholder };
}

function parsePair(input: string): Pair<string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(input) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new SyntaxError("write key=value");
}

/** The value is JSON where it can be, else text. Secrets are refused: command lines are seen by others, and kept. */
function parseSetting(input: string): Pair<unknown> {
  const [name, text] = parsePair(input);
  const value = parseJson(text) ?? text;
  const secret = secretIn({ [name.split(".").at(-1)!]: value });
  if (secret === undefined) return [name, value];
  throw new SyntaxError(`keep ${secret} off the command line; write { "$env": "NAME" } in the service file`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function secretIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found = Object.keys(value).find((key) => secretKeys.has(key));
  return found ?? Object.values(value).map(secretIn).find((key) => key !== undefined);
}
