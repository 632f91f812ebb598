import type { PBFeature } from "../../protos/torchrec-predict.ts";
import { isEmpty, isRecord, kindOf, toList, toLists, toMap, toScalar, type Word } from "./torchrec-value.ts";

/** What single values are made of, by the words for their types. */
export interface FeatureValues {
  /** Text. */
  STRING: string;
  /** A number of single precision. */
  FLOAT: number;
  /** A number of double precision. */
  DOUBLE: number;
  /** An integer of 32 bits. */
  INT: number | bigint;
  /** An integer of 64 bits; as a number, up to ±(2^53 − 1). */
  INT64: number | bigint;
  /** The same as `INT64`. */
  BIGINT: number | bigint;
}

/** Words for the types of features, for editors to complete. Any mix of cases will do, and so will spaces. */
export type FeatureType = FeatureWord | Lowercase<FeatureWord>;

/** The words in upper case. `ARRAY` is the same as `LIST`. */
export type FeatureWord =
  | keyof FeatureValues
  | `${"LIST" | "ARRAY"}<${keyof FeatureValues}>`
  | `LIST<LIST<${keyof FeatureValues}>>`
  | `ARRAY<ARRAY<${keyof FeatureValues}>>`
  | `MAP<${Exclude<keyof FeatureValues, "FLOAT" | "DOUBLE">},${keyof FeatureValues}>`;

/** What a feature of a type is made of. It is `unknown` for a type that is chosen at run time. */
export type FeatureValue<DType extends string> = Record<never, never> extends Record<DType, unknown> ? unknown
  : DType extends `${infer Head} ${infer Tail}` ? FeatureValue<`${Head}${Tail}`>
  : Uppercase<DType> extends keyof FeatureValues ? FeatureValues[Uppercase<DType>]
  : Uppercase<DType> extends `${"LIST" | "ARRAY"}<STRING>` ? readonly string[]
  : Uppercase<DType> extends `${"LIST" | "ARRAY"}<${infer Item}>` ? ArrayLike<FeatureValue<Item>>
  : Uppercase<DType> extends `MAP<${infer Key},${infer Value}>` ?
      | ReadonlyMap<Key extends "STRING" ? string : string | number | bigint, FeatureValue<Value>>
      | { readonly [key: string]: FeatureValue<Value> }
  : never;

/** A value with its type, made by {@linkcode feature}. */
export interface Feature {
  /** The value. */
  readonly value: unknown;
  /** Its type. */
  readonly dtype: string;
}

/** A feature; text needs no type. `null` and what is empty are sent as empty text, whatever their type. */
export type FeatureInput =
  | Feature
  | string
  | null
  | undefined
  | readonly never[]
  | { readonly [key: string]: never }
  | ReadonlyMap<unknown, never>;

/**
 * Says which type a feature has, in the words that the vendor's clients take:
 *
 * | `dtype` | value |
 * | --- | --- |
 * | `STRING` | text |
 * | `INT`, `INT64` or `BIGINT` | integer of 32 or 64 bits; numbers up to ±(2^53 − 1), beyond them `bigint` |
 * | `FLOAT`, `DOUBLE` | number |
 * | `LIST<…>` or `ARRAY<…>` of any of these | array or typed array |
 * | `LIST<LIST<…>>` or `ARRAY<ARRAY<…>>` | array of such arrays |
 * | `MAP<…,…>` with keys of `STRING`, `INT`, `INT64` or `BIGINT` | `Map` or record |
 *
 * Keys that are integers may be decimal text. A record puts keys like `"866"` first; a `Map` keeps its order.
 *
 * The value is checked when it is sent. Then a wrong type is a `TypeError`, and a number outside of the range that the
 * type has, a `RangeError`; both name the feature.
 */
export function feature<const DType extends FeatureType | (string & Record<never, never>)>(
  value: FeatureValue<DType> | null | undefined,
  dtype: DType,
): Feature {
  return { value, dtype };
}

/** Makes the one field of a feature. */
type Make = (value: unknown, what: string) => PBFeature;

/** The words for types, and those that the names of fields are made of. */
const words: { readonly [word: string]: Word } = {
  STRING: "string",
  FLOAT: "float",
  DOUBLE: "double",
  INT: "int",
  INT64: "long",
  BIGINT: "long",
};

/** A single value, a list, a list of lists, or a map. */
const shapes = /^(?:(\w+)|LIST<(\w+)>|LIST<LIST<(\w+)>>|MAP<(STRING|INT|INT64|BIGINT),(\w+)>)$/;

/** Makes the features of one request, whose types are mostly the same few: each is read once. */
export function featureMaker(): (input: FeatureInput, what: string) => PBFeature {
  const makers = new Map<string, Make>();
  return (input, what) => {
    if (typeof input === "string") return { string_feature: input };
    const typed = isFeature(input) ? input : undefined;
    const make = typed && (makers.get(typed.dtype) ?? makerOf(typed.dtype, what));
    if (isEmpty(typed ? typed.value : input)) return { string_feature: "" };
    if (!make) {
      throw new TypeError(`Cannot send ${what}: ${kindOf(input)} needs a type, as in feature(…, "INT")`);
    }
    makers.set(typed.dtype, make);
    return make(typed.value, `${what} as ${typed.dtype}`);
  };
}

function isFeature(input: unknown): input is Feature {
  return isRecord(input) && "dtype" in input;
}

function makerOf(dtype: string, what: string): Make {
  const word = String(dtype).replace(/\s/g, "").toUpperCase().replaceAll("ARRAY<", "LIST<");
  const [, single, item, inner, key, value] = shapes.exec(word) ?? [];
  const type = words[single ?? item ?? inner ?? value ?? ""], keyType = words[key ?? ""];
  if (!type) throw new TypeError(`Cannot send ${what}: unknown type "${dtype}"`);
  const [name, make] = keyType
    ? [`${keyType}_${type}_map`, toMap.bind(null, keyType)]
    : single
    ? [`${type}_feature`, toScalar]
    : item
    ? [`${type}_list`, toList]
    : [`${type}_lists`, toLists];
  return (value, what) => ({ [name]: make(type, value, what) });
}
