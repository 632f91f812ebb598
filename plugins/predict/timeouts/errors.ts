import { TimeoutError } from "../../../core/errors.ts";

/** A service sent no headers in time: it was slow to compute, or its queue was long. */
export class HeadersTimeoutError extends TimeoutError {
  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "HeadersTimeoutError";
  }
}

/** A service stopped in the middle of its answer. */
export class IdleTimeoutError extends TimeoutError {
  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "IdleTimeoutError";
  }
}
