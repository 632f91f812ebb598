/**
 * Several named arrays in one body: the archives that `numpy.savez` writes and `numpy.load` reads.
 *
 * @example
 * ```ts
 * import { npz } from "@pai-edge/sdk/serializers/npz";
 * import { tensor } from "@pai-edge/sdk/tensor";
 *
 * const { serialize, deserialize } = npz({ level: 6 }); // of a predictor: new Predictor({ serializer: npz(), … })
 * const body = serialize({ pixels: new Float32Array(784), labels: tensor(["cat", "dog"]) });
 * const { pixels, labels } = deserialize(body!);
 * console.log(pixels?.shape, labels?.toNested()); // [784] ["cat", "dog"]
 * ```
 *
 * @module
 */
import { zipSync } from "fflate";
import type { Serializer } from "../../core/serializer.ts";
import type { Tensor, TensorInput } from "../../core/tensor.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";
import { readZip } from "./npz-zip.ts";

/** Options of {@linkcode npz}. */
export interface NpzOptions {
  /** Compression from 0, none as `numpy.savez`, to 9; `numpy.savez_compressed` has 6. @default {0} */
  level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
  /** Most bytes that the arrays of an answer may take when they are decompressed. @default {1073741824} */
  maxBytes?: number;
  /** Media type of the inputs. None is registered. @default {"application/x-npz"} */
  contentType?: string;
}

/** Arrays by their names. */
export type NamedArrays = Readonly<Record<string, TensorInput>> | ReadonlyMap<string, TensorInput>;

/** Limits of zip archives without the extension that not every reader knows. */
const most = { bytes: 2 ** 32 - 1, files: 2 ** 16 - 1 };

/**
 * Reads and writes `.npz`. The same arrays give the same bytes at any time. Elements are views on an answer where they
 * lie in it as they are, see `decodeNpy`.
 *
 * Writing throws a `RangeError` for what an archive can't hold and for names that are no text; reading a `SyntaxError`
 * for what is no archive of arrays or is damaged, a `RangeError` for more than `maxBytes`, and what `decodeNpy` throws.
 */
export function npz(options: NpzOptions = {}): Serializer<NamedArrays, Record<string, Tensor>> {
  const { level = 0, maxBytes = 2 ** 30, contentType = "application/x-npz" } = options;
  return {
    contentType,
    serialize: (arrays) => write(arrays, level),
    deserialize: (archive) => read(archive, maxBytes),
  };
}

function write(arrays: NamedArrays, level: NonNullable<NpzOptions["level"]>): Uint8Array<ArrayBuffer> {
  const files = [...arrays instanceof Map ? arrays : Object.entries(arrays)].map(([name, array]) => {
    if (!name.isWellFormed()) {
      throw new RangeError(`Cannot write .npz: name ${JSON.stringify(name)} is no text`);
    }
    return [`${name}.npy`, encodeNpy(array)] as const;
  });
  const bytes = files.reduce((sum, [name, { length }]) => sum + length + 6 * name.length + 100, 0); // at most
  if (bytes > most.bytes || files.length > most.files) {
    throw new RangeError(
      `Cannot write .npz: ${files.length} arrays of ${bytes} bytes are too many for a zip archive`,
    );
  }
  return zipSync(Object.fromEntries(files), { level, mtime: new Date(1980, 0, 1) }); // the time that numpy gives, too
}

function read(archive: Uint8Array<ArrayBuffer>, maxBytes: number): Record<string, Tensor> {
  const arrays = new Map<string, Tensor>();
  for (const [file, content] of readZip(archive, maxBytes)) {
    const name = file.replace(/\.npy$/, "");
    if (arrays.has(name)) {
      throw new SyntaxError(`Cannot read .npz: two arrays are called ${JSON.stringify(name)}`);
    }
    try {
      arrays.set(name, decodeNpy(content));
    } catch (error) {
      if (error instanceof Error) error.message += ` (${JSON.stringify(name)})`; // which array it was
      throw error;
    }
  }
  return Object.fromEntries(arrays); // which makes a name of __proto__, not a prototype
}
