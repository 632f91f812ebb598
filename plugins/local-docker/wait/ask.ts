import type { Engine } from "../engine/engine.ts";
import { askPort, type PortAnswer } from "./ask-port.ts";
import type { Check, Question } from "./checks.ts";
import { execInContainer } from "./exec.ts";

/** What a check says. */
export interface Verdict {
  /** Whether it passed. */
  passed: boolean;
  /** A clause about the container: `port 8000 refuses connections`. */
  state: string;
  /** Whether something answered that will hardly answer otherwise later, such as 404 to the path of a check. */
  isFinal?: boolean;
}

/** Where a container can be asked. */
export interface Place {
  /** Runs what is executed in the container. */
  engine: Engine;
  /** The container. */
  id: string;
  /** Ports on the engine's host by ports in the container: `{ "8000/tcp": 49153 }`. */
  ports: Readonly<Record<string, number | undefined>>;
}

// A proxy in front of the container closes at once what it can't pass on; it takes well under a millisecond.
const tcpPatience = 50;

/**
 * Checks a container once.
 *
 * @throws {DockerError} when the engine refuses or is gone; the signal's reason when it is aborted.
 */
export async function ask(
  place: Place,
  { question, timeout }: Pick<Check, "question" | "timeout">,
  signal?: AbortSignal,
): Promise<Verdict> {
  if (question.kind === "exec") return await askCommand(place, question.command, timeout, signal);
  const port = place.ports[`${question.port}/tcp`];
  if (port === undefined) {
    return { passed: false, state: `port ${question.port} is not published`, isFinal: true };
  }
  const { host } = place.engine;
  const answer = await askPort({ host, port, signal, ...manner(question, timeout) });
  return question.kind === "tcp" ? tcpVerdict(question.port, answer) : httpVerdict(question, answer);
}

function manner(question: Exclude<Question, { kind: "exec" }>, timeout: number) {
  if (question.kind === "tcp") return { patience: Math.min(tcpPatience, timeout) };
  const isHttp = question.kind === "http";
  return { path: isHttp ? question.path : "/", tls: isHttp && question.tls, patience: timeout };
}

function tcpVerdict(port: number, answer: PortAnswer): Verdict {
  const passed = answer.kind === "silent" || answer.kind === "answered";
  return { passed, state: passed ? `port ${port} is open` : nobodyListens(port) };
}

function httpVerdict(question: Extract<Question, { port: number }>, answer: PortAnswer): Verdict {
  const { port } = question;
  if (answer.kind === "refused" || answer.kind === "closed") {
    return { passed: false, state: nobodyListens(port) };
  }
  const asked = `GET ${question.kind === "http" ? question.path : "/"} on port ${port}`;
  if (answer.kind === "silent") return { passed: false, state: `${asked} gets no answer` };
  if (question.kind !== "http") return { passed: true, state: `port ${port} answers` };
  const { status } = answer;
  if (status === undefined) {
    return { passed: false, state: `${asked} is not answered by HTTP`, isFinal: true };
  }
  const passed = status >= 200 && status < 400;
  return { passed, state: `${asked} is answered ${status}`, isFinal: status >= 400 && status < 500 };
}

function nobodyListens(port: number): string {
  return `nothing listens on port ${port}`;
}

async function askCommand(
  { engine, id }: Place,
  command: readonly string[],
  timeout: number,
  signal?: AbortSignal,
): Promise<Verdict> {
  const exitCode = await execInContainer(engine, id, command, { timeout, signal });
  if (exitCode === undefined) {
    return { passed: false, state: `the command of its check takes longer than ${timeout} ms` };
  }
  const passed = exitCode === 0;
  return {
    passed,
    state: `the command of its check ends with ${exitCode}`,
    isFinal: exitCode === 126 || exitCode === 127, // it can't be run
  };
}
