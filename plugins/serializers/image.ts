/**
 * Encoded images as the inputs of a model, as they are.
 *
 * @example
 * ```ts
 * import { image } from "@pai-edge/sdk/serializers/image";
 *
 * const { contentType, serialize } = image("image/gif"); // of a predictor: new Predictor({ serializer: image(), … })
 * const body = serialize(new TextEncoder().encode("GIF89a…"));
 * console.log(contentType, body?.length); // image/gif 9
 * ```
 *
 * @module
 */
import { bytes } from "../../core/bytes.ts";
import { json } from "../../core/json.ts";
import type { Serializer } from "../../core/serializer.ts";

/** Media types of images that are known by their first bytes. */
export type ImageType = "image/bmp" | "image/gif" | "image/jpeg" | "image/png" | "image/tiff" | "image/webp";

/** Options of {@linkcode image}. */
export interface ImageOptions<Output> {
  /** Reads the answers. @default {json()} */
  output?: Pick<Serializer<unknown, Output>, "deserialize">;
}

/** How the formats begin, a byte a character. */
const beginnings: Readonly<Record<ImageType, RegExp>> = {
  "image/bmp": /^BM/,
  "image/gif": /^GIF8[79]a/,
  "image/jpeg": /^\xff\xd8\xff/,
  "image/png": /^\x89PNG\r\n/,
  "image/tiff": /^(II\*\0|MM\0\*)/,
  "image/webp": /^RIFF[^]{4}WEBP/,
};

/** The media type of an encoded image, told from its first bytes; `undefined` when it is none that is known here. */
export function imageType(input: BufferSource): ImageType | undefined {
  const beginning = String.fromCharCode(...bytes().serialize(input)!.subarray(0, 12)); // it always writes
  return (Object.keys(beginnings) as ImageType[]).find((type) => beginnings[type].test(beginning)); // the table's keys
}

/**
 * Passes encoded images to a service and reads its answers. The six types of {@linkcode ImageType} are checked: bytes of
 * another format throw a `TypeError`, unsent.
 *
 * @param contentType Media type of the images. Without one, all six are sent as `application/octet-stream`.
 */
export function image<Output = unknown>(
  contentType?: ImageType | (string & Record<never, never>), // which keeps the six as what an editor suggests
  options: ImageOptions<Output> = {},
): Serializer<BufferSource, Output> {
  const { output = json<Output>() } = options;
  return {
    contentType: contentType ?? "application/octet-stream",
    serialize: (input) => {
      const found = imageType(input);
      const isWrong = contentType === undefined
        ? !found
        : Object.hasOwn(beginnings, contentType) && contentType !== found;
      if (isWrong) {
        throw new TypeError(
          `Cannot send the image: its first bytes are of ${found ?? "no known type"}, not ${
            contentType ?? "an image"
          }`,
        );
      }
      return bytes().serialize(input);
    },
    deserialize: (body) => output.deserialize(body),
  };
}
