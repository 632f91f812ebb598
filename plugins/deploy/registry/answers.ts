/** A tag, as the registry writes it. */
export interface Tag {
  /** Key. */
  Key: string;
  /** Value. */
  Value: string;
}

/**
 * A version as the registry tells it.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-struct-modelversion
 */
export interface VersionAnswer extends Record<string, unknown> {
  /** Name, such as `0.1.0`. */
  VersionName: string;
  /** Where its files are. */
  Uri?: string;
  /** Framework. */
  FrameworkType?: string;
  /** Format of its files. */
  FormatType?: string;
  /** Whether it may be used. */
  ApprovalStatus?: string;
  /** How it is served. */
  InferenceSpec?: Record<string, unknown> | null;
  /** Tags. */
  Labels?: Tag[] | null;
}

/**
 * A model as the registry tells it.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-struct-model
 */
export interface ModelAnswer extends Record<string, unknown> {
  /** Id. */
  ModelId: string;
  /** Name. */
  ModelName: string;
  /** Who provides it. */
  Provider?: string;
  /** What it does. */
  Task?: string;
  /** What it is about. */
  Domain?: string;
  /** Tags. */
  Labels?: Tag[] | null;
  /** Its latest version. */
  LatestVersion?: VersionAnswer | null;
}

/** Reads tags. */
export function labelsFrom(tags: Tag[] | null | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value]));
}

/** Writes tags; `undefined` when there are none. */
export function tagsFrom(labels: Readonly<Record<string, string>> | undefined): Tag[] | undefined {
  return labels && Object.entries(labels).map(([Key, Value]) => ({ Key, Value }));
}
