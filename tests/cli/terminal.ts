/** How long a test waits for what should come. */
const patience = 60_000;

/** A program that runs, whose output is read as it comes. */
export interface Running {
  /** Everything that was printed on the terminal, or on standard output. */
  readonly out: string;
  /** What was printed on standard error; empty in a terminal, which shows both. */
  readonly err: string;
  /** Types, or writes to standard input. */
  type(text: string): Promise<void>;
  /** Closes standard input. */
  close(): Promise<void>;
  /** Waits until the output matches. */
  until(pattern: RegExp): Promise<void>;
  /** Sends a signal. */
  kill(signal: Deno.Signal): void;
  /** The exit code. */
  readonly code: Promise<number>;
}

/** Where a program runs. */
export interface Place {
  /** Folder. */
  cwd: string;
  /** All of its variables. */
  env: Record<string, string>;
}

/** Runs a program with pipes at both ends. */
export function inPipe(command: string[], place: Place): Running {
  return start(command[0]!, command.slice(1), place);
}

/**
 * Runs a program in a terminal of its own, 80 columns wide, made by `script` of util-linux. Typing `\x03` is Ctrl-C: the
 * terminal sends the signal, as it does for people.
 */
export function inTerminal(command: string[], { cwd, env }: Place): Running {
  const line = `stty cols 80 rows 24 -echo; exec ${command.map(quote).join(" ")}`;
  const shown = { TERM: "xterm-256color", SHELL: "/bin/sh", ...env };
  return start("script", ["--quiet", "--flush", "--return", "--command", line, "/dev/null"], {
    cwd,
    env: shown,
  });
}

function start(command: string, args: string[], { cwd, env }: Place): Running {
  const child = new Deno.Command(command, {
    args,
    cwd,
    env,
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  const text = { out: "", err: "" };
  const waiting = new Set<() => void>();
  const read = async (
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    name: "out" | "err",
  ): Promise<void> => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text[name] += chunk;
      for (const look of waiting) look();
    }
  };
  const reading = Promise.all([read(child.stdout, "out"), read(child.stderr, "err")]);
  const writer = child.stdin.getWriter();
  const code = Promise.all([child.status, reading]).then(([status]) => {
    clearTimeout(timer);
    writer.close().catch(() => {}); // it may be closed
    for (const look of waiting) look();
    return status.code;
  });
  return {
    code,
    get out() {
      return text.out;
    },
    get err() {
      return text.err;
    },
    type: (typed) => writer.write(new TextEncoder().encode(typed)),
    close: () => writer.close(),
    kill: (signal) => child.kill(signal),
    async until(pattern) {
      const ended = code.then((code) => ({ code }));
      while (!pattern.test(text.out + text.err)) {
        const news = Promise.withResolvers<undefined>();
        const look = (): void => news.resolve(undefined);
        waiting.add(look);
        const end = await Promise.race([news.promise, ended]);
        waiting.delete(look);
        if (end && !pattern.test(text.out + text.err)) {
          throw new Error(`it ended with ${end.code} and without ${pattern}: ${text.out}${text.err}`);
        }
      }
    },
  };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
