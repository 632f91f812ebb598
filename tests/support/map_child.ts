/**
 * Predicts many items, and writes down each that was answered, a line each; leaves out those that a file has already.
 * The program that tests kill and start again. Arguments: the service's address, the file, and how many items.
 *
 * @module
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { Predictor } from "../../core/predictor.ts";
import { map } from "../../plugins/predict/map.ts";

const [endpoint = "", file = "", count = "0"] = process.argv.slice(2);
const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
const answered = new Set(lines.slice(0, -1).map((line) => line.split(" ")[0]!)); // the last one may have been cut

const predictor = new Predictor<{ id: number }, { square: number }>({ endpoint });
function* questions(): Generator<{ id: number }> {
  for (let id = 0; id < Number(count); id++) yield { id };
}
const results = map(predictor, questions(), { ordered: true, key: ({ id }) => `q${id}`, resume: answered });
for await (const result of results) {
  if (!result.ok) throw result.error;
  appendFileSync(file, `${result.key} ${result.output.square}\n`);
}
console.log("done");
