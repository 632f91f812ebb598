import type { Predictor } from "./predictor.ts";
import type { ServiceConfig } from "./service-config.ts";

/** Gives a buffer of at least so many bytes to write a body into. It belongs to the caller until the call has ended. */
export type Allocate = (length: number) => Uint8Array<ArrayBuffer>;

/**
 * Turns inputs into request bodies and response bodies into outputs. A serializer keeps no state, so one
 * value serves any number of predictors.
 *
 * @typeParam Input What `predict` takes.
 * @typeParam Output What `predict` resolves to.
 */
export interface Serializer<Input = unknown, Output = unknown> {
  /** Media type of the bodies it writes. */
  readonly contentType: string;
  /**
   * Writes a body, or returns `undefined` when the input can't be written without the model's signature;
   * then {@linkcode Serializer.prepare} must exist.
   *
   * @param allocate Gives the buffer for the body, so that large ones can be used again; a serializer may ignore it.
   * @throws {TypeError} or {RangeError} when the input can't be written at all.
   */
  serialize(input: Input, allocate?: Allocate): Uint8Array<ArrayBuffer> | undefined;
  /** Reads a body, which is the serializer's own from then on. Throws when it is not of this format. */
  deserialize(body: Uint8Array<ArrayBuffer>): Output;
  /** Whether a service with this configuration speaks the format. */
  matches?(config: ServiceConfig): boolean;
  /**
   * Learns the model's signature and returns a serializer that knows it. Called at most once per predictor
   * for any number of concurrent calls, and again after a failure.
   */
  prepare?(predictor: Predictor<Input, Output>): Promise<Serializer<Input, Output>>;
}
