/**
 * Aborts calls of every kind at every stage, beside a signal that would ring in half a minute, and says `done`: the
 * program of which a test sees whether it then ends by itself. Arguments: the addresses of a service, and of one that
 * nobody can connect to, if that shall be tried.
 *
 * @module
 */
import process from "node:process";
import { abortStages } from "./abort_stages.ts";
import { surfaces } from "./surfaces.ts";

const [endpoint = ""] = process.argv.slice(2);
const [base, unreachable = ""] = endpoint.split(" ");
const pending = AbortSignal.timeout(30_000);
const stages = Object.entries(abortStages).filter(([stage]) => unreachable || !stage.includes("connects"));
const calls = stages.flatMap(([stage, { predictor }]) =>
  Object.values(surfaces).map(async (run) => {
    const controller = new AbortController();
    const signal = AbortSignal.any([pending, controller.signal]);
    if (stage === "before anything is sent") controller.abort(new Error("enough"));
    else setTimeout(() => controller.abort(new Error("enough")), 300);
    return await run(predictor({ at: (act) => `${base}/${act}`, unreachable }), { signal })
      .then(() => `${stage}: answered`, ({ message }) => message === "enough" ? "" : `${stage}: ${message}`);
  })
);
const wrong = (await Promise.all(calls)).filter(Boolean);
console.log(wrong.length ? wrong.join("\n") : "done");
