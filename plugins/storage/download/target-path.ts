import { utf8 } from "../../../core/encoding.ts";
import { foldPath, pathProblem } from "../../../core/file-path.ts";

// Names that Windows gives to devices, with any ending.
const device = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(\..*)?$/i;

/**
 * Says what keeps a key from naming a file below a folder of this machine.
 *
 * @param path The key without its prefix.
 * @param windows Whether the folder is on Windows, whose file systems refuse or change more names.
 * @returns What is wrong, as the end of a sentence about the path; `undefined` when nothing is.
 */
export function targetProblem(path: string, windows: boolean): string | undefined {
  const problem = pathProblem(path);
  if (problem) return problem;
  if (/^[a-z]:/i.test(path)) return "begins with the letter of a drive";
  const segments = path.split("/");
  if (segments.some((segment) => utf8(segment).length > 255)) return "has a name of more than 255 bytes";
  if (!windows) return undefined;
  // deno-lint-ignore no-control-regex -- Windows refuses them
  const odd = segments.find((name) => /[<>:"|?*\x00-\x1f]|[. ]$/.test(name) || device.test(name));
  return odd === undefined ? undefined : `has the name ${JSON.stringify(odd)}, which Windows does not allow`;
}

/**
 * Finds a path that can't be beside another one, as one of them would have to be a file and a folder at once.
 *
 * @param paths Paths of files.
 * @returns The path and the other one.
 */
export function fileAndFolder(paths: readonly string[]): [file: string, inside: string] | undefined {
  const files = new Set(paths);
  for (const path of paths) {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      const folder = path.slice(0, at);
      if (files.has(folder)) return [folder, path];
    }
  }
}

/**
 * Finds two paths that a file system without case takes for one: in their names, or in that of a folder around them.
 * Such file systems don't tell forms of Unicode from one another either.
 */
export function sameWithoutCase(paths: readonly string[]): [one: string, other: string] | undefined {
  const seen = new Map<string, string>();
  for (const path of paths) {
    for (let at = path.indexOf("/"); at !== path.length;) {
      const whole = at < 0 ? path : path.slice(0, at);
      const other = seen.get(foldPath(whole)) ?? whole;
      if (other !== whole) return [other, whole];
      seen.set(foldPath(whole), whole);
      if (at < 0) break;
      at = path.indexOf("/", at + 1);
    }
  }
}
