/**
 * Messages as tables: each field by its name, its number and its type.
 *
 * @module
 */
import type { Numbers } from "./arrays.ts";
import type { Type } from "./scalars.ts";
import { Reader, type Writer } from "./wire.ts";

/** How a field is written and read. */
export interface Field<Value> {
  /** Its number. */
  readonly number: number;
  /** Type of its value, or of the values in its list; of the entries of a map. */
  readonly type: Type<unknown> | Numbers<unknown, unknown>;
  /** Writes its value, with its tags. */
  write(value: Value, to: Writer): void;
  /** Reads what follows a tag into the message. Returns `false` when this is no such field. */
  read(from: Reader, wire: number, into: Record<string, unknown>, name: string): boolean;
}

/** The fields of a message, in the order of their numbers, which is the order on the wire. */
export type Fields<Message> = { readonly [Name in keyof Message]-?: Field<NonNullable<Message[Name]>> };

/** A kind of message. Fields can have it as their type. */
export interface MessageType<Message> extends Type<Message> {
  /** Its name, for errors. */
  readonly name: string;
  /** Its fields. */
  readonly fields: Fields<Message>;
  /** Writes the fields. */
  writeBody(value: Message, to: Writer): void;
  /** Reads fields until the reader's end. */
  readBody(from: Reader, into: Message): void;
}

/** Makes a kind of message. */
export function message<Message extends object>(
  name: string,
  fields: Fields<Message>,
): MessageType<Message> {
  const list = Object.entries(fields) as [keyof Message & string, Field<unknown>][]; // what Fields says
  const byNumber = new Map(list.map((entry) => [entry[1].number, entry]));
  const type: MessageType<Message> = {
    name,
    fields,
    wire: 2,
    initial: () => ({}) as Message, // every field may be absent
    write: (value, to) => to.delimited(() => type.writeBody(value, to)),
    read(from, value = type.initial()) {
      const outer = from.end;
      from.end = from.delimited();
      type.readBody(from, value);
      from.end = outer;
      return value;
    },
    writeBody(value, to) {
      for (const [key, field] of list) if (value[key] !== undefined) field.write(value[key], to);
    },
    readBody(from, into) {
      const level = ++from.depth;
      while (from.at < from.end) {
        const tag = from.tag();
        const [key, field] = byNumber.get(tag >>> 3) ?? [];
        from.path[level] = key ?? "?";
        if (!field?.read(from, tag & 7, into as Record<string, unknown>, key!)) from.skip(tag);
      }
      from.depth = level - 1;
    },
  };
  return type;
}

/** Makes a field of how its value becomes items, each with a tag of its own, and how items become its value. */
function fieldOf<Value, Item>(
  number: number,
  type: Type<Item>,
  items: (value: Value) => readonly Item[],
  read: (from: Reader, previous: Value | undefined) => Value,
): Field<Value> {
  return {
    number,
    type,
    write(value, to) {
      for (const item of items(value)) {
        to.varint(number << 3 | type.wire);
        type.write(item, to);
      }
    },
    read(from, wire, into, name) {
      if (wire !== type.wire) return false;
      into[name] = read(from, into[name] as Value | undefined); // only this field writes there
      return true;
    },
  };
}

/** A field with one value, which is not written when it is the default one. */
export function field<T>(number: number, type: Type<T>): Field<T> {
  const isDefault = (value: T): boolean => !value || (value as { length?: number }).length === 0;
  return fieldOf(number, type, (value) => isDefault(value) ? [] : [value], type.read);
}

/** A field with one value, which is always written. */
function always<T>(number: number, type: Type<T>): Field<T> {
  return fieldOf(number, type, (value) => [value], type.read);
}

/** A member of a message that holds one of its fields at a time. */
export function member<T>(number: number, type: Type<T>): Field<T> {
  const field = always(number, type);
  return {
    ...field,
    read(from, wire, into, name) {
      if (wire !== type.wire) return false;
      for (const other of Object.keys(into)) if (other !== name) delete into[other];
      return field.read(from, wire, into, name);
    },
  };
}

/** A list of values, each with a tag of its own. */
export function repeated<T>(number: number, type: Type<T>): Field<readonly T[]> {
  return fieldOf<readonly T[], T>(number, type, (values) => values, (from, values = []) => {
    (values as T[]).push(type.read(from)); // made here
    return values;
  });
}

/** Values by key. Reading a key again replaces its value; both are always written. */
export function map<K, V>(number: number, key: Type<K>, value: Type<V>): Field<ReadonlyMap<K, V>> {
  const entry = message<{ key?: K; value?: V }>("entry", {
    key: always(1, key) as Field<NonNullable<K>>, // no type's values are null
    value: always(2, value) as Field<NonNullable<V>>,
  });
  const entries = (values: ReadonlyMap<K, V>): { key: K; value: V }[] =>
    Array.from(values, ([key, value]) => ({ key, value }));
  return fieldOf<ReadonlyMap<K, V>, { key?: K; value?: V }>(
    number,
    entry,
    entries,
    (from, values = new Map()) => {
      const read = entry.read(from);
      return (values as Map<K, V>).set(read.key ?? key.initial(), read.value ?? value.initial()); // made here
    },
  );
}

/** A list of numbers, together under one tag. They are also read one by one, or in several parts. */
export function packed<Given, Read>(number: number, numbers: Numbers<Given, Read>): Field<Given> {
  return {
    number,
    type: numbers,
    write(values, to) {
      if (!(values as ArrayLike<unknown>).length) return; // what all numbers come in
      to.varint(number << 3 | 2);
      to.delimited(() => numbers.write(values, to));
    },
    read(from, wire, into, name) {
      if (wire !== 2 && wire !== numbers.wire) return false;
      const end = wire === 2 ? from.delimited() : -1, start = from.at;
      if (end < 0) from.skip(wire);
      else from.at = end;
      const rest = numbers.wire
        ? (from.at - start) % (numbers.wire === 5 ? 4 : 8)
        : from.bytes[from.at - 1]! & 128;
      if (rest && from.at > start) from.fail("cut off");
      if (from.at > start) partsOf(from, numbers, into, name).push(start, from.at);
      from.kept = from.at;
      return true;
    },
  };
}

/** Where the parts of a list of numbers lie, start and end in turn. */
type Parts = number[];

/**
 * The parts that a list of numbers has so far. The list itself is made when the whole message is read: joining parts as
 * they come would take the square of the time, and nothing in the buffer may move while the message can still turn
 * out to be none. That is why varints, which may be too long, are read before arrays move.
 */
function partsOf(
  from: Reader,
  numbers: Numbers<unknown, unknown>,
  into: Record<string, unknown>,
  name: string,
): Parts {
  if (into[name]) return into[name] as Parts; // nothing else is there before the end
  const { kept, options: { copy, own } } = from;
  const parts: Parts = into[name] = [];
  from.pending.push((isVarint) => {
    if (isVarint !== !numbers.wire) return;
    [from.at, from.end] = parts as [number, number];
    into[name] = parts.length > 2
      ? numbers.read(joined(from, parts), 0)
      : numbers.read(from, copy ? Infinity : own ? kept : from.at);
  });
  return parts;
}

/** A reader of the parts, one after the other. */
function joined(from: Reader, parts: Parts): Reader {
  let length = 0;
  for (let i = 0; i < parts.length; i += 2) length += parts[i + 1]! - parts[i]!;
  const bytes = new Uint8Array(length);
  length = 0;
  for (let i = 0; i < parts.length; i += 2) {
    bytes.set(from.bytes.subarray(parts[i], parts[i + 1]), length);
    length += parts[i + 1]! - parts[i]!;
  }
  return new Reader(bytes, from.options, from.path[0]!);
}
