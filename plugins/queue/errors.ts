import { PaiError, type PaiErrorInit, PredictionError } from "../../core/errors.ts";

/** A queue answered what can't be used, or could not be reached again. */
export class QueueError extends PaiError {
  /** The item that the call was about, when the queue has told its index. */
  readonly index: bigint | undefined;

  /** Makes the error. */
  constructor(message: string, init: PaiErrorInit & { index?: bigint } = {}) {
    super(message, init);
    this.index = init.index;
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "QueueError";
  }
}

/**
 * The queue has worked, and the model behind it refused or failed: `status` and `body` are its own. Or its answer can't
 * be read; then the status is 2xx and `cause` says why.
 */
export class AsyncPredictionError extends PredictionError {
  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "AsyncPredictionError";
  }
}

/**
 * The same error of a predictor in the words of the call that it was made for.
 *
 * @param what Beginning of the message, such as `Cannot put into queue "jobs"`.
 */
export function restated(error: unknown, what: string, requestId?: string): unknown {
  if (!(error instanceof PaiError)) return error;
  const message = error.message.replace(/^Cannot .*?(?=: )/, what);
  const Same = error.constructor as typeof PaiError; // whose fields are named as what it is made from
  return new Same(message, { ...error, cause: error.cause, requestId: requestId ?? error.requestId });
}
