import type { ProgressEvent } from "../../core/service.ts";
import type { CliProcess } from "./context.ts";
import { showBytes, showDuration } from "./duration.ts";
import { inOurWords } from "./our-words.ts";
import { isLively, painter } from "./style.ts";
import { fitText, oneLine } from "./text-width.ts";

/** What a command tells while it runs, on standard error. */
export interface Progress {
  /** Hears of a step, as `onProgress` does. */
  step(event: Pick<ProgressEvent, "message" | "elapsed"> & Partial<ProgressEvent>): void;
  /** Says something that stays. */
  note(message: string): void;
  /** Warns, which `--quiet` doesn't silence. */
  warn(message: string): void;
  /** Takes the line away that is written over, so that results begin at the left. */
  clear(): void;
}

/** In a terminal one line that changes, elsewhere a line for each state and each tenth of the bytes; nothing with `--quiet`. */
export function progressOf(io: CliProcess, { quiet = false }: { quiet?: boolean }): Progress {
  const { stderr, env } = io;
  const paint = painter(stderr, env);
  const lively = isLively(stderr, env);
  let shown = ""; // the line that can be written over
  let last = "";
  const clear = (): void => {
    if (shown) stderr.write("\r\x1b[2K");
    shown = "";
  };
  const line = (text: string): void => {
    clear();
    stderr.write(`${text}\n`);
  };
  const warn = (message: string): void => line(`${paint("warning:", "warning")} ${oneLine(message)}`);
  return {
    clear,
    warn,
    note: (message) => quiet || line(oneLine(message)),
    step(event) {
      const { elapsed, bytes, stage = "", level } = event;
      if (level === "warning") return warn(event.message);
      if (quiet) return;
      const amount = bytes ? `  ${showBytes(bytes.done)} of ${showBytes(bytes.total)}` : "";
      const message = `${oneLine(inOurWords(event.message))}${amount}`;
      const text = `${showDuration(elapsed).padStart(7)}  ${message}`;
      if (lively && !level) {
        clear();
        // One column is left, since some terminals wrap a full line.
        shown = fitText(text, (stderr.columns || 80) - 1);
        return void stderr.write(shown);
      }
      // A line for each state, and for each tenth of the bytes.
      const news = bytes ? `${stage} ${Math.floor(10 * bytes.done / (bytes.total || 1))}` : message;
      if (news !== last) line(text);
      last = news;
    },
  };
}
