import assert from "node:assert/strict";
import { test } from "node:test";
import { PredictionError } from "../../core/errors.ts";
import { explain } from "../../plugins/predict/explain.ts";

const reset =
  "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
const model = '{"object":"error","message":"The model `x` does not exist.","code":404}';

const rows: [status: number, body: string, meaning: RegExp, mend: RegExp][] = [
  [400, "", /custom processor threw/, /signature/],
  [401, "", /token/, /token/],
  [404, "", /no route/, /region, name and endpoint/],
  [404, '{"detail":"Not Found"}', /doesn't know the path/, /`path`/],
  [404, model, /the model that was asked for/, /name of the model/],
  [405, "", /method/, /POST/],
  [408, "", /5 seconds/, /metadata\.rpc\.keepalive/],
  [413, "", /longer/, /less/],
  [429, "", /1000/, /dedicated gateway/],
  [450, "", /queue of an instance is full/, /max_queue_size/],
  [499, "", /caller closed/, /time-out/],
  [500, "", /failed/, /log/],
  [502, "", /instance/, /log/],
  [503, "no healthy upstream", /no instance is ready/, /wait/],
  [503, "", /no instance is ready/, /wait/],
  [503, reset, /closed the connection/, /memory/],
  [504, "", /longer than the gateway waits/, /asynchronous/],
];
for (const [status, body, meaning, mend] of rows) {
  test(`explain() knows ${status}${body && ` with ${body.slice(0, 20)}`}`, () => {
    const explanation = explain(new PredictionError("x", { status, body }))!;
    assert.match(explanation.meaning, meaning);
    assert.match(explanation.mend, mend);
    assert.match(explanation.page, /^https:\/\/help\.aliyun\.com\//);
  });
}

test("explain() says nothing about what it doesn't know", () => {
  for (
    const error of [
      new PredictionError("x", { status: 418 }),
      new PredictionError("x"),
      new Error("x"),
      1,
      null,
    ]
  ) {
    assert.equal(explain(error), undefined);
  }
});
