import { PaiError } from "../../core/errors.ts";
import { redact } from "../../core/redact.ts";
import type { CliProcess } from "./context.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { inOurWords } from "./our-words.ts";
import { painter } from "./style.ts";
import { oneLine } from "./text-width.ts";

/** An error as `--json` shows it. */
export interface ErrorDocument {
  /** What went wrong. */
  error: {
    /** Machine-readable reason: the vendor's where there is one, such as `Throttling.User`, else the error's name. */
    code: string;
    /** One sentence for people. */
    message: string;
    /** What the process exits with. */
    exitCode: number;
    /** HTTP status, when a server answered. */
    status?: number;
    /** The server's id of the request, to quote to the vendor. */
    requestId?: string;
    /** Each thing that is wrong with a configuration. */
    problems?: unknown;
    /** Why a service failed, the likeliest first, and how to mend it. */
    causes?: unknown;
  };
}

/** Writes down what there is to say about an error, without secrets. */
export function errorDocument(error: unknown): ErrorDocument {
  const known = error instanceof PaiError ? error : undefined;
  const { problems, causes } = Object(error) as { problems?: unknown; causes?: unknown }; // of the errors that have them
  const found = {
    code: known?.code ?? (error instanceof Error ? error.name : "Error"),
    message: redact(inOurWords(error instanceof Error ? error.message : String(error))),
    exitCode: exitCodeOf(error),
    status: known?.status,
    requestId: known?.requestId,
    problems,
    causes,
  };
  return JSON.parse(JSON.stringify({ error: found })); // without what is undefined
}

/** What says that the likeliest cause of a service's failure is one. */
function evidenceOf({ error: { causes } }: ErrorDocument): string {
  const [likeliest] = Array.isArray(causes) ? causes : [];
  const evidence: unknown[] = Array.isArray(likeliest?.evidence) ? likeliest.evidence : [];
  return evidence.map((line) => `  ${oneLine(String(line))}\n`).join("");
}

/** Tells of an error: a document on standard output with `--json`, as scripts read one stream, else a line for people. */
export function reportError(io: CliProcess, error: unknown, json: boolean): number {
  const document = errorDocument(error);
  const { message, exitCode, requestId } = document.error;
  if (json) {
    io.stdout.write(`${JSON.stringify(document)}\n`);
    return exitCode;
  }
  const label = painter(io.stderr, io.env)("error:", "bad");
  const id = requestId && !message.includes(requestId) ? ` (request ${requestId})` : "";
  io.stderr.write(`${label} ${message}${id}\n${evidenceOf(document)}`);
  return exitCode;
}
