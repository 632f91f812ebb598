/**
 * Says what keeps a path from naming a file inside a source, in every source alike: paths become object keys,
 * archive members and files in containers, so they are relative, POSIX and have one spelling.
 *
 * @returns What is wrong, as the end of a sentence about the path; `undefined` when nothing is.
 */
export function pathProblem(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.startsWith("/")) return "is absolute";
  if (path.includes("\\")) return "has a backslash";
  if (path.includes("\0")) return "has a NUL character";
  if (!path.isWellFormed()) return "has a lone surrogate, which UTF-8 can't carry";
  const segment = path.split("/").find((segment) => segment === "" || segment === "." || segment === "..");
  return segment === undefined ? undefined : segment ? `has a "${segment}" segment` : "has an empty segment";
}
