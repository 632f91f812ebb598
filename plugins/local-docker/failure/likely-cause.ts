import { listeningSigns } from "../../../core/listening-signs.ts";

/** What is known of a container that does not serve. */
export interface Signs {
  /** Port in the container that shall answer. */
  port: number;
  /** What it printed last, the oldest line first. */
  logs: readonly string[];
  /** What the engine says of it, when it could not be started. */
  engineError?: string;
  /** What its command returned, once it has ended. */
  exitCode?: number;
  /** Whether the system killed it for its memory. */
  oomKilled?: boolean;
  /** Megabytes that it may use, when there is a limit. */
  memory?: number;
}

/** Why it does not serve, and how to mend it. */
export interface LikelyCause {
  /** A clause for people: `the module "sklearn" is missing`. */
  message: string;
  /** What to do about it. */
  mend: string;
  /** Whether it is the lack of memory. */
  isMemory?: true;
}

/** How a cause is told by what a container printed, or the engine says. The more particular come first. */
interface Rule {
  /** What it says; groups are `$1`, `$2` of the texts. */
  sign: RegExp;
  /** See {@linkcode LikelyCause.message}. */
  message: string;
  /** See {@linkcode LikelyCause.mend}. */
  mend: string;
  /** Whether it is the lack of memory. */
  isMemory?: true;
}

const rules: readonly Rule[] = [
  {
    sign: /exec format error/i,
    message: "its image is for another kind of processor",
    mend: 'build it for this one, or name its own with localDocker({ platform: "linux/amd64" })',
  },
  {
    sign:
      /No matching distribution found for (\S+)|Could not find a version that satisfies the requirement (\S+)/,
    message: 'the requirement "$1$2" can\'t be installed',
    mend: "correct it in containers[0].prepare, or see that the container reaches the package index",
  },
  {
    sign: /No module named ['"]?pip\b|pip3?: (?:command )?not found/,
    message: "its image has no pip to install requirements with",
    mend: "use an image that has it, or one in which the requirements are installed already",
  },
  {
    sign: /ModuleNotFoundError: No module named ['"]?([\w.-]+)|Cannot find (?:module|package) ['"]([^'"]+)/,
    message: 'the module "$1$2" is missing',
    mend: "add it to containers[0].prepare.pythonRequirements, to sourceDir, or to the image",
  },
  {
    sign: /ImportError: (lib\S+): cannot open shared object|error while loading shared libraries: (\S+?):/,
    message: 'the library "$1$2" is missing',
    mend: 'use an image that has it, or localDocker({ gpus: "all" }) when it belongs to the GPU\'s driver',
  },
  {
    sign: /EADDRINUSE|address already in use/i,
    message: "its port is used by another process in the container",
    mend: "start one server, on the port that LISTENING_PORT names",
  },
  {
    sign: /(?:no such file or directory|cannot open|can't open)[^\n]*?(\/eas\/workspace\/model[^\s'":]*)/i,
    message: 'the model file "$1" is missing',
    mend: "see that the model's files are those that the code opens",
  },
  {
    sign: /(\/eas\/workspace\/model[^\s'":]*)['"]?:? (?:no such file|not found|does not exist)/i,
    message: 'the model file "$1" is missing',
    mend: "see that the model's files are those that the code opens",
  },
  {
    sign: /CUDA out of memory|OutOfMemoryError: CUDA/i,
    message: "the GPU has too little memory for the model",
    mend: "load a smaller or quantized model",
  },
  {
    sign: /MemoryError\b|std::bad_alloc|cannot allocate memory|JavaScript heap out of memory|^Killed$/im,
    ...memoryCause(),
  },
  {
    sign: /(?:exec: |sh: (?:\d+: |line \d+: )?)"?([^\s":]+)"?: .*(?:not found|no such file or directory)/i,
    message: 'its command "$1" is not in the image',
    mend: "correct containers[0].script, or use an image that has the program",
  },
  {
    sign: /([^\s:'"]+)['"]?: permission denied|Permission denied: ['"]([^'"]+)/i,
    message: 'it may not use "$1$2"',
    mend: "see to the rights of the file, or let the image run as another user",
  },
];

/** The likeliest cause, or `undefined` when nothing tells. */
export function likelyCause(signs: Signs): LikelyCause | undefined {
  const { logs, engineError = "", exitCode, oomKilled, memory } = signs;
  if (oomKilled) return memoryCause(memory);
  if (exitCode === undefined && !engineError) return portCause(signs);
  for (const text of [engineError, [...logs].reverse().join("\n")]) {
    for (const { sign, message, mend, isMemory } of rules) {
      const match = sign.exec(text);
      if (match) return isMemory ? memoryCause(memory) : { message: fill(message, match), mend };
    }
  }
  return exitCode === undefined ? undefined : endings[exitCode];
}

function memoryCause(megabytes?: number): LikelyCause {
  return {
    message: `it needs more memory than ${megabytes === undefined ? "there is" : `its ${megabytes} MB`}`,
    mend: "raise metadata.memory (in MB), or load a smaller model",
    isMemory: true,
  };
}

function fill(text: string, match: RegExpExecArray): string {
  return text.replace(/\$(\d)/g, (_, group) => match[group] ?? "");
}

/** What servers say of where they listen, when that is not where they are asked. */
function portCause({ port, logs }: Signs): LikelyCause | undefined {
  const wrong = listening(logs).filter((place) => place.port !== port || place.isLoopback);
  const [place] = wrong;
  if (!place || wrong.length < listening(logs).length) return undefined; // one of them is the right one
  return place.port !== port
    ? {
      message: `it listens on port ${place.port}, not on port ${port}`,
      mend:
        `set containers[0].port to ${place.port}, or let the code listen on port ${port}, as LISTENING_PORT says`,
    }
    : {
      message: "it listens on its own loopback address, where nobody outside the container can reach it",
      mend: `let the code listen on 0.0.0.0:${port}`,
    };
}

function listening(logs: readonly string[]): { port: number; isLoopback: boolean }[] {
  return logs.flatMap((line) => {
    const match = listeningSigns.map((sign) => sign.exec(line)).find(Boolean);
    return match
      ? [{ port: Number(match[1]), isLoopback: /\b(?:127\.0\.0\.1|localhost)\b|\[::1\]/.test(match[0]) }]
      : [];
  });
}

const endings: Record<number, LikelyCause> = {
  0: {
    message: "its command has ended",
    mend: "let containers[0].script start a server that stays in the foreground",
  },
  126: {
    message: "its command can't be run",
    mend: "correct containers[0].script: the file must be executable and for this kind of processor",
  },
  127: {
    message: "its command is not in the image",
    mend: "correct containers[0].script, or use an image that has the program",
  },
  137: {
    message: "it was killed, by somebody or for the memory it needs",
    mend: "raise metadata.memory (in MB) if the machine has more, or load a smaller model",
  },
  139: {
    message: "it crashed (segmentation fault)",
    mend: "see what it printed before: the logs of this error",
  },
  143: { message: "it was stopped", mend: "start it again with start()" },
};
