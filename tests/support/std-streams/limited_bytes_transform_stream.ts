/** Options. */
export interface LimitedBytesTransformStreamOptions {
  /** Throw instead of cutting. */
  error?: boolean;
}
/** Own stand-in of the published class of the same name. */
export class LimitedBytesTransformStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(
    size: number,
    options: LimitedBytesTransformStreamOptions = { error: false },
  ) {
    let seen = 0;
    super({
      transform(chunk, controller) {
        if (seen + chunk.byteLength > size) {
          if (options.error) {
            throw new RangeError(`Exceeded byte size limit of '${size}'`);
          }
          controller.terminate();
        } else {
          seen += chunk.byteLength;
          controller.enqueue(chunk);
        }
      },
    });
  }
}
