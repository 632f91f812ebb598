import type { LogLine, LogOptions } from "../../../core/service.ts";
import { callService, type EasRef } from "./ref.ts";
import { wireTime } from "./time.ts";

/** What to ask of a service's log: the options that the API itself takes. */
export type LogQuery = Pick<
  LogOptions,
  "since" | "until" | "instance" | "container" | "keyword" | "previous" | "signal" | "timeout"
>;

/** Lines that are asked for at once: the vendor's own default. */
const linesPerPage = 500;

/** One page of a log, the oldest line first. */
async function logPage(
  service: EasRef,
  query: LogQuery,
  page: number,
): Promise<{ lines: string[]; pages: number }> {
  const { since, until, instance, container, keyword, previous, signal, timeout } = query;
  const { Logs, TotalPageNum } = await callService<{ Logs?: string[]; TotalPageNum?: number }>(
    service,
    "DescribeServiceLog",
    ["logs"],
    {
      signal,
      timeout,
      query: {
        StartTime: since && wireTime(since),
        EndTime: until && wireTime(until),
        InstanceName: instance,
        ContainerName: container,
        Keyword: keyword,
        Previous: previous,
        PageNum: page,
        PageSize: linesPerPage,
      },
    },
  );
  return { lines: Logs ?? [], pages: TotalPageNum ?? 1 };
}

/** All lines, page by page as they are read. */
export async function* allLines(service: EasRef, query: LogQuery): AsyncGenerator<string> {
  for (let page = 1;; page++) {
    const { lines, pages } = await logPage(service, query, page);
    yield* lines;
    if (lines.length === 0 || page >= pages) return;
  }
}

/** The last lines: from the last page back, as far as needed. */
export async function lastLines(service: EasRef, query: LogQuery, count: number): Promise<string[]> {
  const first = await logPage(service, query, 1);
  let lines: string[] = [];
  for (let page = first.pages; page > 1 && lines.length < count; page--) {
    lines = [...(await logPage(service, query, page)).lines, ...lines];
  }
  if (lines.length < count) lines = [...first.lines, ...lines];
  return lines.slice(-count);
}

/** A line with the time that it begins with, if it does so in a way that tells the zone. */
export function toLogLine(text: string, instance: string | undefined): LogLine {
  const [, seconds, fraction = "", zone] = leadingTime.exec(text) ?? [];
  const time = seconds &&
    new Date(`${seconds.replace(" ", "T")}${fraction.slice(0, 4).replace(",", ".")}${zone}`);
  return { text, ...(time && { time }), ...(instance !== undefined && { instance }) };
}

const leadingTime = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)([.,]\d+)?(Z|[+-]\d\d:\d\d)(?!\w)/;
