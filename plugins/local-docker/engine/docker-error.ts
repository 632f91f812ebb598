import { PaiError, type PaiErrorInit } from "../../../core/errors.ts";

/** Why a container engine could not do something. */
export type DockerErrorCode =
  /** None answered; {@linkcode DockerError.tried} has where and why. */
  | "NO_ENGINE"
  /** It stopped answering, before or midway in an answer. */
  | "ENGINE_GONE"
  /** It speaks no version of the API that this package speaks. */
  | "ENGINE_VERSION"
  /** The image is not there, here or in its registry. */
  | "IMAGE_NOT_FOUND"
  /** The registry wants another account, or can't be reached. */
  | "PULL_REFUSED"
  /** A container or volume is not there. */
  | "NOT_FOUND"
  /** A name is taken, a volume in use, a container in the wrong state. */
  | "CONFLICT"
  /** Another program has the port. */
  | "PORT_TAKEN"
  /** The engine's disk is full. */
  | "NO_SPACE"
  /** A device, such as a GPU, that the engine can't give. */
  | "NO_DEVICE"
  /** The command is not in the image, or can't be run. */
  | "COMMAND_NOT_FOUND"
  /** Credentials for a registry could not be had. */
  | "REGISTRY_AUTH"
  /** Wrong in another way that asking again won't change. */
  | "BAD_REQUEST"
  /** The engine failed. */
  | "ENGINE_FAILED";

/** A place where an engine was looked for. */
export interface EngineAttempt {
  /** Where, without secrets. */
  readonly address: string;
  /** Who named the place: `DOCKER_HOST`, `the context "colima"`, `Docker's default socket`. */
  readonly source: string;
  /** Why it is not used. */
  readonly reason: string;
}

/** A container engine can't be found, can't be reached, or refused something. `message` says how to mend it. */
export class DockerError extends PaiError {
  /** Machine-readable reason. */
  declare readonly code: DockerErrorCode;
  /** Places where an engine was looked for, when none was found. */
  readonly tried: readonly EngineAttempt[];

  /** Makes the error. */
  constructor(
    message: string,
    init: PaiErrorInit & { code: DockerErrorCode; tried?: readonly EngineAttempt[] },
  ) {
    super(message, init);
    this.tried = init.tried ?? [];
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "DockerError";
  }
}
