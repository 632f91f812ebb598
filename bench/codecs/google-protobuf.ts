/**
 * google-protobuf 4 (jspb). Its generator is a binary that comes in no package, so its calls are written by hand here, in
 * the form and order of the code that it writes; what would be empty in every payload is left out, to its benefit.
 *
 * @module
 */
import google from "google-protobuf";
import { type Payload, signatureName, type Source } from "../payloads.ts";
import {
  asNumbers,
  type Conversions,
  convert,
  fromNumbers,
  fromTexts,
  type Peer,
  type ValueField,
  type Values,
} from "./codec.ts";
import type { Jspb, JspbMap, JspbReader, JspbWriter } from "./jspb.ts";

const jspb: Jspb = google; // it comes without types

/** Numbers of the fields with elements. */
const numbers: Record<ValueField, number> = {
  float_val: 3,
  double_val: 4,
  int_val: 5,
  string_val: 6,
  int64_val: 7,
  bool_val: 8,
};

class ArrayShape extends jspb.Message {
  constructor(data?: unknown[]) {
    super();
    jspb.Message.initialize(this, data, 0, -1, [1], null);
  }

  static write(message: ArrayShape, writer: JspbWriter): void {
    const dim = jspb.Message.getRepeatedField(message, 1);
    if (dim.length > 0) writer.writePackedInt64(1, dim);
  }

  static read(message: ArrayShape, reader: JspbReader): ArrayShape {
    while (reader.nextField()) {
      if (reader.isEndGroup()) break;
      if (reader.getFieldNumber() === 1) {
        reader.readPackableInt64Into(jspb.Message.getRepeatedField(message, 1));
      } else reader.skipField();
    }
    return message;
  }
}

class ArrayProto extends jspb.Message {
  constructor(data?: unknown[]) {
    super();
    jspb.Message.initialize(this, data, 0, -1, [3, 4, 5, 6, 7, 8], null);
  }

  static write(message: ArrayProto, writer: JspbWriter): void {
    const dtype = jspb.Message.getFieldWithDefault(message, 1, 0);
    if (dtype !== 0) writer.writeEnum(1, dtype);
    const shape = jspb.Message.getWrapperField(message, ArrayShape, 2);
    if (shape != null) writer.writeMessage(2, shape, ArrayShape.write);
    const floats = jspb.Message.getRepeatedFloatingPointField(message, 3);
    if (floats.length > 0) writer.writePackedFloat(3, floats);
    const doubles = jspb.Message.getRepeatedFloatingPointField(message, 4);
    if (doubles.length > 0) writer.writePackedDouble(4, doubles);
    const ints = jspb.Message.getRepeatedField(message, 5);
    if (ints.length > 0) writer.writePackedInt32(5, ints);
    const strings = jspb.Message.bytesListAsU8(jspb.Message.getRepeatedField(message, 6));
    if (strings.length > 0) writer.writeRepeatedBytes(6, strings);
    const longs = jspb.Message.getRepeatedField(message, 7);
    if (longs.length > 0) writer.writePackedInt64(7, longs);
    const bools = jspb.Message.getRepeatedBooleanField(message, 8);
    if (bools.length > 0) writer.writePackedBool(8, bools);
  }

  static read(message: ArrayProto, reader: JspbReader): ArrayProto {
    while (reader.nextField()) {
      if (reader.isEndGroup()) break;
      readField(message, reader, reader.getFieldNumber());
    }
    return message;
  }
}

function readField(message: ArrayProto, reader: JspbReader, number: number): void {
  switch (number) {
    case 1:
      jspb.Message.setProto3EnumField(message, 1, reader.readEnum());
      return;
    case 2: {
      const shape = new ArrayShape();
      reader.readMessage(shape, ArrayShape.read);
      jspb.Message.setWrapperField(message, 2, shape);
      return;
    }
    case 3:
      return reader.readPackableFloatInto(jspb.Message.getRepeatedFloatingPointField(message, 3));
    case 4:
      return reader.readPackableDoubleInto(jspb.Message.getRepeatedFloatingPointField(message, 4));
    case 5:
      return reader.readPackableInt32Into(jspb.Message.getRepeatedField(message, 5));
    case 6:
      jspb.Message.addToRepeatedField(message, 6, reader.readBytes());
      return;
    case 7:
      return reader.readPackableInt64Into(jspb.Message.getRepeatedField(message, 7));
    case 8:
      return reader.readPackableBoolInto(jspb.Message.getRepeatedBooleanField(message, 8));
    default:
      reader.skipField();
  }
}

/** A request or a response, with the number of its map. */
class Predict extends jspb.Message {
  constructor(data?: unknown[]) {
    super();
    jspb.Message.initialize(this, data, 0, -1, null, null);
  }

  arrays(number: number, noLazyCreate = false): JspbMap<ArrayProto> {
    return jspb.Message.getMapField(this, number, noLazyCreate, ArrayProto);
  }
}

function serialize(message: Predict, number: number): Uint8Array {
  const { BinaryWriter, Message, internal } = jspb, writer = new BinaryWriter();
  const name = Message.getFieldWithDefault(message, 1, "");
  if (name.length > 0) writer.writeString(1, name);
  const arrays = message.arrays(number, true);
  if (arrays && arrays.getLength() > 0) {
    const { writeString, writeMessage } = BinaryWriter.prototype;
    internal.public_for_gencode.serializeMapToBinary(
      arrays,
      number,
      writer,
      writeString,
      writeMessage,
      ArrayProto.write,
    );
  }
  return writer.getResultBuffer();
}

function deserialize(bytes: Uint8Array, number: number): Predict {
  const { BinaryReader, Map } = jspb, { readStringRequireUtf8, readMessage } = BinaryReader.prototype;
  const reader = new BinaryReader(bytes), message = new Predict();
  while (reader.nextField()) {
    if (reader.isEndGroup()) break;
    if (reader.getFieldNumber() !== number) {
      reader.skipField();
      continue;
    }
    reader.readMessage(message.arrays(number), (map, reader) => {
      Map.deserializeBinary(
        map,
        reader,
        readStringRequireUtf8,
        readMessage,
        ArrayProto.read,
        "",
        new ArrayProto(),
      );
    });
  }
  return message;
}

const write: Conversions = { ...fromTexts, ...asNumbers };

function arrayOf({ dtype, shape, field, data }: Source): ArrayProto {
  const array = new ArrayProto(), dims = new ArrayShape();
  jspb.Message.setField(dims, 1, [...shape]);
  jspb.Message.setProto3EnumField(array, 1, dtype);
  jspb.Message.setWrapperField(array, 2, dims);
  jspb.Message.setField(array, numbers[field], convert(write, field, data));
  return array;
}

function encode({ sources, family }: Payload): Uint8Array {
  const message = new Predict(), number = family === "tf" ? 2 : 3, arrays = message.arrays(number);
  if (family === "tf") jspb.Message.setProto3StringField(message, 1, signatureName);
  for (const source of sources) arrays.set(source.name, arrayOf(source));
  return serialize(message, number);
}

/** Calls as its generator writes them, integers of 64 bits as numbers. */
export const googleProtobuf: Peer = {
  name: "google-protobuf 4",
  sortsMaps: true,
  make(payload) {
    const { sources, family } = payload, number = family === "tf" ? 1 : 2;
    const decodeToLists = (bytes: Uint8Array): unknown[] => {
      const arrays = deserialize(bytes, number).arrays(number);
      return sources.map(({ name, field }) =>
        jspb.Message.getRepeatedField(arrays.get(name)!, numbers[field])
      );
    };
    return Promise.resolve({
      encode: () => encode(payload),
      decode(bytes) {
        const lists = decodeToLists(bytes);
        return sources.map(({ field }, i) => convert(fromNumbers, field, lists[i]) as Values); // what conversions give
      },
    });
  },
};
