import type { Credentials } from "../../../core/credentials.ts";

/** What of a request is signed. */
export interface OssSigningRequest {
  /** Method in upper case. */
  method: string;
  /** Bucket; always part of the signature, wherever the address carries it. Absent when listing buckets. */
  bucket?: string;
  /** Key, not encoded. */
  key?: string;
  /** Query parameters, not encoded; `null` and `""` both stand for a name without a value. */
  query?: Readonly<Record<string, string | null | undefined>>;
  /** Headers by lower-case name. */
  headers: Readonly<Record<string, string>>;
}

/** When and where a signature is made. */
export interface OssSigningPlace {
  /** Milliseconds since the Unix epoch, by the server's clock as far as it is known. */
  time: number;
  /** The bucket's region without `oss-`, such as `cn-hangzhou`. */
  region: string;
}

/** A way to sign requests of OSS. Version 4 is what `oss()` uses; `ossV1()` is in an entry of its own. */
export interface OssSigner {
  /**
   * Signs a request in its headers.
   *
   * @returns All headers to send, and the text that was signed, to be compared with the server's.
   */
  sign(
    request: OssSigningRequest,
    credentials: Credentials,
    place: OssSigningPlace,
  ): { headers: Record<string, string>; signed: string };
  /**
   * Signs a request in its query, for somebody without keys to send. `presign()` signs by version 4 when absent.
   *
   * @param expires Seconds from the place's time.
   * @returns The whole query to send.
   */
  presign?(
    request: OssSigningRequest,
    credentials: Credentials,
    place: OssSigningPlace,
    expires: number,
  ): Record<string, string | null | undefined>;
}

/** What signing and addressing a request of a bucket takes, for functions that let somebody else send it. */
export interface OssAccess {
  /** How the bucket's requests are signed. */
  readonly signer: OssSigner;
  /** The address of an object, or of the bucket when the key is empty. */
  url(key?: string, query?: OssSigningRequest["query"]): string;
  /** The client's credentials. */
  credentials(options?: { signal?: AbortSignal }): Promise<Credentials>;
  /** The time as the server has it, where it has told that this machine's clock is off. */
  now(): number;
}
