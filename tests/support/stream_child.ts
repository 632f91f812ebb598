/**
 * Streams from the address in its first argument as its second one says, beside a signal that would ring in half a
 * minute, and says `done`, or the error's code. It has to end by itself.
 *
 * @module
 */
import process from "node:process";
import { Predictor } from "../../core/predictor.ts";
import { stream } from "../../plugins/predict/stream.ts";

const [endpoint = "", way = ""] = process.argv.slice(2);
const predictor = new Predictor({ endpoint, retry: false });
const signal = AbortSignal.timeout(30_000);
try {
  const answer = await stream(predictor, {}, {
    signal,
    path: way,
    idleTimeout: way === "stall" ? 200 : 30_000,
  });
  let count = 0;
  if (way === "response") await answer.toResponse().text();
  else if (way === "unread") await answer.cancel();
  else for await (const _ of answer) if (++count === 3 && way === "break") break;
  console.log("done");
} catch (error) {
  console.log((error as { code?: string }).code);
}
