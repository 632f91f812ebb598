/**
 * Predicts many items with `map`, on any runtime.
 *
 * @module
 */
import { Predictor } from "../../core/predictor.ts";
import { map } from "../../plugins/predict/map.ts";
import { small } from "./texts.ts";

/** Milliseconds that so many items took, and how many were answered. */
export async function mapItems(
  url: string,
  concurrency: number | "adaptive",
  count: number,
): Promise<{ ms: number; answered: number }> {
  const predictor = new Predictor<unknown, unknown>({ endpoint: url, token: "invented-token" });
  const items = Array.from({ length: count }, () => small.input), start = performance.now();
  let answered = 0;
  for await (const { ok } of map(predictor, items, { concurrency })) if (ok) answered++;
  return { ms: performance.now() - start, answered };
}
