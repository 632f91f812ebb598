/**
 * What clients of storage are compared in.
 *
 * @module
 */

/** What a client does with an object. */
export const operations = {
  "put-bytes": "put bytes",
  "put-file": "put a file",
  "put-stream": "put a stream",
  "get-bytes": "get bytes",
  "get-file": "get to a file",
  "get-stream": "get a stream",
} as const;

/** Its name. */
export type Operation = keyof typeof operations;

/** Where a client finds what it needs. */
export interface Place {
  /** Address of the storage, without a slash at its end. */
  url: string;
  /** Folder that has a file `source-` of each length, and takes files that are downloaded. */
  folder: string;
}

/** One client: what it does with so many bytes, where it can. */
export type Client = { readonly [Name in Operation]?: (size: number) => Promise<unknown> };

/** The bucket's name. */
export const bucket = "bench";

/** The key of an object of so many bytes to get, by which the storage knows its length and CRC-64. */
export const noise = (size: number): string => `noise-${size}`;

/** The key to put an object of so many bytes to. */
export const put = (size: number): string => `put-${size}`;
