import type { Container } from "../../../core/service-config.ts";
import type { Requirements, Start } from "./container-plan.ts";
import { refusal, type Subject } from "./refusal.ts";
import { commandWords, quoted } from "./words.ts";

/** Folder in the container for what is uploaded to start it. */
export const startFolder = "/.pai-edge";

const scriptFile = `${startFolder}/start.sh`;
const requirementsFile = `${startFolder}/requirements.txt`;

/**
 * What the shell does that is the container's first process: it starts the script and passes the stop signal on to
 * all that runs, as a first process that doesn't ask for signals gets none. The script's own shell waits for
 * what it has started, so that a server can finish its requests.
 */
const launcher = [
  `trap 'trap "" TERM; kill -TERM 0' TERM`,
  `/bin/sh ${scriptFile} &`,
  "child=$!",
  "wait $child; status=$?",
  "while kill -0 $child 2>/dev/null; do wait $child; status=$?; done",
  "exit $status",
].join("\n");

/**
 * What starts the server: `script`, else `command` with its `args`, else what the image says.
 *
 * @throws {TypeError} when they are of the wrong type.
 */
export function startOf(container: Container, subject: Subject): Start {
  const { script, command, args = [] } = container;
  for (const [name, value] of Object.entries({ script, command })) {
    if (value !== undefined && typeof value !== "string") throw refusal(subject, `its ${name} is no text`);
  }
  if (!Array.isArray(args) || args.some((word) => typeof word !== "string")) {
    throw refusal(subject, "its args are no list of texts");
  }
  if (script?.includes("\0") || command?.includes("\0") || args.some((word) => word.includes("\0"))) {
    throw refusal(subject, "its command has a NUL character");
  }
  if (script?.trim()) return { kind: "script", text: script };
  if (!command?.trim()) return { kind: "image", args };
  const words = commandWords(command);
  if (words) return { kind: "program", words: [...words, ...args] };
  return { kind: "script", text: [command, ...args.map(quoted)].join(" ") };
}

/**
 * What `prepare` asks for: lines of a requirements file, else such a file in the container.
 *
 * @throws {TypeError} when they are of the wrong type.
 */
export function requirementsOf({ prepare }: Container, subject: Subject): Requirements | undefined {
  const { pythonRequirements: lines, pythonRequirementsPath: path } = prepare ?? {};
  if (lines !== undefined && (!Array.isArray(lines) || lines.some((line) => typeof line !== "string"))) {
    throw refusal(subject, "its pythonRequirements are no list of texts");
  }
  if (lines?.length) return { kind: "lines", text: `${lines.join("\n")}\n` };
  if (path === undefined || path === "") return undefined;
  if (typeof path !== "string") throw refusal(subject, "its pythonRequirementsPath is no text");
  return { kind: "file", path };
}

/** What an image says about its own start. */
export interface ImageStart {
  /** The program and its first arguments. */
  entrypoint: readonly string[];
  /** Arguments, or the program when there is no entrypoint. */
  command: readonly string[];
}

/** What to write to a container before it starts, and the words that start it; no words leave it to the image. */
export interface Launch {
  /** Texts by absolute path. */
  files: Readonly<Record<string, string>>;
  /** The first process; absent when the image's own is. */
  entrypoint?: readonly string[];
  /** Its arguments; absent when they are the image's own. */
  command?: readonly string[];
}

/**
 * How the container starts. What users wrote, and what might hold the password of a package index, is in files and
 * never in a command line.
 *
 * @throws {TypeError} when something is to be installed before the image's own command, and it has none.
 */
export function launchOf(
  { start, requirements, serviceName }: { start: Start; requirements?: Requirements; serviceName: string },
  image: ImageStart,
): Launch {
  if (start.kind === "program" && !requirements) return { files: {}, entrypoint: start.words, command: [] };
  if (start.kind === "image" && !requirements) {
    return { files: {}, ...(start.args.length > 0 && { command: start.args }) };
  }
  const install = requirements?.kind === "file" ? quoted(requirements.path) : requirementsFile;
  const text = [
    "trap 'exit 143' TERM", // after what it waits for has ended
    ...(requirements ? [`python -m pip install --disable-pip-version-check -r ${install} || exit $?`] : []),
    start.kind === "script"
      ? start.text
      : `exec ${programOf(start, image, serviceName).map(quoted).join(" ")}`,
  ].join("\n");
  return {
    files: {
      [scriptFile]: text.endsWith("\n") ? text : `${text}\n`,
      ...(requirements?.kind === "lines" && { [requirementsFile]: requirements.text }),
    },
    entrypoint: ["/bin/sh", "-c", launcher],
    command: [],
  };
}

function programOf(
  start: Exclude<Start, { kind: "script" }>,
  image: ImageStart,
  serviceName: string,
): readonly string[] {
  if (start.kind === "program") return start.words;
  const words = [...image.entrypoint, ...(start.args.length > 0 ? start.args : image.command)];
  if (words.length > 0) return words;
  throw refusal({ serviceName }, "neither it nor its image has a command; give the container a script");
}
