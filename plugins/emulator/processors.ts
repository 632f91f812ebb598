import { builtInProcessor, speaksJson } from "../processors/built-in.ts";
import { MissingModel } from "../processors/model-file.ts";
import type { Cloud } from "./cloud.ts";
import { backOff } from "./eas/container-failures.ts";
import type { Failure, Runner } from "./eas/failure.ts";
import { looseConfig } from "./eas/loose-config.ts";
import { modelMissing } from "./eas/resource-failures.ts";
import { failIn } from "./eas/scenarios.ts";
import { readModel } from "./model-file.ts";

/** Finds or makes what runs a service: a handler by its name or its processor, its containers, or a built-in processor. */
export async function loadRunner(
  name: string,
  config: Readonly<Record<string, unknown>>,
  cloud: Pick<Cloud, "region" | "handlers" | "scenarios" | "store" | "containers">,
): Promise<Runner | Failure> {
  const { processor: code, model_path: modelPath } = config;
  const choice = Object.hasOwn(cloud.scenarios, name) ? cloud.scenarios[name] : undefined;
  const failure = choice && failIn(choice, config, cloud.region);
  if (failure) return failure;
  for (const key of [name, code]) {
    const run = typeof key === "string" && Object.hasOwn(cloud.handlers, key)
      ? cloud.handlers[key]
      : undefined;
    if (run) return { run };
  }
  if (looseConfig(config).metadata.type === "Queue") return { run: noModel };
  if (cloud.containers && looseConfig(config).container) return cloud.containers.runner(name, config);
  const hint = (handler: string): string => `emulator({ handlers: { ${JSON.stringify(name)}: ${handler} } })`;
  const processor = builtInProcessor(code);
  if (!processor) {
    const handler = hint(speaksJson(code) ? "jsonProcessor((rows) => …)" : '(request) => new Response("…")');
    return unrunnable(
      "NO_HANDLER",
      `The emulator has nothing to run service "${name}" with; give it ${handler}` +
        (looseConfig(config).container ? ", or a runner of containers: emulator({ runner })" : ""),
    );
  }
  try {
    return { run: processor.load(await readModel(modelPath, processor.endings, cloud)) };
  } catch (error) {
    const [models, handler] = processor.foreign ?? [];
    const message = `Cannot load model "${modelPath}": ${error instanceof Error ? error.message : error}` +
      (handler
        ? `. The emulator runs dense networks in JSON, no ${models}; for that give it ${hint(handler)}`
        : "");
    const reason = "MODEL_LOAD_FAILED";
    return error instanceof MissingModel
      ? modelMissing(config, { reason, message })
      : unrunnable(reason, message);
  }
}

/** What a queue that belongs to no model has behind it; nothing is sent there. */
function noModel(): Response {
  return new Response(null, { status: 404 });
}

/** How a service fails that can't run here, though it might in the real cloud: its container tells why and exits. */
function unrunnable(reason: string, message: string): Failure {
  return {
    reason,
    stage: "startup",
    message: () => message,
    instance: { status: "CrashLoopBackOff", reason: "Error", exitCode: 1 },
    incidents: ({ name }) => [backOff(name)],
    log: [`ERROR ${message}`],
    diagnosis: {
      error: "Container worker0 exited with code 1.",
      causes: [message],
      advices: ["Read the log of the instance."],
    },
  };
}
