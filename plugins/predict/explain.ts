/**
 * Says what an error of a call means for a service in EAS, and how to mend it.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { explain } from "@pai-edge/sdk/predict/explain";
 *
 * const predictor = new Predictor({
 *   endpoint: "http://localhost/api/predict/iris",
 *   retry: false,
 *   fetch: () => new Response("", { status: 450 }), // leave this out to call the real service
 * });
 * const error = await predictor.predict(1).catch((error) => error);
 * console.log(explain(error)?.meaning); // the queue of an instance is full
 * ```
 *
 * @module
 */
import { PredictionError } from "../../core/errors.ts";

/** What a status means, and what to do about it. */
export interface Explanation {
  /** What happened, as the vendor's page of status codes has it. */
  readonly meaning: string;
  /** What to change, most promising first. */
  readonly mend: string;
  /** Page that says so. */
  readonly page: string;
}

const page = "https://help.aliyun.com/document_detail/449809.html";

/** One kind of failure: the first row that fits an error explains it. */
interface Row {
  status: number;
  /** The answer's text has to look so. */
  body?: RegExp;
  meaning: string;
  mend: string;
}

const rows: readonly Row[] = [
  {
    status: 400,
    meaning: "the input has another format than the processor reads, or the code of a custom processor threw",
    mend: "compare the input and the serializer with the model's signature; read the service's log",
  },
  {
    status: 401,
    meaning: "the token is missing, or is not this service's",
    mend: "give the token that the service shows now; a group has a token of its own",
  },
  {
    status: 404,
    body: /^$/,
    meaning: "the gateway has no route to such a service, or none yet",
    mend: "check region, name and endpoint; a service that has just been made needs some seconds",
  },
  {
    status: 404,
    meaning: "the service was reached but doesn't know the path, or the model that was asked for",
    mend: "check the option `path`, and the name of the model in the body",
  },
  {
    status: 405,
    meaning: "the service doesn't take this method at this path",
    mend: "try another `method`; predictions are POST",
  },
  {
    status: 408,
    meaning:
      "receiving, queueing and computing took longer than the service allows one request: 5 seconds by default",
    mend: "raise metadata.rpc.keepalive of the service, or use an asynchronous one",
  },
  {
    status: 413,
    meaning: "the body is longer than the gateway or the service takes",
    mend: "send less at a time, or compress it",
  },
  {
    status: 429,
    meaning:
      "there were more requests in a second than are allowed: by metadata.rpc.rate_limit, or 1000 for a service " +
      "of the shared gateway",
    mend: "send fewer at a time, raise the limit, or move to a dedicated gateway, which has none by default",
  },
  {
    status: 450,
    meaning: "the queue of an instance is full",
    mend:
      "send fewer at a time, add instances or metadata.rpc.worker_threads, or raise metadata.rpc.max_queue_size; " +
      "when every request gets this, the processor may be stuck",
  },
  {
    status: 499,
    meaning: "the caller closed the connection before the answer; only logs show this",
    mend: "raise the caller's time-out, or make the service quicker",
  },
  {
    status: 500,
    meaning: "the service failed",
    mend: "read the service's log",
  },
  {
    status: 502,
    meaning: "the gateway got no proper answer from an instance, which may have crashed",
    mend: "read the service's log and events",
  },
  {
    status: 503,
    body: /reset before headers|connection termination/,
    meaning: "an instance closed the connection before it answered: it crashed, or was stopped",
    mend: "read the service's log and events; memory may be short",
  },
  {
    status: 503,
    meaning: "no instance is ready: they start, crashed, or were scaled in or stopped",
    mend:
      "wait until the service runs; when it does, read its log and events, since a request may crash instances",
  },
  {
    status: 504,
    meaning: "an instance took longer than the gateway waits",
    mend: "make requests smaller, raise metadata.rpc.keepalive, or use an asynchronous service",
  },
];

/** Explains a {@linkcode PredictionError} by its status and text; `undefined` for other errors and statuses. */
export function explain(error: unknown): Explanation | undefined {
  if (!(error instanceof PredictionError)) return undefined;
  const row = rows.find(({ status, body }) => status === error.status && (body?.test(error.body) ?? true));
  return row && { meaning: row.meaning, mend: row.mend, page };
}
