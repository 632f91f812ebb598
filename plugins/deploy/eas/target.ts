import type { Client } from "../../../core/client.ts";
import type { Serializer } from "../../../core/serializer.ts";
import type { Service } from "../../../core/service.ts";
import type { Storage } from "../../../core/storage.ts";
import type { Deployment, Target } from "../../../core/target.ts";
import { EasService, type EndpointType } from "../eas-service.ts";
import { byTime } from "../uploads/naming.ts";
import { filesOf, keyProblem } from "../uploads/plan.ts";
import { createService } from "./create.ts";
import { type EasPlace, jobOf } from "./job.ts";
import { checkOptions, type EasDeployOptions } from "./options.ts";
import { checkNameIsFree, checkPermissions } from "./preflight.ts";
import { prepare } from "./prepare.ts";
import { temporary } from "../temporary.ts";

/** Options of {@linkcode eas}. */
export interface EasOptions {
  /**
   * Where files are uploaded to; needed when a model or a mount comes from files. The bucket of the client's workspace
   * is `oss(client, await defaultStorage(client))`, with `defaultStorage` of `@pai-edge/sdk/workspace`.
   */
  storage?: Storage;
  /** What the keys of uploaded files start with. @default {"pai/"} */
  uploadPrefix?: string;
  /** Which address of a service is called; the client's network decides when absent. */
  endpointType?: EndpointType;
}

/** EAS as a target: `model.deploy` creates services there, {@linkcode plan} and {@linkcode apply} change them too. */
export interface EasTarget extends EasPlace, Target<EasDeployOptions> {}

/**
 * Deploys to EAS. What can be checked without the service is checked before the first request, what would stop the
 * deployment later (a name that is taken, a permission that is missing) before the first file is sent, and a
 * deployment that fails leaves nothing behind.
 *
 * @throws {TypeError} when an option is wrong.
 */
export function eas(client: Client, setup: EasOptions = {}): EasTarget {
  if (typeof client?.call !== "function") {
    throw new TypeError("Cannot deploy to EAS: no client is given; make one with createClient({ region })");
  }
  const { storage, uploadPrefix = "pai/", endpointType } = setup;
  checkPrefix(uploadPrefix);
  const place: EasPlace = { client, storage, uploadPrefix, endpointType };
  return {
    ...place,
    async deploy<Input, Output>(
      deployment: Deployment,
      options: EasDeployOptions & { serializer?: Serializer<Input, Output> },
    ): Promise<Service<Input, Output>> {
      const resources = checkOptions(options);
      const { serializer, wait = true } = options;
      const job = jobOf(place, "deploy", options);
      const prepared = await prepare(job, deployment, resources, byTime(client.clock));
      const { name, uploads } = prepared;
      await checkNameIsFree(job, name);
      await checkPermissions(job, name, { uploads, creates: true });
      const description = await createService(job, prepared);
      const service = new EasService<Input, Output>(client, description, {
        serializer,
        endpointType,
        answered: wait,
      });
      if (!options.temporary) return service;
      return temporary(service, { storage, keys: filesOf(uploads).map(({ key }) => key) });
    },
  };
}

function checkPrefix(prefix: unknown): void {
  if (prefix === "") return;
  const problem = typeof prefix !== "string" || !prefix.endsWith("/")
    ? 'must end in "/"'
    : keyProblem(prefix.slice(0, -1));
  if (!problem) return;
  throw new TypeError(`Cannot deploy to EAS: uploadPrefix "${String(prefix)}" ${problem}`);
}
