// Bounds of OSS: https://help.aliyun.com/zh/oss/user-guide/multipart-upload
const leastPart = 100 * 1024;
const mostPart = 5 * 1024 ** 3;
const mostParts = 10_000;
const mostBytes = 48.8 * 1024 ** 4;

const mib = 1024 * 1024;

/** How a content is cut into parts. Parts of a known size are equal but for the last; others grow. */
export interface PartPlan {
  /** Length of the first part. */
  readonly partSize: number;
  /** Length of the whole, where it is known. */
  readonly size: number | undefined;
}

/**
 * Chooses the parts.
 *
 * @param partSize Least length of a part.
 * @throws {RangeError} when the parts or the whole are beyond what OSS takes.
 */
export function planParts(what: string, size: number | undefined, partSize: number): PartPlan {
  if (!Number.isInteger(partSize) || partSize < leastPart || partSize > mostPart) {
    throw new RangeError(
      `${what}: \`partSize\` is ${partSize}, not an integer from ${leastPart} to ${mostPart} bytes`,
    );
  }
  if (size === undefined) return { partSize, size };
  if (size > mostBytes) throw new RangeError(`${what}: the source has ${size} bytes; OSS allows 48.8 TB`);
  const needed = Math.ceil(size / mostParts / mib) * mib;
  return { partSize: size > partSize * mostParts ? needed : partSize, size };
}

// Parts of an unknown length grow by their first length every so often: fifteen times the content fits, and
// what is short, as most are, takes no more memory.
const growEvery = 2000;

/**
 * Length of a part, which the last one need not reach.
 *
 * @param number Number of the part, from 1.
 * @throws {RangeError} when the content has more parts than OSS takes.
 */
export function partLength(what: string, { partSize, size }: PartPlan, number: number): number {
  if (size !== undefined) return Math.min(partSize, size - partSize * (number - 1));
  if (number <= mostParts) {
    return Math.min(mostPart, partSize * (1 + Math.floor((number - 1) / growEvery)));
  }
  throw new RangeError(
    `${what}: the stream is longer than ${mostParts} parts; state its \`size\`, or a larger \`partSize\``,
  );
}
