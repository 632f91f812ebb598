import { systemClock } from "../../../core/clock.ts";
import { PaiError, ServiceError } from "../../../core/errors.ts";
import type { FileSource } from "../../../core/files.ts";
import type { Serializer } from "../../../core/serializer.ts";
import type { ProgressEvent, Service } from "../../../core/service.ts";
import type { Storage } from "../../../core/storage.ts";
import type { Deployment } from "../../../core/target.ts";
import { bounded } from "../../../core/timeout.ts";
import { timeLeft, type Watch, watchOf } from "../../../core/watch.ts";
import { type BuiltInProcessor, builtInProcessor, speaksJson } from "../../processors/built-in.ts";
import type { Handler } from "../../processors/handler.ts";
import { pytorchContainer, servedName, tensorflowContainer } from "./container-deployments.ts";
import { type ProcessorImages, pytorchImage, tensorflowImage } from "./images.ts";
import { listModel, type ModelFiles, modelSource, readModel } from "./model-files.ts";
import { ProcessService } from "./process-service.ts";
import { type AskContainer, ProxiedService } from "./proxied-service.ts";
import { tfServing } from "./tf-serving/handler.ts";

/** How a container is to be run for a processor. */
export interface ContainerWish {
  /** Where its image runs, when there is only one such place and nothing else is asked for. */
  readonly platform?: string;
  /** Whether the container is of no use when this process has ended. */
  readonly endsWithProcess: boolean;
  /** Longest time in milliseconds that is left of the deployment's. */
  readonly timeout: number;
}

/** What the deployment of a processor needs. */
export interface ProcessorRun<Input, Output> {
  /** Name of the service. */
  readonly serviceName: string;
  /** What runs processors that nothing here runs, or that are to be run in another way, by their codes. */
  readonly handlers?: Readonly<Record<string, Handler>>;
  /** Images in place of the usual ones. */
  readonly images?: ProcessorImages;
  /** Buckets whose models can be read. */
  readonly storages?: readonly Storage[];
  /** Whether containers get GPUs. */
  readonly hasGpus?: boolean;
  /** Format of the service's predictor. */
  readonly serializer: Serializer<Input, Output>;
  /** Whether the service is deleted when the block ends that holds it. */
  readonly temporary?: boolean;
  /** Ends the deployment. */
  readonly signal?: AbortSignal;
  /** Longest time in milliseconds. @default {1800000} */
  readonly timeout?: number;
  /** Hears of each step. */
  readonly onProgress?: (event: ProgressEvent) => void;
  /** How long it may look hopeless, in milliseconds. @default {120000} */
  readonly giveUpAfter?: number;
  /** Runs a container; asks for an engine only when it is called. */
  readonly runContainer: (
    deployment: Deployment,
    wish: ContainerWish,
  ) => Promise<Service<Input, Output>>;
}

/** Whether a deployment is one of a processor, not of containers. */
export function isProcessor({ config }: Deployment): boolean {
  return config.containers === undefined && config.processor !== undefined;
}

/**
 * Runs a model that PAI would run with one of its processors: in this process where the model can be read here, which
 * needs no engine; else in a container of the framework's own, behind PAI's protocol. What can't run is refused before
 * anything is started.
 *
 * @throws {TypeError} when nothing here runs the processor, or its model can't be read, and what to do about it.
 * @throws {ServiceError} when the model can't be loaded.
 */
export async function runProcessor<Input, Output>(
  deployment: Deployment,
  run: ProcessorRun<Input, Output>,
): Promise<Service<Input, Output>> {
  const { serviceName, handlers = {}, storages = [], signal } = run;
  const watch = watchOf(systemClock, serviceName, "deploy", run);
  const cannot = `Cannot deploy service "${serviceName}" locally`;
  const code = String(deployment.config.processor);
  const own = Object.hasOwn(handlers, code) ? handlers[code] : undefined;
  if (own) return await inProcess(deployment, own, run, watch);
  const processor = builtInProcessor(code);
  if (!processor) throw new TypeError(`${cannot}: ${unknown(code)}`);
  const source = modelSource(deployment, storages, cannot, signal);
  const handler = await bounded(cannot, timeLeft(watch), signal, async (signal, call) => {
    call.lacks = "whole model"; // in the error of its clock
    const model = await listModel(source, signal);
    return isForContainer(code, model) ? undefined : await load(processor, model, run, signal);
  });
  if (handler) return await inProcess(deployment, handler, run, watch);
  return await (code.startsWith("tensorflow") ? tensorflow : pytorch)(
    deployment,
    { ...run, timeout: timeLeft(watch) },
    source,
  );
}

/** Whether there are files that only the framework itself can read. */
function isForContainer(code: string, { entries }: ModelFiles): boolean {
  const own = code.startsWith("tensorflow")
    ? /(^|\/)saved_model\.pb(txt)?$|\.(tar|tar\.gz|tgz)$/
    : code.startsWith("pytorch")
    ? /\.(pt|pth|jit|torchscript|tar|tar\.gz|tgz)$/
    : undefined;
  return own !== undefined && entries.some(({ path }) => own.test(path));
}

async function load(
  processor: BuiltInProcessor,
  model: ModelFiles,
  { serviceName }: { serviceName: string },
  signal: AbortSignal,
): Promise<Handler> {
  try {
    return processor.load(await readModel(model, processor.endings, signal));
  } catch (error) {
    if (signal.aborted || error instanceof PaiError) throw error;
    const [foreign] = processor.foreign ?? [];
    const state = `its model "${model.source.label}" can't be loaded: ${
      error instanceof Error ? error.message : error
    }`;
    const advice = foreign
      ? `; a ${foreign} runs in a container, a dense network in JSON in this process`
      : "";
    throw new ServiceError(`Cannot deploy service "${serviceName}" locally: ${state}${advice}`, {
      serviceName,
      serviceStatus: "Failed",
      code: "MODEL_LOAD_FAILED",
    });
  }
}

async function inProcess<Input, Output>(
  { config }: Deployment,
  handler: Handler,
  { serviceName: name, serializer, temporary = false }: ProcessorRun<Input, Output>,
  watch: Watch,
): Promise<Service<Input, Output>> {
  const service = new ProcessService<Input, Output>({ name, config, handler, serializer, temporary });
  await service.start();
  const { internetEndpoint } = await service.describe();
  watch.report({
    stage: "create",
    status: "Running",
    message: `it runs in this process, at ${internetEndpoint}`,
  });
  return service;
}

async function tensorflow<Input, Output>(
  deployment: Deployment,
  run: ProcessorRun<Input, Output> & { timeout: number },
  source: FileSource,
): Promise<Service<Input, Output>> {
  const { config } = deployment,
    { images = {}, hasGpus = false, serializer, temporary = false, timeout } = run;
  const { image, platform } = tensorflowImage(String(config.processor), images, hasGpus);
  const inner = await run.runContainer(
    tensorflowContainer(deployment, source, image),
    { platform, endsWithProcess: true, timeout },
  );
  const translate = (ask: AskContainer): Handler => tfServing(servedName, ask);
  const service = new ProxiedService<Input, Output>({ inner, translate, config, serializer, temporary });
  try {
    await service.open();
    return service;
  } catch (error) {
    await inner.delete();
    throw error;
  }
}

async function pytorch<Input, Output>(
  deployment: Deployment,
  run: ProcessorRun<Input, Output> & { timeout: number },
  source: FileSource,
): Promise<Service<Input, Output>> {
  const { image, platform } = pytorchImage(run.images ?? {}, run.hasGpus ?? false);
  return await run.runContainer(
    pytorchContainer(deployment, source, image),
    { platform, endsWithProcess: false, timeout: run.timeout },
  );
}

/** What to do about a processor that nothing here runs. */
function unknown(code: string): string {
  const handler = speaksJson(code) ? "jsonProcessor((rows) => …)" : '(request) => new Response("…")';
  return `nothing here runs the processor "${code}"; deploy a container, made by containerServingSpec(), or give ` +
    `it a handler, localDocker({ processors: { ${JSON.stringify(code)}: ${handler} } })`;
}
