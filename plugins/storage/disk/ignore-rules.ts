import ignore from "ignore";

/** The file that says what to leave out, in the folder that it is about; written as `.gitignore` is. */
export const ignoreFile = ".paiignore";

/**
 * What is left out unless a `.paiignore` takes it in again (`!.env`): histories, caches, what editors and systems leave,
 * packages that are installed again anyway, and files whose names say that they hold secrets.
 */
export const defaultIgnoreRules: readonly string[] = [
  ignoreFile,
  ".git",
  ".hg",
  ".svn",
  "node_modules/",
  "__pycache__/",
  "*.pyc",
  ".venv/",
  ".ipynb_checkpoints/",
  ".mypy_cache/",
  ".pytest_cache/",
  ".ruff_cache/",
  ".DS_Store",
  "Thumbs.db",
  ".env",
  ".env.*",
  "!.env.example",
  ".netrc",
  ".ssh/",
  ".aliyun/",
  ".aws/",
  ".ossutilconfig",
  "id_rsa",
  "id_ed25519",
];

/** A rule, and what to tell those who ask why. */
interface Rule {
  pattern: string;
  mark: string;
}

/**
 * Reads rules as they stand in a `.gitignore`; a later one overrules those before it.
 *
 * @param from Where they are written.
 */
export function ignoreRules(rules: readonly string[], from: string): IgnoreRules {
  return new IgnoreRules(rules.map((pattern) => ({ pattern, mark: because(pattern, from) })));
}

/** Rules that say which paths to leave out: those of `.gitignore`, with case, as Git has them on Linux. */
export class IgnoreRules {
  readonly #rules: readonly Rule[];
  readonly #matcher: ReturnType<typeof ignore>;

  /** Makes rules that are about the outermost folder. */
  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
    this.#matcher = ignore({ ignorecase: false }).add(rules);
  }

  /**
   * These rules and those of a file in one of the folders: they are about that folder alone, and overrule these.
   *
   * @param folder Path of the folder, `""` for the outermost one.
   * @param text What the file holds.
   */
  within(folder: string, text: string): IgnoreRules {
    const from = folder ? `${folder}/${ignoreFile}` : ignoreFile;
    const own = text.replace(/^\ufeff/, "").split(/\r?\n/).flatMap((rule) => {
      const pattern = rebase(rule, folder);
      return pattern === undefined ? [] : [{ pattern, mark: because(rule, from) }];
    });
    return new IgnoreRules([...this.#rules, ...own]);
  }

  /**
   * Says why a path is left out. What is in a folder that is left out is, too.
   *
   * @param path Path in the outermost folder, without a slash at its end.
   * @returns The rule and where it is written; `undefined` when the path stays.
   */
  reason(path: string, isFolder: boolean): string | undefined {
    const { ignored, rule } = this.#matcher.test(isFolder ? `${path}/` : path);
    return ignored ? rule?.mark ?? "a rule" : undefined;
  }
}

function because(rule: string, from: string): string {
  return `the rule ${JSON.stringify(rule.trim())} of ${from}`;
}

/** Writes a rule of a folder as one of the outermost folder: `/a` and `a/b` are about its own folder, `a` about all below. */
function rebase(rule: string, folder: string): string | undefined {
  if (folder === "") return rule;
  if (rule.trim() === "" || rule.startsWith("#")) return undefined;
  const negative = rule.startsWith("!");
  const pattern = negative ? rule.slice(1) : rule;
  const literal = folder.replace(/[\\*?[\]!# ]/g, "\\$&");
  const anchored = /\/./.test(pattern.trimEnd());
  const rest = pattern.replace(/^\//, "").replace(/^\\([!#])/, "$1");
  return `${negative ? "!" : ""}/${literal}/${anchored ? "" : "**/"}${rest}`;
}
