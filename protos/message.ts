/**
 * Messages as tables: each field by its name, its number and its type.
 *
 * @module
 */
import type { Numbers } from "./arrays.ts";
import type { Type } from "./scalars.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** How a field is written and read. */
export interface Field<Value> {
  /** Its number. */
  readonly number: number;
  /** Type of the keys, when it holds values by key. */
  readonly key?: Type<unknown>;
  /** Type of its value, or of each value in it. */
  readonly type: Type<unknown> | Numbers<unknown, unknown>;
  /** Writes its value, in front of what was written; its tags come last. */
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
  const byNumber: typeof list = [];
  for (const entry of list) byNumber[entry[1].number] = entry;
  const type: MessageType<Message> = {
    name,
    fields,
    wire: 2,
    initial: () => ({}) as Message, // every field may be absent
    write(value, to) {
      const { length } = to;
      type.writeBody(value, to);
      to.lengthSince(length);
    },
    read(from, value = type.initial()) {
      const outer = from.end;
      from.end = from.delimited();
      type.readBody(from, value);
      from.end = outer;
      return value;
    },
    writeBody(value, to) {
      for (let i = list.length; i--;) {
        const [key, field] = list[i]!, item = value[key];
        if (item !== undefined) field.write(item, to);
      }
    },
    readBody(from, into) {
      const level = from.path.push("?") - 1;
      while (from.at < from.end) {
        const tag = from.tag();
        const [key, field] = byNumber[tag >>> 3] ?? [];
        from.path[level] = key ?? "?";
        if (!field?.read(from, tag & 7, into as Record<string, unknown>, key!)) from.skip(tag);
      }
      from.path.pop();
    },
  };
  return type;
}

/** A field with one value, which is always written. */
function always<T>(number: number, type: Type<T>): Field<T> {
  const tag = number << 3 | type.wire;
  return {
    number,
    type,
    write(value, to) {
      type.write(value, to);
      to.varint(tag);
    },
    read(from, wire, into, name) {
      if (wire !== type.wire) return false;
      into[name] = type.read(from, into[name] as T | undefined); // only this field writes there
      return true;
    },
  };
}

/** A field with one value, which is not written when it is the default one. */
export function field<T>(number: number, type: Type<T>): Field<T> {
  const field = always(number, type);
  return {
    ...field,
    write(value, to) {
      if (value && (value as { length?: number }).length !== 0) field.write(value, to);
    },
  };
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
  const field = always(number, type);
  return {
    number,
    type,
    write(values, to) {
      for (let i = values.length; i--;) field.write(values[i]!, to);
    },
    read(from, wire, into, name) {
      if (wire !== type.wire) return false;
      ((into[name] ??= []) as T[]).push(type.read(from)); // made here
      return true;
    },
  };
}

/** Values by key. Reading a key again replaces its value; both are always written. */
export function map<K, V>(number: number, key: Type<K>, value: Type<V>): Field<ReadonlyMap<K, V>> {
  const keyTag = 8 | key.wire, valueTag = 16 | value.wire;
  return {
    number,
    key,
    type: value,
    write(values, to) {
      const keys = Array.from(values.keys());
      for (let i = keys.length; i--;) {
        const name = keys[i]!, { length } = to;
        value.write(values.get(name)!, to); // it is one of its keys
        to.varint(valueTag);
        key.write(name, to);
        to.varint(keyTag);
        to.lengthSince(length);
        to.varint(number << 3 | 2);
      }
    },
    read(from, wire, into, field) {
      if (wire !== 2) return false;
      const values = (into[field] ??= new Map()) as Map<K, V>, outer = from.end; // made here
      let name: K | undefined, item: V | undefined;
      from.end = from.delimited();
      from.path.push("value");
      while (from.at < from.end) {
        const tag = from.tag();
        if (tag === keyTag) name = key.read(from);
        else if (tag === valueTag) item = value.read(from, item);
        else from.skip(tag);
      }
      from.path.pop();
      from.end = outer;
      values.set(name ?? key.initial(), item ?? value.initial());
      return true;
    },
  };
}

/** Writes numbers behind a tag and their length; nothing if there are none. */
export function writePacked<Given>(
  tag: number,
  numbers: Numbers<Given, unknown>,
  values: Given,
  to: Writer,
): void {
  const { length } = to;
  numbers.write(values, to);
  if (to.length === length) return;
  to.lengthSince(length);
  to.varint(tag);
}

/** A list of numbers, together under one tag. They are also read one by one, or in several parts. */
export function packed<Given, Read>(number: number, numbers: Numbers<Given, Read>): Field<Given> {
  return {
    number,
    type: numbers,
    write: (values, to) => writePacked(number << 3 | 2, numbers, values, to),
    read(from, wire, into, name) {
      if (wire !== 2 && wire !== numbers.wire) return false;
      const start = from.at;
      let end = start;
      if (wire === 2) end = from.delimited();
      else from.skip(wire), end = from.at, from.at = start;
      if (from.at === end) return true;
      const read = from.numbers(numbers, end);
      if (into[name] === undefined) into[name] = read;
      else from.scatter(into, name, read);
      return true;
    },
  };
}
