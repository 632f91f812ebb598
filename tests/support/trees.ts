import fc from "fast-check";
import { foldPath } from "../../core/file-path.ts";

/** Files by path. */
export type Tree = Record<string, Uint8Array<ArrayBuffer>>;

/**
 * Arbitrary folders, with names of any Unicode and any length that file systems take, and no two that are the same
 * file on some system.
 */
export function trees(options: { unit?: "grapheme" | "binary"; maxKeys?: number } = {}): fc.Arbitrary<Tree> {
  const { unit = "binary", maxKeys = 6 } = options;
  const short = fc.string({ unit, minLength: 1, maxLength: 8 });
  const long = fc.stringMatching(/^[a-zA-Z0-9 ._-]{80,110}$/);
  const name = fc.oneof({ weight: 4, arbitrary: short }, long).filter((name) =>
    name.isWellFormed() && !/[/\\\0\ufffd]/.test(name) && name !== "." && name !== ".." &&
    !/^[a-z]:/i.test(name)
  );
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(511, 512, 513, 1024).map((length) => new Uint8Array(length).fill(7)),
  ).map((bytes) => new Uint8Array(bytes));
  return fc.uniqueArray(fc.tuple(path, content), {
    minLength: 1,
    maxLength: maxKeys,
    selector: ([path]) => foldPath(path),
  }).map(withoutConflicts).map((files) => Object.fromEntries(files));
}

/** Leaves out what would be a file and a folder, or two folders that are one elsewhere. */
function withoutConflicts(files: [string, Uint8Array<ArrayBuffer>][]): [string, Uint8Array<ArrayBuffer>][] {
  const taken = new Map<string, string>();
  return files.filter(([path]) => {
    const parts = path.split("/");
    const names = parts.map((_, end) =>
      parts.slice(0, end + 1).join("/") + (end < parts.length - 1 ? "/" : "")
    );
    const fits = names.every((name) => {
      const twin = taken.get(foldPath(name.replace(/\/$/, "")));
      return twin === undefined || twin === name && name.endsWith("/");
    });
    if (fits) { for (const name of names) taken.set(foldPath(name.replace(/\/$/, "")), name); }
    return fits;
  });
}
