import { hasDotSegment } from "../../core/percent.ts";

/**
 * Lets through the listed paths below a prefix, with their queries, for services with routes of their own:
 * `path: below("/llm", ["/v1/chat/completions", "/v1/models"])`. A path that ends in `/*` stands for all below it.
 */
export function below(prefix: string, paths: readonly string[]): (request: Request) => string | undefined {
  const base = prefix.replace(/\/+$/, "");
  return ({ url }) => {
    const { pathname, search } = new URL(url);
    const path = pathname.slice(base.length);
    if (!pathname.startsWith(base) || !/^(\/|$)/.test(path) || leavesFolder(path)) return undefined;
    const found = paths.some((allowed) =>
      allowed.endsWith("/*") ? path.startsWith(allowed.slice(0, -1)) : path === allowed
    );
    return found ? path + search : undefined;
  };
}

/** Servers differ in whether an encoded slash is one, so it counts as one here. */
function leavesFolder(path: string): boolean {
  return hasDotSegment(path.replace(/%2f|%5c/gi, "/"));
}
