/** What a value of JSON can be, by the names of JSON Schema. */
export type SchemaType = "object" | "array" | "string" | "number" | "integer" | "boolean";

/**
 * The part of JSON Schema that describes the service configuration, and three annotations. Whoever reads it needs
 * to know no other keyword.
 */
export interface ConfigSchema {
  /** What the value is. */
  readonly type?: SchemaType | readonly SchemaType[];
  /** Known keys of an object. */
  readonly properties?: Readonly<Record<string, ConfigSchema>>;
  /** Keys that an object must have. */
  readonly required?: readonly string[];
  /** What other keys hold; absent when they are unknown, `true` when they are free. */
  readonly additionalProperties?: ConfigSchema | true;
  /** What a list holds. */
  readonly items?: ConfigSchema;
  /** Least length of a list. */
  readonly minItems?: number;
  /** All values there are. */
  readonly enum?: readonly string[];
  /** What a text is like; numbers pass. */
  readonly pattern?: string;
  /** What editors and we say when a text is not like that. */
  readonly patternErrorMessage?: string;
  /** Least number; texts pass. */
  readonly minimum?: number;
  /** Greatest number; texts pass. */
  readonly maximum?: number;
  /** Number that is too small by nothing; texts pass. */
  readonly exclusiveMinimum?: number;
  /** What the service takes when nothing is said. */
  readonly default?: string | number | boolean;
  /** The vendor's page about this part; the one of the part around it when absent. */
  readonly "x-page"?: string;
  /** Whether the value is never shown. */
  readonly "x-secret"?: true;
}
