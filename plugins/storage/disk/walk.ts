import type { Dirent } from "node:fs";
import { readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { PaiError } from "../../../core/errors.ts";
import type { FileEntry } from "../../../core/files.ts";
import { compareUtf8 } from "../../../core/percent.ts";
import { attempt, fileEntry, refusal } from "./file.ts";
import { ignoreFile, type IgnoreRules } from "./ignore-rules.ts";
import { linkProblem, pathProblem } from "../../../core/file-path.ts";

/** What is left out of a source, and why. */
export interface Skipped {
  /** Path inside the source. */
  path: string;
  /** What it is; nothing below a folder is looked at. */
  kind: "file" | "directory" | "link";
  /** Why, as the end of a sentence: `the rule "*.log" of .paiignore`. */
  because: string;
}

/** How to walk through a folder. */
export interface WalkOptions {
  /** Rules that say what to leave out. */
  rules: IgnoreRules | undefined;
  /** Whether folders have files with more of them. */
  ruleFiles: boolean;
  links: "follow" | "keep" | "refuse";
  outsideLinks: boolean;
  emptyFolders: "keep" | "skip" | "refuse";
  onSkip?: (skipped: Skipped) => void;
}

/**
 * Yields the files below a folder in the order of their paths' UTF-8 bytes.
 *
 * @param label Name of the source, for messages.
 * @throws {PaiError} when something can't be read, a link leads outside or around, or there is no file at all.
 */
export async function* walk(label: string, root: string, options: WalkOptions): AsyncIterable<FileEntry> {
  const home = await attempt(label, realpath(root));
  const { rules } = options;
  let empty = true;
  for await (
    const entry of new Walk(label, home, options).below("", { folder: root, around: [home], rules })
  ) {
    empty = false;
    yield entry;
  }
  if (empty) throw new PaiError(`Cannot read "${label}": the folder holds no files`, { code: "EmptyFolder" });
}

interface Folder {
  /** The folder to read. */
  folder: string;
  /** Real paths of this folder and those around it, its own last. */
  around: string[];
  rules: IgnoreRules | undefined;
}

interface Child {
  path: string;
  full: string;
  kind: "file" | "directory" | "link";
  /** Real path of a folder. */
  real: string;
}

class Walk {
  readonly #label: string;
  readonly #home: string;
  readonly #options: WalkOptions;

  constructor(label: string, home: string, options: WalkOptions) {
    this.#label = label;
    this.#home = home.endsWith(sep) ? home : home + sep;
    this.#options = options;
  }

  async *below(prefix: string, place: Folder): AsyncIterable<FileEntry> {
    const found = await attempt(this.#label, readdir(place.folder, { withFileTypes: true }));
    const rules = await this.#rules(prefix, place, found);
    const looked = await Promise.all(found.map((child) => this.#look(prefix, { ...place, rules }, child)));
    const children = looked.filter((child) => child !== undefined);
    // A folder's files all start with its name and a slash, so with the slash siblings sort as their files do.
    const order = ({ path, kind }: Child): string => kind === "directory" ? `${path}/` : path;
    children.sort((a, b) => compareUtf8(order(a), order(b)));

    for (const { path, full, kind, real } of children) {
      if (kind === "file") yield await fileEntry(this.#label, path, full);
      else if (kind === "link") yield await this.#link(path, full);
      else {
        let empty = true;
        for await (
          const entry of this.below(`${path}/`, { folder: full, around: [...place.around, real], rules })
        ) {
          empty = false;
          yield entry;
        }
        if (empty) yield* this.#emptyFolder(path);
      }
    }
  }

  /** The rules in a folder: those around it, and those of its own file. */
  async #rules(prefix: string, { folder, rules }: Folder, found: Dirent[]): Promise<IgnoreRules | undefined> {
    const own = found.some((child) => child.name === ignoreFile && !child.isDirectory());
    if (!rules || !own || !this.#options.ruleFiles) return rules;
    const text = await attempt(this.#label, readFile(join(folder, ignoreFile), "utf8"), prefix + ignoreFile);
    return rules.within(prefix.slice(0, -1), text);
  }

  /** Looks at what is in a folder; what is left out is not even opened. */
  async #look(prefix: string, { folder, around, rules }: Folder, child: Dirent): Promise<Child | undefined> {
    const path = prefix + child.name;
    const full = join(folder, child.name);
    const kind = child.isDirectory() ? "directory" : child.isSymbolicLink() ? "link" : "file";
    const skips = (isFolder: boolean): boolean => {
      const because = rules?.reason(path, isFolder);
      if (because) this.#options.onSkip?.({ path, kind, because });
      return because !== undefined;
    };
    if (skips(kind === "directory")) return undefined;
    if (kind !== "link") return { path, full, kind, real: join(around.at(-1)!, child.name) };
    const { links, outsideLinks } = this.#options;
    if (links === "keep") return { path, full, kind, real: "" };
    if (links === "refuse") throw refusal(this.#label, path, "is a link");

    const isFolder = (await attempt(this.#label, stat(full), path)).isDirectory();
    if (isFolder && skips(true)) return undefined;
    const real = await attempt(this.#label, realpath(full), path);
    if (isFolder && around.includes(real)) {
      throw refusal(this.#label, path, "is a link to a folder around itself");
    }
    if (!outsideLinks && !real.startsWith(this.#home)) {
      throw refusal(
        this.#label,
        path,
        "is a link that leaves the folder; allow it with `outsideLinks: true`",
      );
    }
    return { path, full, kind: isFolder ? "directory" : "file", real };
  }

  async #link(path: string, full: string): Promise<FileEntry> {
    const target = (await attempt(this.#label, readlink(full), path)).replaceAll(sep, "/");
    const problem = pathProblem(path) ?? linkProblem(path, target);
    if (problem) throw refusal(this.#label, path, problem);
    return { path, size: 0, kind: "link", target, open: nothing };
  }

  *#emptyFolder(path: string): Iterable<FileEntry> {
    const { emptyFolders, onSkip } = this.#options;
    const problem = emptyFolders === "refuse" ? "is an empty folder" : pathProblem(path);
    if (problem) throw refusal(this.#label, path, problem);
    if (emptyFolders === "keep") yield { path, size: 0, kind: "directory", open: nothing };
    else onSkip?.({ path, kind: "directory", because: "it holds no files" });
  }
}

/** The content of what is no file. */
function nothing(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([]).stream();
}
