/** A value that a rule compares with. */
export type RuleValue = string | number | boolean;

/**
 * A condition on a part of the service configuration. Paths are relative to the part and split at dots. A value is
 * given when it is there and neither `null` nor an empty text; `false`, 0 and empty objects are given.
 */
export type RuleCondition =
  /** Something is there. */
  | { readonly given: string }
  /** The value is one of these. */
  | { readonly value: string; readonly in: readonly RuleValue[] }
  /** The value is a text that the pattern, a regular expression with flag `u`, finds something in. */
  | { readonly text: string; readonly like: string }
  /** Both are numbers, and the first is greater; a number stands for itself. */
  | { readonly above: readonly [string, string | number] }
  /** Both are given, and they are not the same scalar. */
  | { readonly differ: readonly [string, string] }
  /** The part has a key that is none of these, with a value. */
  | { readonly keysBeside: readonly string[] }
  /** An item of the list satisfies the condition, whose paths are relative to the item. */
  | { readonly some: string; readonly item: RuleCondition }
  | { readonly all: readonly RuleCondition[] }
  | { readonly any: readonly RuleCondition[] }
  | { readonly not: RuleCondition };

/** What a rule asks of a part. */
export type RuleCheck =
  /** The condition must not hold. */
  | { readonly forbid: RuleCondition }
  /** The condition must hold. */
  | { readonly require: RuleCondition }
  /** No two of these are given; the problem is at the second. */
  | { readonly atMostOne: readonly string[] }
  /** All of these are given or none is; the problem is at the first that is missing. */
  | { readonly together: readonly string[] }
  /** Among the items of a list, the parts, no two have this value; folders are the same with and without a slash. */
  | { readonly unique: string; readonly folders?: true }
  /** Among the items of a list, the parts, no folder is inside another. */
  | { readonly apart: string };

/**
 * A rule of the vendor that a schema can't say, or says badly. Rules are data: whoever reads them interprets the
 * vocabulary above.
 */
export interface ServiceRule {
  /** A name for it, unique. */
  readonly id: string;
  /** The vendor's page that says so. */
  readonly page: string;
  /** The rule, in a clause. */
  readonly says: string;
  /** What to do about it, in the imperative. */
  readonly mend: string;
  /** `"warning"` when the service takes the configuration and ignores or resolves something. @default {"error"} */
  readonly severity?: "warning";
  /**
   * Parts that are judged, each for itself: paths in which `[]` stands for every item, `containers[].health_check`.
   * @default {[""]}, the configuration as a whole
   */
  readonly in?: readonly string[];
  /** When a part is judged; always when absent. */
  readonly when?: RuleCondition;
  /** What is asked. */
  readonly check: RuleCheck;
  /** Where the problem is told, relative to the part. Default: what the check says, else the part. */
  readonly at?: string;
  /** Values that a message may quote: none that can hold a secret. */
  readonly shows?: readonly string[];
}
