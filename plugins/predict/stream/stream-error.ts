import { PredictionError } from "../../../core/errors.ts";
import type { PaiErrorInit } from "../../../core/errors.ts";

/** What a {@linkcode StreamError} is made from. */
export interface StreamErrorInit extends PaiErrorInit {
  /** Items that came before it. */
  received: number;
  /** The event or line that is the error, or can't be read. */
  body?: string;
  /** Whether the same request may succeed later. */
  retryable?: boolean;
}

/**
 * A stream went wrong after the service had said yes. Its `code` tells how: `StreamBroken` when the connection broke,
 * `InvalidEvent` and `EventTooLong` when an event can't be read, `NotAStream` when the answer is in no format of
 * streams, else what the service itself says in an event that is an error, or `StreamError` where it gives no code.
 */
export class StreamError extends PredictionError {
  /** Items that came before it; they are good. */
  readonly received: number;

  /** Makes the error. */
  constructor(message: string, init: StreamErrorInit) {
    super(message, init);
    this.received = init.received;
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "StreamError";
  }
}
