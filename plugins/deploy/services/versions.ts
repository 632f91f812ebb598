import type { EasDescription } from "../../../core/eas-service.ts";
import { ServiceError } from "../../../core/errors.ts";
import type { ServiceConfig } from "../../../core/service-config.ts";
import type { ServiceDescription, StateChangeOptions } from "../../../core/service.ts";
import { change } from "./change.ts";
import { everyPage } from "./pages.ts";
import { callService, clientOf, type EasRef, type RequestOptions, requestOptions } from "./ref.ts";
import { readTime } from "./time.ts";

/** A configuration that a service has or had. */
export interface ServiceVersion {
  /** Its number, from 1. */
  version: number;
  /** When it was made. */
  builtAt?: Date;
  /** Whether its image is still there, when that is known. */
  imageAvailable?: boolean;
  /** Whether the service can run it, when that is known. */
  runnable?: boolean;
  /** What the vendor says of it. */
  message?: string;
  /** The configuration, without its token; the vendor tells it of services with a custom image only. */
  config?: ServiceConfig;
}

/** Options of {@linkcode listVersions}. */
export interface ListVersionsOptions extends RequestOptions {
  /** Versions that are asked for at once. @default {100} */
  pageSize?: number;
}

/**
 * The versions of a service, in the vendor's order, asked for page by page as they are read.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-listserviceversions.
 *
 * @throws {RangeError} when `pageSize` is no whole number from 1.
 * @throws {ApiError} when the API refuses.
 */
export function listVersions(
  service: EasRef,
  options: ListVersionsOptions = {},
): AsyncIterable<ServiceVersion> {
  const { pageSize = 100 } = options;
  const what = `Cannot list the versions of service "${service?.name}"`;
  clientOf(what, service);
  return everyPage(what, pageSize, async (page) => {
    const { Versions, TotalCount } = await callService<{ Versions?: WireVersion[]; TotalCount?: number }>(
      service,
      "ListServiceVersions",
      ["versions"],
      { ...requestOptions(options), query: { PageNumber: page, PageSize: pageSize } },
    );
    return { items: Versions?.map(readVersion), total: TotalCount };
  });
}

/**
 * Makes another version what runs, an earlier or, after that, a later one.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-updateserviceversion.
 *
 * @returns How the service is then.
 * @throws {RangeError} when the version is no whole number from 1.
 * @throws {ServiceError} when it runs already, or there is none of this number.
 * @throws {DeployError} when the service does not run with it.
 * @throws {TimeoutError} when the time is up.
 * @throws {ApiError} when the API refuses.
 */
export async function switchVersion(
  service: EasRef,
  version: number,
  options: StateChangeOptions = {},
): Promise<ServiceDescription> {
  if (!Number.isInteger(version) || version < 1) {
    throw new RangeError(
      `Cannot switch service "${service?.name}": version is ${version}; give a whole number from 1`,
    );
  }
  const check = (before: EasDescription): void => {
    const [current, latest] = versionsOf(before);
    if (version === current) throw refusal(before, `it runs version ${version} already`);
    if (version > latest) throw refusal(before, `there is no version ${version}; the latest is ${latest}`);
  };
  const body = { Version: version };
  return await change(service, { ...switching, body, check }, options);
}

/**
 * Makes the version before the one that runs what runs again.
 *
 * @returns How the service is then.
 * @throws {ServiceError} when the first one runs.
 * @throws {DeployError} when the service does not run with it.
 * @throws {TimeoutError} when the time is up.
 * @throws {ApiError} when the API refuses.
 */
export async function rollback(
  service: EasRef,
  options: StateChangeOptions = {},
): Promise<ServiceDescription> {
  const body = { Version: 0 };
  const check = (before: EasDescription): void => {
    const [current] = versionsOf(before);
    if (current <= 1) throw refusal(before, "it runs its first version");
    body.Version = current - 1;
  };
  return await change(service, { ...switching, verb: "roll back", body, check }, options);
}

const switching = { verb: "switch", action: "UpdateServiceVersion", below: ["version"] };

function versionsOf(
  { raw: { CurrentVersion, LatestVersion } }: EasDescription,
): [current: number, latest: number] {
  return [Number(CurrentVersion ?? 1), Number(LatestVersion ?? CurrentVersion ?? 1)];
}

function refusal({ name, status }: EasDescription, why: string): ServiceError {
  return new ServiceError(
    `Cannot switch the version of service "${name}": ${why}; listVersions tells which there are`,
    {
      serviceName: name,
      serviceStatus: status,
      code: "InvalidVersion",
    },
  );
}

interface WireVersion {
  ImageId?: number;
  BuildTime?: string;
  ImageAvailable?: string;
  ServiceRunnable?: string;
  Message?: string;
  ServiceConfig?: string;
}

function readVersion(wire: WireVersion): ServiceVersion {
  const builtAt = readTime(wire.BuildTime);
  const config = readConfig(wire.ServiceConfig);
  return {
    version: wire.ImageId ?? 0,
    ...(builtAt && { builtAt }),
    imageAvailable: known(wire.ImageAvailable),
    runnable: known(wire.ServiceRunnable),
    ...(wire.Message && { message: wire.Message }),
    ...(config && { config }),
  };
}

// The vendor says `unknown` as well.
function known(text: string | undefined): boolean | undefined {
  return text === "true" ? true : text === "false" ? false : undefined;
}

function readConfig(text: string | undefined): ServiceConfig | undefined {
  try {
    const { token: _, ...config } = JSON.parse(text ?? "") as ServiceConfig;
    return config;
  } catch {
    return undefined; // not told, or cut short; the parser's error would quote it, token included
  }
}
