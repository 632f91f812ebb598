import type { Container, HealthCheck } from "../../../core/service-config.ts";

/** How a container is asked. */
export type Question =
  | { kind: "http"; port: number; path: string; tls: boolean }
  | { kind: "tcp"; port: number }
  | { kind: "exec"; command: readonly string[] }
  /** GET /, where any answer will do: what is asked when the configuration has no check. */
  | { kind: "any"; port: number };

/** A check that must pass before a service takes requests. Times are milliseconds. */
export interface Check {
  /** What it is called in the configuration. */
  name: "startup check" | "health check" | "port";
  /** How the container is asked. */
  question: Question;
  /** From the container's start until the first check. */
  initialDelay: number;
  /** Between checks that count. */
  period: number;
  /** How long one may take. */
  timeout: number;
  /** How many in a row must pass. */
  successes: number;
  /** How many in a row may fail before the container is given up; `Infinity` when none is. */
  failures: number;
}

// A service may compute for a while before it answers GET /; the connection tells that it is there.
const anyTimeout = 10_000;

/**
 * Checks that a container's configuration asks for, in the order in which they must pass: the startup check, then the
 * health check, or its port when it has none. A liveness check only restarts containers that run, which nobody does
 * here.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/user-guide/advanced-configuration-health-check.
 */
export function checksOf(container: Container, port: number): Check[] {
  const { startup_check: startup, health_check: health = container.readiness_check } = container;
  const checks: Check[] = [];
  if (startup) checks.push(checkOf("startup check", startup, port));
  if (health) checks.push(checkOf("health check", health, port));
  if (checks.length > 0) return checks;
  return [{
    name: "port",
    question: { kind: "any", port },
    initialDelay: 0,
    period: 0,
    timeout: anyTimeout,
    successes: 1,
    failures: Infinity,
  }];
}

/** Ports in the container that checks ask, so that they can be published. */
export function checkedPorts(container: Container, port: number): number[] {
  const ports = checksOf(container, port).flatMap(({ question }) =>
    "port" in question ? [question.port] : []
  );
  return [...new Set(ports)];
}

function checkOf(name: "startup check" | "health check", check: HealthCheck, port: number): Check {
  const {
    initial_delay_seconds: delay = 0,
    period_seconds: period = 10,
    timeout_seconds: timeout = 1,
    success_threshold: successes = 1,
    failure_threshold: failures = 3,
  } = check;
  return {
    name,
    question: questionOf(check, port),
    initialDelay: delay * 1000,
    period: period * 1000,
    timeout: timeout * 1000,
    successes,
    // Kubernetes gives up a container that does not start; one that is not healthy only gets no requests
    failures: name === "startup check" ? failures : Infinity,
  };
}

function questionOf({ http_get: http, tcp_socket: tcp, exec }: HealthCheck, port: number): Question {
  if (http) {
    return { kind: "http", port: http.port ?? port, path: http.path ?? "/", tls: http.scheme === "HTTPS" };
  }
  return exec ? { kind: "exec", command: exec.command ?? [] } : { kind: "tcp", port: tcp?.port ?? port };
}
