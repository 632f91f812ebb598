import type { FlagParametersForType } from "@stricli/core";
import type { Network } from "../../core/endpoints.ts";
import type { Context } from "./context.ts";
import { parseDuration } from "./duration.ts";

/** Flags that every command has. */
export interface OutputFlags {
  /** One JSON document on standard output. */
  readonly json?: boolean;
  /** No progress. */
  readonly quiet?: boolean;
}

/** How the flags of {@linkcode OutputFlags} are read. */
export const outputFlags: FlagParametersForType<OutputFlags, Context> = {
  json: {
    kind: "boolean",
    optional: true,
    withNegated: false,
    brief: "Print one JSON document, errors included",
  },
  quiet: { kind: "boolean", optional: true, withNegated: false, brief: "Print no progress" },
};

/** Flags that say whom to call. */
export interface ConnectionFlags extends OutputFlags {
  /** Region. */
  readonly region?: string;
  /** Profile with the access key. */
  readonly profile?: string;
  /** Which endpoints. */
  readonly network?: Network;
  /** One address for all products. */
  readonly endpoint?: string;
  /** Longest time in milliseconds. */
  readonly timeout?: number;
}

/** How the flags of {@linkcode ConnectionFlags} are read. */
export const connectionFlags: FlagParametersForType<ConnectionFlags, Context> = {
  ...outputFlags,
  region: text("Region, such as cn-hangzhou", "id"),
  profile: text("Profile of Alibaba Cloud CLI or of its SDKs that holds the access key", "name"),
  network: {
    kind: "enum",
    values: ["public", "vpc"],
    optional: true,
    brief: "Call over the internet, or from inside a VPC",
  },
  endpoint: text("One address for all products, such as that of an emulator", "url"),
  timeout: {
    kind: "parsed",
    parse: parseDuration,
    optional: true,
    brief: "Longest time, such as 90s or 30m",
    placeholder: "time",
  },
};

/** A flag whose value is taken as it is. */
export function text(
  brief: string,
  placeholder: string,
): { kind: "parsed"; parse: typeof String; optional: true; brief: string; placeholder: string } {
  return { kind: "parsed", parse: String, optional: true, brief, placeholder };
}

/** The name of a service, as the first argument. */
export const serviceArgument = {
  brief: "Name of the service",
  parse: String,
  placeholder: "service",
} as const;

/** `--wait`, which is what happens unless `--no-wait` is given. */
export function waitFlag(brief: string): { kind: "boolean"; default: true; brief: string } {
  return { kind: "boolean", default: true, brief };
}

/** `--yes`, without which people are asked. */
export const yesFlag = {
  kind: "boolean",
  optional: true,
  withNegated: false,
  brief: "Don't ask",
} as const;

/** `--keep`, without which what failed is taken back. */
export const keepFlag = {
  kind: "boolean",
  optional: true,
  withNegated: false,
  brief: "Keep a service that failed, to look into it",
} as const;
