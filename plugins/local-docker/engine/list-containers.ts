import type { Engine, OperationOptions } from "./engine.ts";
import { filters, type LabelFilter } from "./filters.ts";

/** Options of {@linkcode listContainers}. */
export interface ListContainersOptions extends OperationOptions {
  /** Labels that a container has; `true` for any value. @default {{}} */
  labels?: LabelFilter;
  /** Whether those that don't run are listed too. @default {false} */
  all?: boolean;
}

/** A container in a list. */
export interface ListedContainer {
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** Name of its image. */
  image: string;
  /** State in the engine's words: `running`, `exited` … */
  status: string;
  /** Labels. */
  labels: Record<string, string>;
  /** When it was made. */
  createdAt: Date;
}

/** Lists containers. */
export async function listContainers(
  engine: Engine,
  { labels, all, ...options }: ListContainersOptions = {},
): Promise<ListedContainer[]> {
  const response = await engine.call("GET", "/containers/json", {
    query: { all: all ? "true" : undefined, filters: filters(labels) },
    what: "Cannot list containers",
    ...options,
  });
  const found: Record<string, unknown>[] = await response.json() ?? [];
  return found.map(({ Id, Names, Image, State, Labels, Created }) => ({
    id: `${Id}`,
    name: `${Array.isArray(Names) ? Names[0] ?? "" : ""}`.replace(/^\//, ""),
    image: `${Image}`,
    status: `${State}`,
    labels: { ...Object(Labels) },
    createdAt: new Date(Number(Created) * 1000),
  }));
}
