import type { Command } from "@stricli/core";
import { eas, type EasDeployOptions, type EasTarget, type Model } from "../deploy/mod.ts";
import { command, type CommandSpec, type Tools } from "./command.ts";
import { connect, type Connection, uploadPlace } from "./connect.ts";
import type { Context } from "./context.ts";
import { readServiceFile } from "./service-file.ts";
import { type ServiceFlags, serviceFlags } from "./service-flags.ts";
import { wantedService } from "./wanted-service.ts";

/** What `deploy`, `plan` and `apply` are about. */
export interface Job {
  /** Whom to ask. */
  connection: Connection;
  /** Where it runs. */
  target: EasTarget;
  /** What runs. */
  model: Model;
  /** How, and who hears of it. */
  options: EasDeployOptions;
}

/** What such a command is, besides what all of them have in common. */
export interface ServiceCommandSpec<Flags extends ServiceFlags>
  extends Pick<CommandSpec<Flags, [file?: string]>, "brief" | "description" | "examples"> {
  /** Its own flags. */
  flags: Pick<CommandSpec<Flags, []>["flags"], Exclude<keyof Flags, keyof ServiceFlags>>;
  /** Whether Ctrl-C takes time, as something has to be taken back. */
  takesBack?: boolean;
  /** Does it. */
  run(tools: Tools, flags: Flags, job: Job): Promise<number | void>;
}

/** Makes a command that takes a service file and {@linkcode ServiceFlags}. */
export function serviceCommand<Flags extends ServiceFlags>(
  spec: ServiceCommandSpec<Flags>,
): Command<Context> {
  return command<Flags, [file?: string]>({
    ...spec,
    description: `${spec.description}\n\n` +
      "The service file is the vendor's service JSON, also as YAML, with keys of pai's own: model, sourceDir and mounts,\n" +
      "whose local paths are uploaded, and image, command, port, env and requirements in place of containers.\n" +
      'A value { "$env": "NAME" } is that variable\'s, so that no secret need be in the file.',
    flags: { ...serviceFlags, ...spec.flags } as CommandSpec<Flags, []>["flags"], // these are all of them
    aliases: { n: "name" },
    args: [{ brief: "Service file", parse: String, placeholder: "file", optional: true }],
    async run(tools, flags, named) {
      const { io, progress } = tools;
      const { signal, cwd } = io;
      const { model, options, uploads } = wantedService(cwd, await readServiceFile(io, named), flags);
      const connection = await connect(tools, flags);
      const target = eas(
        connection.client,
        uploads ? await uploadPlace(connection, flags.bucket, signal) : {},
      );
      const { timeout } = flags;
      const job: Job = {
        ...{ connection, target, model },
        options: {
          ...options,
          signal,
          onProgress: progress.step,
          ...(timeout && { timeout }),
        } as EasDeployOptions, // since a spread forgets that it has an instance type or resources
      };
      const cancelling = (): void =>
        progress.note("cancelling; Ctrl-C again ends at once and leaves what was made");
      if (spec.takesBack) signal.addEventListener("abort", cancelling, { once: true });
      try {
        return await spec.run(tools, flags, job);
      } finally {
        signal.removeEventListener("abort", cancelling);
      }
    },
  });
}
