"""Google's own protobuf library (upb) as the judge of messages, many in one request.

    POST /decode  { cases: [{ file, message, hex }] }    -> { results: [{ value } or { error }] }
    POST /encode  { cases: [{ file, message, value }] }  -> { results: [{ hex } or { error }] }

`file` is a .proto in the folder protos, or in the folder after --proto-path; `message` is the name of a message in
it, with or without the file's package. Values are written as in the protobuf vectors: fields that are not set are
left out; 64-bit integers as decimal strings; NaN, Infinity, -Infinity and -0 as strings; bytes as { $hex }; enums as
numbers; maps as [key, value] pairs in the order of their keys. Encoded, the entries of a map are in an order of upb's
own, so bytes are to be compared only when no map has two entries.
"""

import functools
import json
import math
import sys
import tempfile
from pathlib import Path

# The environment's own protobuf is one that eas_prediction can use, years old. It also has a newer one beside it.
sys.path.insert(0, str(Path(sys.prefix) / "messages"))

from google.protobuf import __version__ as protobuf_version  # noqa: E402
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: E402
from google.protobuf.descriptor import FieldDescriptor as Field  # noqa: E402
from google.protobuf.internal import api_implementation  # noqa: E402
from grpc_tools import protoc  # noqa: E402

from serve import Refusal, answer_json, listen, serve  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
FOLDER = sys.argv[sys.argv.index("--proto-path") + 1] if "--proto-path" in sys.argv else str(ROOT / "protos")


@functools.cache
def pool_of(file):
    """A pool for each file: several of them define the same names."""
    with tempfile.NamedTemporaryFile() as out:
        options = [f"--proto_path={FOLDER}", "--include_imports", f"--descriptor_set_out={out.name}"]
        if protoc.main(["protoc", *options, file]):  # The first argument is the program's own name.
            raise Refusal(f"{file} does not compile")
        files = descriptor_pb2.FileDescriptorSet.FromString(Path(out.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for descriptor in files.file:
        pool.Add(descriptor)
    return pool


@functools.cache
def class_of(file, message):
    pool = pool_of(file)
    package = pool.FindFileByName(file).package
    names = [f"{package}.{message}", message] if package else [message]
    for name in names:
        try:
            return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
        except KeyError:
            continue
    raise Refusal(f"{file} has no message {message}")


def is_map(field):
    return field.type == Field.TYPE_MESSAGE and field.message_type.GetOptions().map_entry


def plain(field, value):
    """One value as the vectors have it."""
    if field.type in (Field.TYPE_MESSAGE, Field.TYPE_GROUP):
        return fields_of(value)
    if field.cpp_type in (Field.CPPTYPE_INT64, Field.CPPTYPE_UINT64):
        return str(value)
    if field.cpp_type in (Field.CPPTYPE_FLOAT, Field.CPPTYPE_DOUBLE):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return "-0" if value == 0 and math.copysign(1, value) < 0 else value
    if field.type == Field.TYPE_BYTES:
        return {"$hex": value.hex()}
    return value


def fields_of(message):
    """A message as the vectors have it."""
    fields = {}
    for field, value in message.ListFields():
        if is_map(field):
            key, item = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
            fields[field.name] = [[plain(key, name), plain(item, value[name])] for name in sorted(value)]
        elif field.is_repeated:
            fields[field.name] = [plain(field, item) for item in value]
        else:
            fields[field.name] = plain(field, value)
    return fields


def scalar(field, value):
    """What `plain` made of a value that is no message, turned back."""
    if field.type == Field.TYPE_BYTES:
        return bytes.fromhex(value["$hex"])
    if field.cpp_type in (Field.CPPTYPE_INT64, Field.CPPTYPE_UINT64):
        return int(value)
    if field.cpp_type in (Field.CPPTYPE_FLOAT, Field.CPPTYPE_DOUBLE):
        return float(value)
    return value


def fill(message, fields):
    """Sets the fields of an empty message."""
    for name, value in fields.items():
        field = message.DESCRIPTOR.fields_by_name.get(name)
        if field is None:
            raise Refusal(f"{message.DESCRIPTOR.full_name} has no field {name}")
        held = getattr(message, name)
        nested = field.message_type is not None
        if is_map(field):
            key, item = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
            for entry_key, entry in value:
                if item.message_type is None:
                    held[scalar(key, entry_key)] = scalar(item, entry)
                else:
                    fill(held[scalar(key, entry_key)], entry)
        elif field.is_repeated and nested:
            for entry in value:
                fill(held.add(), entry)
        elif field.is_repeated:
            held.extend([scalar(field, entry) for entry in value])
        elif nested:
            held.SetInParent()
            fill(held, value)
        else:
            setattr(message, name, scalar(field, value))


def decode(case):
    message = class_of(case["file"], case["message"]).FromString(bytes.fromhex(case["hex"]))
    return {"value": fields_of(message)}


def encode(case):
    message = class_of(case["file"], case["message"])()
    fill(message, case["value"])
    return {"hex": message.SerializeToString(deterministic=True).hex()}


def each(function):
    """Applies a function to every case; an error of one is its result."""

    def attempt(case):
        try:
            return function(case)
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}

    return lambda body: answer_json({"results": [attempt(case) for case in json.loads(body)["cases"]]})


ROUTES = {("POST", "/decode"): each(decode), ("POST", "/encode"): each(encode)}


def selftest():
    """Sends all protobuf vectors through a running server, which must see in them what they say."""
    from urllib.request import urlopen

    def post(path, cases):
        return json.loads(urlopen(url + path, json.dumps({"cases": cases}).encode()).read())["results"]

    url, cases = listen(ROUTES), []
    for path in sorted((ROOT / "tests" / "fixtures" / "vectors" / "eas").glob("pb-*.json")):
        for case in json.loads(path.read_text())["cases"]:
            files = {"torch": "pytorch_predict.proto", "queue": "queue.proto"}
            case["file"] = files.get(case["schema"], f"{case['schema']}_predict.proto")
            if case["kind"] != "either":
                cases.append(case)
    for case, result in zip(cases, post("/decode", cases)):
        same = "error" in result if case["kind"] == "error" else result.get("value") == case["value"]
        assert same, (case, result)
    cases = [case for case in cases if "value" in case]
    encoded = [{**case, **result} for case, result in zip(cases, post("/encode", cases))]
    for case, result, again in zip(cases, encoded, post("/decode", encoded)):
        assert again == {"value": case["value"]}, (case, again)
        assert len(result["hex"]) == len(case.get("canonicalHex", case["hex"])), (case, result)
    print(f"selftest passed: {len(cases)} messages, protobuf {protobuf_version} ({api_implementation.Type()})")


if __name__ == "__main__":
    selftest() if "--selftest" in sys.argv else serve(ROUTES)
