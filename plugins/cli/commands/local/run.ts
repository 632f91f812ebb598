import type { Service } from "../../../../core/service.ts";
import { UsageError } from "../../exit-codes.ts";
import { command, type Tools } from "../../command.ts";
import { type EngineFlags, engineFlags, openTarget } from "../../local-engine.ts";
import { readServiceFile } from "../../service-file.ts";
import { type ServiceFlags, serviceFlags } from "../../service-flags.ts";
import { wantedService } from "../../wanted-service.ts";

interface Flags extends ServiceFlags, EngineFlags {
  /** Leaves it running. */
  readonly detach?: boolean;
}

/** `pai local run`: what `pai deploy` would deploy, on this machine. */
export const localRunCommand = command<Flags, [file?: string]>({
  brief: "Run a service until Ctrl-C",
  description:
    "Runs what pai.json or pai.yaml in this folder describes, or flags do, in a container of this machine, prints\n" +
    "where it answers, and then what it prints, until Ctrl-C; then removes it. The file and the flags are those of\n" +
    "pai deploy; what they say of machines, instances and buckets of EAS is of no meaning here. Addresses on OSS are\n" +
    "downloaded, with the same access keys.",
  examples: [
    ["", "What pai.json or pai.yaml describes"],
    ["app.yaml --set containers.0.port=9000", "Another file; flags overrule it"],
    ["--name app --image registry/app:1 --command 'python app.py' --model ./model", "Without a file"],
    ["--detach --json", "In the background; where it answers, as JSON"],
  ],
  flags: {
    ...serviceFlags,
    ...engineFlags,
    detach: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Leave it running in the background",
    },
  },
  aliases: { n: "name" },
  args: [{ brief: "Service file", parse: String, placeholder: "file", optional: true }],
  async run(tools, flags, named) {
    const { io: { signal, cwd }, progress } = tools;
    const { detach = false, timeout } = flags;
    const { model, spec, options } = wantedService(cwd, await readServiceFile(tools.io, named), flags);
    if (options.options) spec.merge(options.options as Record<string, unknown>); // which it checks
    const deployment = await model.toDeployment({ signal });
    if (detach && !deployment.config.containers) throw new UsageError(noProcess);
    const cancelling = (): void => progress.note("ending; Ctrl-C again leaves what pai local gc removes");
    signal.addEventListener("abort", cancelling, { once: true });
    try {
      const service = await model.deploy(await openTarget(tools, flags, deployment), {
        ...(options.serviceName && { serviceName: options.serviceName }),
        ...{ signal, onProgress: progress.step },
        ...(timeout && { timeout }),
        ...(!detach && { temporary: true }),
      });
      await printRunning(tools, service, detach);
      if (detach) return;
      return await untilItEnds(tools, service);
    } finally {
      signal.removeEventListener("abort", cancelling);
    }
  },
});

const noProcess =
  "Cannot leave a processor in the background: it runs in this process or answers through it; " +
  "leave --detach out, and let the shell run pai local itself in the background";

/** Tells where it answers, and how to ask. */
async function printRunning({ print }: Tools, service: Service, detached: boolean): Promise<void> {
  const { name } = service;
  const { status, internetEndpoint: endpoint = "", config } = await service.describe();
  const [, format] = /^(tensorflow|pytorch)/.exec(config.processor ?? "") ?? [];
  const predict = format
    ? `new Predictor({ endpoint: "${endpoint}", serializer: ${format}() })`
    : `curl ${endpoint} -d '…'`;
  const next = detached
    ? [["logs", `pai local logs ${name} -f`], ["end", `pai local delete ${name}`]] as const
    : [["end", "Ctrl-C"]] as const;
  print.line(
    { name, status, endpoint, detached },
    [
      ["name", name],
      ["status", status],
      ["endpoint", endpoint],
      ["predict", predict],
      ...next,
    ]
      .map(([key, value]) => `${key!.padEnd(8)}  ${value}`).join("\n"),
  );
}

/** Prints what it prints, and removes it when the user has seen enough, or it has ended by itself. */
async function untilItEnds({ io: { signal }, print, progress }: Tools, service: Service): Promise<number> {
  try {
    for await (const line of service.logs({ follow: true, signal })) print.line(line, line.text);
    if (!signal.aborted) await service.wait({ timeout: 10_000 }); // which says why it doesn't run any more
  } finally {
    await service.delete({ wait: true });
    progress.note(`service "${service.name}" is removed`);
  }
  return 0; // Ctrl-C is how it is meant to end
}
