import type { TarHeader } from "modern-tar";
import { PaiError } from "../../../core/errors.ts";
import { foldPath, linkProblem } from "../../../core/file-path.ts";
import { targetProblem } from "../download/target-path.ts";

/** What a member of an archive makes in the folder, checked. */
export interface Placement {
  /** Where, relative to the folder and POSIX. */
  path: string;
  /** What; a `copy` is another name of a file that was there before. */
  kind: "file" | "directory" | "link" | "copy";
  /** Where a link leads, or which file a copy names. */
  target: string;
  /** Folders to make first, outermost first. */
  folders: string[];
  /** Whether something was there before that this replaces, as the last member of a name wins. */
  replaces: boolean;
}

/** Options of {@linkcode ArchiveNames}. */
export interface ArchiveNamesOptions {
  /** Beginning of the errors' message. */
  what: string;
  /** How many files, links and folders there may be. */
  maxFiles: number;
  links: "keep" | "refuse";
  collidingNames: "refuse" | "keep";
  /** Whether the folder is on Windows, which knows fewer names. */
  windows: boolean;
}

// What Linux takes as a path, and enough that names can't be a bomb of folders.
const longestPath = 4096;

/**
 * Decides where the members of one archive go, and refuses what would get out of the folder: by its name, by a link, or
 * through a link that the archive has made before. It knows what is in the folder, as it starts from an empty one.
 */
export class ArchiveNames {
  readonly #options: ArchiveNamesOptions;
  readonly #kinds = new Map<string, "file" | "directory" | "link">();
  readonly #targets = new Map<string, string>();
  readonly #folded = new Map<string, string>();

  /** Starts with an empty folder. */
  constructor(options: ArchiveNamesOptions) {
    this.#options = options;
  }

  /**
   * Checks a member.
   *
   * @throws {PaiError} with the code `UnsafeArchive`, `UnsupportedArchive`, `CollidingNames` or `ArchiveTooLarge`.
   */
  place(header: TarHeader): Placement | undefined {
    const { name, type = "file", linkname = "" } = header;
    if (Object.keys(header.pax ?? {}).some((key) => key.startsWith("GNU.sparse."))) {
      throw this.#refusal("UnsupportedArchive", name, "is a sparse file");
    }
    if (!["file", "directory", "symlink", "link"].includes(type)) {
      throw this.#refusal("UnsafeArchive", name, `is a ${type}`);
    }
    const path = plainPath(name);
    if (path === "" && type === "directory" && name !== "" && !name.startsWith("/")) return undefined; // `./`
    const problem = name.startsWith("/") ? "is absolute" : this.#pathProblem(path);
    if (problem) throw this.#refusal("UnsafeArchive", name, problem);
    const folders = this.#folders(path, name);
    if (type === "directory") return { ...this.#take(path, "directory", name), folders };
    if (type === "symlink") return { ...this.#link(path, linkname, name), folders };
    if (type === "link") return { ...this.#copy(path, linkname, name), folders };
    return { ...this.#take(path, "file", name), folders };
  }

  #pathProblem(path: string): string | undefined {
    if (path.includes("\ufffd")) return "is not UTF-8";
    if (path.length > longestPath) return `has more than ${longestPath} characters`;
    return targetProblem(path, this.#options.windows);
  }

  /** Folders around a path that are not there yet. */
  #folders(path: string, name: string): string[] {
    const missing: string[] = [];
    for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
      const folder = path.slice(0, end);
      const kind = this.#kinds.get(folder);
      if (kind === "link") throw this.#refusal("UnsafeArchive", name, `goes through the link "${folder}"`);
      if (kind === "file") {
        throw this.#refusal("UnsafeArchive", name, `is below "${folder}", which is a file`);
      }
      if (kind) continue;
      this.#take(folder, "directory", name);
      missing.push(folder);
    }
    return missing;
  }

  #link(path: string, target: string, name: string): Omit<Placement, "folders"> {
    if (this.#options.links === "refuse") throw this.#refusal("UnsafeArchive", name, "is a link");
    const problem = target.includes("\ufffd")
      ? "leads to a name that is not UTF-8"
      : linkProblem(path, target) ??
        (/^[a-z]:/i.test(target) ? `leads to the drive of "${target}"` : undefined);
    if (problem) throw this.#refusal("UnsafeArchive", name, problem);
    this.#targets.set(path, target);
    return { ...this.#take(path, "link", name), target };
  }

  /** A hard link, which names a member that came before, and nothing else. */
  #copy(path: string, linkname: string, name: string): Omit<Placement, "folders"> {
    const target = plainPath(linkname);
    const kind = linkname.startsWith("/") ? undefined : this.#kinds.get(target);
    if (target === path || kind === undefined || kind === "directory") {
      const of = `is a hard link to "${linkname}", which is no file that came before in the archive`;
      throw this.#refusal("UnsafeArchive", name, of);
    }
    if (kind === "link") return this.#link(path, this.#targets.get(target)!, name);
    return { ...this.#take(path, "file", name), kind: "copy", target };
  }

  #take(path: string, kind: "file" | "directory" | "link", name: string): Omit<Placement, "folders"> {
    const { maxFiles, collidingNames } = this.#options;
    const before = this.#kinds.get(path);
    if (before && (before === "directory") !== (kind === "directory")) {
      throw this.#refusal("UnsafeArchive", name, `is a ${kind} where a ${before} came before`);
    }
    if (collidingNames === "refuse") {
      const twin = this.#folded.get(foldPath(path)) ?? path;
      const problem = `is the same file as "${twin}" on some systems`;
      if (twin !== path) throw this.#refusal("CollidingNames", name, problem);
      this.#folded.set(foldPath(path), path);
    }
    this.#kinds.set(path, kind);
    if (this.#kinds.size > maxFiles) {
      const problem = `it has more than the ${maxFiles} files that \`maxFiles\` allows`;
      throw new PaiError(`${this.#options.what}: ${problem}`, { code: "ArchiveTooLarge" });
    }
    return { path, kind, target: "", replaces: before !== undefined };
  }

  #refusal(code: string, name: string, problem: string): PaiError {
    const shown = JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
    return new PaiError(`${this.#options.what}: the member ${shown} ${problem}`, { code });
  }
}

/** Without the steps that lead nowhere: `./a//b/` is `a/b`. */
function plainPath(name: string): string {
  return name.split("/").filter((segment) => segment !== "" && segment !== ".").join("/");
}
