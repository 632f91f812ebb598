import type { Client } from "./client.ts";
import { json } from "./json.ts";
import { pct } from "./percent.ts";
import { Predictor, type PredictorOptions } from "./predictor.ts";
import type { ServiceConfig } from "./service-config.ts";
import type { ServiceDescription } from "./service.ts";

/** What DescribeService says about a service in EAS. */
export interface EasDescription extends ServiceDescription {
  /** Token of the service. Not enumerable and behind a getter, so that printing a description never shows it. */
  readonly accessToken?: string;
}

/** Options of {@linkcode predictorFor}. */
export interface PredictorForOptions<Input = unknown, Output = unknown>
  extends Omit<PredictorOptions<Input, Output>, "endpoint" | "serviceName" | "token"> {
  /** Which of the service's addresses to call. @default {the network of the client} */
  endpointType?: "INTERNET" | "INTRANET";
  /** Cancels the call of the control plane. */
  signal?: AbortSignal;
}

/** Path of a service, or of what belongs to it: `servicePath("cn-hangzhou", "iris", "start")`. */
export function servicePath(...segments: [region: string, name: string, ...rest: string[]]): string {
  return `/api/v2/services/${segments.map(pct).join("/")}`;
}

/** Asks the control plane about a service. */
export async function describeService(
  client: Client,
  name: string,
  { signal, timeout }: { signal?: AbortSignal; timeout?: number } = {},
): Promise<EasDescription> {
  if (!name) throw new TypeError("Cannot describe a service without a name");
  return readDescription(
    await client.call("DescribeService", { path: servicePath(client.region, name), signal, timeout }),
  );
}

/** Reads an answer; what is missing in it stays missing. */
export function readDescription(
  { AccessToken, ServiceConfig = "{}", Labels = [], ...raw }: DescribeServiceAnswer,
): EasDescription {
  const { token: _, ...config } = parseConfig(ServiceConfig);
  const description: EasDescription = {
    name: raw.ServiceName,
    status: raw.Status,
    reason: raw.Reason,
    message: raw.Message,
    config,
    internetEndpoint: raw.InternetEndpoint,
    intranetEndpoint: raw.IntranetEndpoint,
    labels: Object.fromEntries(Labels.map(({ LabelKey, LabelValue }) => [LabelKey, LabelValue])),
    raw,
  };
  return Object.defineProperty(description, "accessToken", { get: () => AccessToken });
}

function parseConfig(text: string): ServiceConfig {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // cut short; the parser's error would quote it, token included
  }
}

/** The fields that are read, as the vendor spells them. */
export interface DescribeServiceAnswer extends Record<string, unknown> {
  ServiceName: string;
  Status: string;
  Reason?: string;
  Message?: string;
  ServiceConfig?: string;
  InternetEndpoint?: string;
  IntranetEndpoint?: string;
  AccessToken?: string;
  Labels?: { LabelKey: string; LabelValue: string }[];
}

/**
 * A client of a described service: its endpoint, its token, and the first of the client's serializers that matches
 * its configuration, or JSON.
 *
 * @throws {TypeError} when the service has no address of the wanted type.
 */
export function predictorFor<Input = unknown, Output = unknown>(
  client: Client,
  description: EasDescription,
  options: PredictorForOptions<Input, Output> = {},
): Predictor<Input, Output> {
  const { endpointType = client.network === "vpc" ? "INTRANET" : "INTERNET", ...rest } = options;
  const endpoint =
    { INTERNET: description.internetEndpoint, INTRANET: description.intranetEndpoint }[endpointType];
  if (!endpoint) throw new TypeError(`Cannot call "${description.name}": it has no ${endpointType} endpoint`);
  const matching = client.serializers.find((serializer) => serializer.matches?.(description.config));
  return new Predictor<Input, Output>({
    fetch: client.fetch,
    token: description.accessToken,
    ...rest,
    // a serializer chosen by the service's configuration has the types that the caller expects of the service
    serializer: options.serializer ?? (matching ?? json()) as PredictorOptions<Input, Output>["serializer"],
    endpoint,
  });
}
