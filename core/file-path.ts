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

/**
 * Says what keeps a link from staying inside its source. Steps up may only come first: after a name they would
 * start from wherever that name leads, which may be a link too. So, by induction, no chain of links gets out.
 *
 * @param path Path of the link, which has no problem itself.
 * @param target Where it leads, relative to its folder.
 * @returns What is wrong, as the end of a sentence about the link; `undefined` when nothing is.
 */
export function linkProblem(path: string, target: string): string | undefined {
  const names = target.split("/").filter((name, index) => name !== "." && (name !== "" || index === 0));
  const first = names.findIndex((name) => name !== "..");
  const steps = first < 0 ? names.length : first;
  const problem = steps < names.length ? pathProblem(names.slice(steps).join("/")) : undefined;
  if (problem) return `leads to ${JSON.stringify(target)}, which ${problem}`;
  return steps < path.split("/").length ? undefined : `leads out of the folder, to ${JSON.stringify(target)}`;
}

/**
 * Folds a path to what file systems that know no case, or one spelling of an accent, take for the same name.
 * Coarser than each of them, so that no two files of an archive can meet on any.
 */
export function foldPath(path: string): string {
  return path.normalize("NFD").toUpperCase().toLowerCase().normalize("NFC");
}
