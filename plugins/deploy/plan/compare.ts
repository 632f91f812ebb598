import type { EasDescription } from "../../../core/eas-service.ts";
import { bounded } from "../../../core/timeout.ts";
import type { Job } from "../eas/job.ts";
import { checkOptions } from "../eas/options.ts";
import { find, isLeaving } from "../eas/preflight.ts";
import { prepare, type Prepared } from "../eas/prepare.ts";
import { copyJsonObject, type JsonObject, type JsonValue } from "../json-object.ts";
import { byContent } from "../uploads/naming.ts";
import { filesOf, type Upload } from "../uploads/plan.ts";
import { missingFiles } from "../uploads/stored.ts";
import { timeLeft } from "../waiting/watch.ts";
import { changesBetween, labelChanges, secretChange } from "./changes.ts";
import { labelsOf, type LabelUpdate, labelUpdate } from "./labels.ts";
import { type Deployable, Plan } from "./plan.ts";
import { unheeded } from "./restarts.ts";
import { withServerKeys } from "./server-keys.ts";
import { sameSpelling } from "./spelling.ts";
import { type Update, updateOf } from "./update.ts";

/** A plan, and what it takes to carry it out. */
export interface Comparison {
  /** What is wanted. */
  prepared: Prepared;
  /** For people. */
  plan: Plan;
  /** The service that runs; absent when there is none. */
  running?: EasDescription;
  /** What to ask of UpdateService. */
  update?: Update;
  /** What to do with labels. */
  labels: LabelUpdate;
  /** What to upload. */
  missing: Upload[];
}

/**
 * Prepares a deployment whose files are named after their content.
 *
 * @throws {TypeError} when the service has no name, so that none could be found again.
 */
export async function prepareNamed(job: Job, model: Deployable): Promise<Prepared> {
  const { action, options, options: { signal }, report } = job;
  const resources = checkOptions(options);
  const warnings: string[] = [];
  if (options.temporary) {
    throw new TypeError(`Cannot ${action}: a service that is applied is not temporary; use deploy`);
  }
  const deployment = await model.toDeployment({
    signal,
    timeout: options.timeout,
    onWarning: (message) => warnings.push(message),
  });
  const name = options.serviceName ?? deployment.config.name ?? deployment.config.metadata?.name;
  if (name === undefined) {
    throw new TypeError(`Cannot ${action}: the service has no name to find it by; give serviceName`);
  }
  for (const message of warnings) report({ stage: "check", name, level: "warning", message });
  const named = { ...job, options: { ...options, serviceName: name } };
  return await prepare(named, deployment, resources, byContent({ report, signal }));
}

/** Compares what is wanted with what runs, and with the objects that there are. */
export async function compare(job: Job, prepared: Prepared): Promise<Comparison> {
  const { name, uploads } = prepared;
  const found = await find(job, name);
  const running = found && !isLeaving(found) ? found : undefined;
  const absent = await absentFiles(job, prepared);
  const missing = uploads.map((upload) => ({
    ...upload,
    files: upload.files.filter((file) => absent.has(file.key)),
  }));
  const shown = uploads.map(({ label, address, bytes, files }) => ({
    label,
    files: files.length,
    bytes,
    address,
    present: !files.some(({ key }) => absent.has(key)),
  }));
  const { changes, labels, update } = running
    ? updateChanges(job, prepared, running)
    : creationChanges(job, prepared);
  const warnings = [...prepared.warnings, ...running ? unheeded(changes.map(({ path }) => path)) : []];
  const action = !running ? "create" : changes.length > 0 ? "update" : "none";
  const plan = new Plan({ name, action, changes, uploads: shown, warnings });
  return { prepared, plan, running, update, labels, missing };
}

async function absentFiles(job: Job, { name, uploads }: Prepared): Promise<Set<string>> {
  const { action, storage, options: { signal } } = job;
  const files = filesOf(uploads);
  if (!storage || files.length === 0) return new Set();
  const what = `Cannot ${action} service "${name}", looking for its files in "${storage.bucket}"`;
  const missing = await bounded(
    what,
    timeLeft(job),
    signal,
    (signal) => missingFiles(files, storage, signal),
  );
  return new Set([...missing].map(({ key }) => key));
}

type Changes = Pick<Plan, "changes"> & Pick<Comparison, "labels" | "update">;

function creationChanges({ options }: Job, prepared: Prepared): Changes {
  const { token, labels: _, ...config } = prepared.config();
  const changes = [
    ...changesBetween({}, config),
    ...token === undefined ? [] : [secretChange("token", false)],
    ...labelChanges({}, labelsOf(prepared.config(), options) ?? {}),
  ].map((change) => ({ ...change, restarts: false })); // there is nothing to restart
  return { changes, labels: {} };
}

function updateChanges({ options }: Job, prepared: Prepared, running: EasDescription): Changes {
  const described: JsonObject = copyJsonObject(running.config);
  const config = prepared.config(running.config);
  const spelt = sameSpelling(config, described);
  const wanted = withServerKeys(spelt.wanted, spelt.running);
  const update = updateOf(spelt.running, wanted);
  const labels = labelUpdate(running.labels, labelsOf(config, options));
  const changesToken = config.token !== undefined && config.token !== running.accessToken;
  return {
    changes: [
      ...changesBetween(spelt.running, wanted),
      ...changesToken ? [secretChange("token", true)] : [],
      ...labelChanges(running.labels, labels.all ?? running.labels),
    ],
    labels,
    update: completed(update, running, {
      token: changesToken ? config.token : undefined,
      labels: labels.all ?? running.labels,
    }),
  };
}

/**
 * Token and labels are no part of what the service tells of its configuration. A merge keeps them; where the
 * configuration is replaced they are said again, so that callers go on. A service of a group has the group's token,
 * which nobody sets here.
 */
function completed(
  update: Update | undefined,
  { accessToken, raw }: EasDescription,
  { token, labels }: { token: JsonValue | undefined; labels: Readonly<Record<string, string>> },
): Update | undefined {
  if (update?.type !== "replace") {
    return token === undefined ? update : { type: "merge", body: { ...update?.body, token } };
  }
  const kept = token ?? (raw.ServiceGroup ? undefined : accessToken);
  return {
    type: "replace",
    body: {
      ...update.body,
      ...(kept !== undefined && { token: kept }),
      ...(Object.keys(labels).length > 0 && { labels: { ...labels } }),
    },
  };
}
