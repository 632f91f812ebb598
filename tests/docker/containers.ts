import { containerLogs } from "../../plugins/local-docker/engine/container-logs.ts";
import {
  createContainer,
  removeContainer,
  startContainer,
  waitContainer,
} from "../../plugins/local-docker/engine/containers.ts";
import type { Engine } from "../../plugins/local-docker/engine/engine.ts";
import { inspectContainer } from "../../plugins/local-docker/engine/inspect-container.ts";

/** A container that runs. */
export interface Running {
  /** Its id. */
  id: string;
  /** Where its port 8000 answers. */
  url: string;
}

/** Runs a container for a test, and removes it. Its port 8000 is published when it is exposed. */
export async function withContainer<T>(
  engine: Engine,
  spec: { HostConfig?: Record<string, unknown>; [name: string]: unknown },
  use: (container: Running) => Promise<T>,
): Promise<T> {
  const HostConfig = {
    PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
    ...spec.HostConfig,
  };
  const id = await createContainer(engine, { ...spec, HostConfig });
  try {
    await startContainer(engine, id);
    const { ports } = await inspectContainer(engine, id);
    return await use({ id, url: `http://${engine.host}:${ports["8000/tcp"]}` });
  } finally {
    await removeContainer(engine, id, { force: true, volumes: true });
  }
}

/** Runs a container to its end and returns the lines that it printed. */
export async function printedBy(engine: Engine, spec: Record<string, unknown>): Promise<string[]> {
  return await withContainer(engine, spec, async ({ id }) => {
    const code = await waitContainer(engine, id);
    const lines: string[] = [];
    for await (const { text } of containerLogs(engine, id)) lines.push(text);
    if (code !== 0) throw new Error(`the container ended with ${code}: ${lines.join("\n")}`);
    return lines;
  });
}

/** Asks until something answers, for ten seconds. */
export async function answer(url: string, init?: RequestInit): Promise<Response> {
  const began = performance.now();
  for (;;) {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (performance.now() - began > 10_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
