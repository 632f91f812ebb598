import type { LogLine, LogOptions } from "../../../core/service.ts";
import { followedLines } from "./follow.ts";
import { allLines, lastLines, toLogLine } from "./log-lines.ts";
import { clientOf, type EasRef } from "./ref.ts";

/**
 * What a service printed, the oldest line first, asked for page by page as it is read. With `follow` it goes on
 * with what is printed from now on, until the signal ends it or the loop is left; pauses grow up to 10 seconds
 * while nothing new comes.
 *
 * Source: https://help.aliyun.com/document_detail/412106.html.
 *
 * @throws {TypeError} when `follow` and `until` are both given, or a time is none.
 * @throws {RangeError} when `tail` is no whole number from 0.
 * @throws {ApiError} when the API refuses.
 */
export function logs(service: EasRef, options: LogOptions = {}): AsyncIterable<LogLine> {
  checkOptions(`Cannot read the log of service "${service?.name}"`, service, options);
  const { follow = false, tail, instance } = options;
  return (async function* () {
    const lines = follow
      ? followedLines(service, options)
      : tail === undefined
      ? allLines(service, options)
      : await lastLines(service, options, tail);
    for await (const line of lines) yield toLogLine(line, instance);
  })();
}

function checkOptions(what: string, service: EasRef, { follow, tail, since, until }: LogOptions): void {
  clientOf(what, service);
  if (follow && until) throw new TypeError(`${what}: follow and until are both given`);
  for (const [name, time] of Object.entries({ since, until })) {
    if (time !== undefined && !(time instanceof Date && !Number.isNaN(time.getTime()))) {
      throw new TypeError(`${what}: ${name} is no valid Date`);
    }
  }
  if (tail !== undefined && !(Number.isInteger(tail) && tail >= 0)) {
    throw new RangeError(`${what}: tail is ${tail}; give a whole number from 0`);
  }
}
