/**
 * What reading streams is meant to take, held against what it took.
 *
 * @module
 */
import { type GoalRow, short } from "../goals.ts";
import type { StreamRuns } from "./streams.ts";
import { paced, titleOf } from "./texts.ts";
import { ratio } from "./turns.ts";

/** What goals are of, with their names in rows. */
const names: Readonly<Record<string, string>> = { stream: "`stream`", chat: "`chatStream`" };

/** Of the raw body's time. */
const most = 1.2;

/** Milliseconds of delay; the gate is twice as much, which is one chunk. */
const latest = paced.pause / 2;

/** MB above the idle runtime, however many events there are. */
const mostMemory = 64;

/** Rows of the time that reading takes. */
export function readGoals({ runs }: StreamRuns): GoalRow[] {
  return runs.flatMap(({ id, taken }) =>
    Object.entries(names).map(([client, name]) => {
      const measured = taken.filter(({ caller }) => caller.client === client).map(({ caller, time }) => {
        const raw = taken.find((other) => other.caller.child === caller.child)!; // the first of the process
        const value = ratio(time, raw.time);
        const text = `${short(value)} ×`, runtime = caller.child.title;
        return { runtime, text, met: value <= most, gateMet: value <= 2 * most };
      });
      return { what: `${name}, ${titleOf(id)}`, goal: `≤ ${most} × the raw body`, measured };
    })
  );
}

/** Rows of delays. */
export function delayGoals({ delays }: StreamRuns): GoalRow[] {
  return Object.entries(names).map(([client, name]) => {
    const measured = delays.filter(({ caller }) => caller.client === client).map(({ caller, ms }) => ({
      runtime: caller.child.title,
      text: `${ms.toFixed(2)} ms`,
      met: ms <= latest,
      gateMet: ms <= 2 * latest,
    }));
    return {
      what: `${name}, delay of an event behind the raw chunk`,
      goal: `≤ ${latest} ms of ${paced.pause} between two`,
      measured,
    };
  });
}

/** Rows of memory, of the longer stream. */
export function memoryGoals({ growths, memory }: StreamRuns): GoalRow[] {
  return Object.entries(names).flatMap(([client, name]) => {
    const measured = growths.filter((growth) => growth.client === client).map(({ runtime, bytes }) => {
      const value = bytes[1] / 1024 / 1024;
      return {
        runtime,
        text: `${short(value)} MB`,
        met: value <= mostMemory,
        gateMet: value <= 2 * mostMemory,
      };
    });
    const what = `${name}, ${titleOf(memory[1])}, peak memory above the idle runtime`;
    return measured.length ? [{ what, goal: `≤ ${mostMemory} MB`, measured }] : [];
  });
}
