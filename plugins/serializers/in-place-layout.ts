import { fieldOf, numberOf } from "../../core/array-proto.ts";
import { dtypes, isDType, volume } from "../../core/dtype.ts";
import type { ArrayProto } from "../../protos/array-proto.ts";
import { encode } from "../../protos/codec.ts";
import type { MessageType } from "../../protos/message.ts";
import type { ArraySpec } from "./in-place.ts";
import { alignedHeader } from "./in-place-header.ts";

/** A kind of request. */
export interface RequestKind<Message> {
  /** Its table. */
  readonly type: MessageType<Message>;
  /** Tag of the field that holds arrays. */
  readonly tag: number;
  /** Whether that field is a map, so that the order of arrays means nothing. */
  readonly isMap: boolean;
  /** A request of nothing but arrays. */
  message(arrays: readonly [name: string, array: ArrayProto][]): Message;
  /** Its other fields. */
  readonly others: Message;
}

/** Elements, in the array that a caller fills. */
type Elements = Float32Array<ArrayBuffer>; // or another

/** An array of a request. */
interface Slot {
  readonly name: string;
  /** Number of its element type. */
  readonly type: number;
  readonly shape: readonly number[];
  readonly field: keyof ArrayProto;
  /** Tag of its elements when they have a fixed size on the wire, as they have in the array. */
  readonly tag: number | undefined;
  /** Most bytes that its elements take on the wire. */
  readonly length: number;
  /** Makes the array of its elements: in the message, where they have a fixed size, or in memory of its own. */
  allocate(message?: ArrayBuffer, at?: number): Elements;
  /** Its elements, once they have memory. */
  data?: Elements;
}

/** Tags of the fields of elements that have a fixed size on the wire. */
const tags: { readonly [field: string]: number } = { float_val: 0x1a, double_val: 0x22, bool_val: 0x42 };

/** Most bytes of an element where they are fewer than the ten of a negative number. */
const widest: { readonly [dtype: string]: number } = { uint8: 2, uint16: 3 };

/** A tag and three lengths of up to five bytes. */
const lengthsRoom = 16;

/**
 * Lays a request out: in its middle arrays whose elements lie on the wire as they lie in memory, next to each other;
 * around them room for what is written later. As messages that follow each other are one message, each part is one.
 *
 * @returns The arrays, in the order of the specs, and what makes the message of them.
 * @throws {TypeError} or {RangeError} when a type or a shape can't be allocated.
 */
export function layOut<Message>(
  specs: readonly (readonly [name: string, spec: ArraySpec])[],
  kind: RequestKind<Message>,
): [arrays: Elements[], write: () => Uint8Array<ArrayBuffer>] {
  const slots = specs.map(([name, spec]) => slotOf(name, spec));
  const order = kind.isMap ? slots.toSorted((a, b) => Number(!a.tag) - Number(!b.tag)) : slots;
  const [first, last] = largestRun(order);
  const before = order.slice(0, first), after = order.slice(last);
  const start = before.length && roomFor(before, kind);
  let end = start;
  const placed = order.slice(first, last).map((slot) => {
    const name = kind.isMap ? slot.name : undefined, at = end;
    const header = alignedHeader(at, { ...slot, name, field: kind.tag, elements: slot.tag! }); // it has one
    end += header.length + slot.length;
    return { slot, at, header };
  });
  const memory = new Uint8Array(end + roomFor(after, kind));
  for (const { slot, at, header } of placed) {
    memory.set(header, at);
    slot.data = slot.allocate(memory.buffer, at + header.length);
  }
  for (const slot of slots) slot.data ??= slot.allocate();
  const write = (): Uint8Array<ArrayBuffer> => {
    const { type, message, others } = kind;
    const front = encode(
      type,
      message(before.map(arrayOf)),
      (length) => memory.subarray(start - length, start),
    );
    const back = encode(
      type,
      { ...message(after.map(arrayOf)), ...others },
      (length) => memory.subarray(end, end + length),
    );
    return memory.subarray(start - front.length, end + back.length);
  };
  const whole = write(); // and all that there is to do when every array lies in it
  return [slots.map(({ data }) => data!), before.length + after.length ? write : () => whole];
}

function slotOf(name: string, { dtype, shape }: ArraySpec): Slot {
  const what = `input "${name}"`;
  const { array, slots } = isDType(dtype) ? dtypes[dtype] : {};
  if (!array) throw new TypeError(`Cannot allocate ${what}: ${dtype} is no element type of fixed size`);
  const count = volume(shape) * slots!;
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0) || !Number.isSafeInteger(count)) {
    throw new RangeError(`Cannot allocate ${what}: its shape is [${shape.join(", ")}]`);
  }
  const field = fieldOf(dtype), tag = tags[field];
  const List = (tag === 0x1a ? Float32Array : array) as Float32ArrayConstructor; // or another
  const width = tag ? List.BYTES_PER_ELEMENT : widest[dtype] ?? 10;
  const allocate: Slot["allocate"] = (message, at) =>
    message ? new List(message, at, count) : new List(count);
  return { name, type: numberOf(dtype, what), shape, field, tag, length: count * width, allocate };
}

/** Where most bytes lie next to each other: the first of such arrays, and the one behind the last. */
function largestRun(slots: readonly Slot[]): [first: number, last: number] {
  let run: [number, number] = [0, 0], most = -1;
  for (let first = 0, last = 0; first < slots.length; first = ++last) {
    let bytes = 0;
    for (; slots[last]?.tag; last++) bytes += slots[last]!.length;
    if (last > first && bytes > most) run = [first, last], most = bytes;
  }
  return run;
}

/** Room for arrays: what they take without elements, their elements, and the lengths that grow with those. */
function roomFor<Message>(slots: readonly Slot[], { type, message, others }: RequestKind<Message>): number {
  const empty = message(
    slots.map(({ name, type, shape }) => [name, { dtype: type, array_shape: { dim: shape } }]),
  );
  const elements = slots.reduce((sum, { length }) => sum + length + lengthsRoom, 0);
  return Math.ceil((encode(type, { ...empty, ...others }).length + elements) / 8) * 8;
}

function arrayOf({ name, type, shape, field, data }: Slot): [name: string, array: ArrayProto] {
  return [name, { dtype: type, array_shape: { dim: shape }, [field]: data }];
}
