/** What a {@linkcode PaiError} is made from. */
export interface PaiErrorInit {
  /** Machine-readable reason, such as `Throttling.User` or `NoSuchKey`. */
  code?: string;
  /** HTTP status, when a server answered. */
  status?: number;
  /** The server's id of the request, to quote to the vendor. */
  requestId?: string;
  /** What led to this error. */
  cause?: unknown;
}

/**
 * The world said no: a server, the network or the clock. A wrong argument is a `TypeError` or `RangeError`
 * instead, thrown before any request. Messages read `action: state` and never hold a secret.
 */
export class PaiError extends Error {
  // `declare`, as the constructors set all of these: in bundles their definitions would come on top.
  /** Machine-readable reason, such as `Throttling.User` or `NoSuchKey`. */
  declare readonly code: string | undefined;
  /** HTTP status, when a server answered. */
  declare readonly status: number | undefined;
  /** The server's id of the request, to quote to the vendor. */
  declare readonly requestId: string | undefined;

  /** Makes the error; subclasses only add fields. */
  constructor(message: string, init: PaiErrorInit = {}) {
    super(message, init.cause ? { cause: init.cause } : undefined);
    ({ code: this.code, status: this.status, requestId: this.requestId } = init);
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "PaiError";
  }
}

/** An API of the control plane refused a call. `code` and `requestId` are the vendor's. */
export class ApiError extends PaiError {
  /** The API action that was called. */
  readonly action: string;

  /** Makes the error for one action. */
  constructor(message: string, init: PaiErrorInit & { action: string }) {
    super(message, init);
    this.action = init.action;
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "ApiError";
  }
}

/**
 * A deployed service refused a request, or answered what can't be read. What its status means for a service in EAS, and
 * how to mend it, says `explain(error)` of `./predict/explain`.
 */
export class PredictionError extends PaiError {
  /** The beginning of the answer as text, at most 65,536 characters. */
  declare readonly body: string;
  /** Whether the same request may succeed later. One that got 408 or 504 may have been computed all the same. */
  declare readonly retryable: boolean;
  /** When to come again, where the service says so: its header `Retry-After`, in seconds or as a date. */
  declare readonly retryAfter: string | undefined;

  /** Makes the error from an answer. */
  constructor(
    message: string,
    init: PaiErrorInit & { body?: string; retryable?: boolean; retryAfter?: string } = {},
  ) {
    super(message, init);
    ({ body: this.body = "", retryable: this.retryable = false, retryAfter: this.retryAfter } = init);
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "PredictionError";
  }
}

/** Object storage refused a call. `code` is the vendor's, such as `NoSuchKey` or `AccessDenied`. */
export class StorageError extends PaiError {
  /** The object, when the call was about one. */
  readonly key: string | undefined;

  /** Makes the error for one object. */
  constructor(message: string, init: PaiErrorInit & { key?: string } = {}) {
    super(message, init);
    this.key = init.key;
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "StorageError";
  }
}

/** A service failed, or ended in a state that it can't leave by itself. */
export class ServiceError extends PaiError {
  /** The service. */
  readonly serviceName: string;
  /** Its last state, such as `Failed`. */
  readonly serviceStatus: string;

  /** Makes the error for one service. */
  constructor(message: string, init: PaiErrorInit & { serviceName: string; serviceStatus: string }) {
    super(message, init);
    this.serviceName = init.serviceName;
    this.serviceStatus = init.serviceStatus;
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "ServiceError";
  }
}

/** A call took longer than its `timeout`. The message tells what was reached until then. */
export class TimeoutError extends PaiError {
  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "TimeoutError";
  }
}

/** No credentials could be had. */
export class CredentialsError extends PaiError {
  /** Whether a chain may go on with its next provider: nothing was configured here, as opposed to broken. */
  readonly tryNext: boolean;

  /** Makes the error; `tryNext` is false unless given. */
  constructor(message: string, init: PaiErrorInit & { tryNext?: boolean } = {}) {
    super(message, init);
    this.tryNext = init.tryNext ?? false;
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "CredentialsError";
  }
}
