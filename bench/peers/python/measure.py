"""Times protobuf in Python on payloads, files of one folder: measure.py eas|upb FOLDER PROTOS ID…

`eas` is Alibaba's own package with the protobuf that it asks for; its `add_feed` takes lists. `upb` is Google's current
protobuf, whose messages are filled in the same way. For each line "build ID 12ms" or "parse ID 12ms" it works for about
so long, and answers the nanoseconds of a call.
"""

import sys
import tempfile
import time
from pathlib import Path

KIND, FOLDER, PROTOS, *IDS = sys.argv[1:]
if KIND == "upb":
    # The environment's own protobuf is one that eas_prediction can use, years old. It also has a newer one beside it.
    sys.path.insert(0, str(Path(sys.prefix) / "messages"))

import numpy  # noqa: E402

# Where the elements are, and what a program has them in, by number of the element type.
FIELDS = {
    1: ("float_val", numpy.float32),
    2: ("double_val", numpy.float64),
    4: ("int_val", numpy.uint8),
    9: ("int64_val", numpy.int64),
    10: ("bool_val", numpy.bool_),
}


def upb_request():
    """The class of requests, made of our .proto."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    from grpc_tools import protoc

    with tempfile.NamedTemporaryFile() as out:
        # The first argument is the program's own name.
        if protoc.main(["protoc", f"--proto_path={PROTOS}", f"--descriptor_set_out={out.name}", "tf_predict.proto"]):
            sys.exit("Cannot time upb: tf_predict.proto does not compile")
        files = descriptor_pb2.FileDescriptorSet.FromString(Path(out.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(files.file[0])
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("PredictRequest"))


if KIND == "eas":
    from eas_prediction import TFRequest  # noqa: E402
    from eas_prediction.tf_request_pb2 import PredictRequest  # noqa: E402
else:
    PredictRequest = upb_request()


def build_eas(signature, inputs):
    request = TFRequest(signature)
    for name, dtype, array in inputs:
        request.add_feed(name, array.shape, dtype, array.ravel().tolist())
    return request.request_data


def build_upb(signature, inputs):
    """The steps of `add_feed`."""
    request = PredictRequest(signature_name=signature)
    for name, dtype, array in inputs:
        held = request.inputs[name]
        held.dtype = dtype
        held.array_shape.dim.extend(array.shape)
        getattr(held, FIELDS[dtype][0]).extend(array.ravel().tolist())
    return request


build = {"eas": build_eas, "upb": build_upb}[KIND]


def parse(written):
    request = PredictRequest.FromString(written)
    return request.signature_name, [
        (name, array.dtype, numpy.asarray(getattr(array, field), kind).reshape(array.array_shape.dim))
        for name, array in request.inputs.items()
        for field, kind in [FIELDS[array.dtype]]
    ]


def check(name, written):
    """Takes a message apart, and sees that it comes out the same when it is written and read again."""
    signature, inputs = parse(written)
    again = build(signature, inputs).SerializeToString(deterministic=True)
    assert again == written, f"Cannot time {name}: {KIND} writes other bytes"
    for one, other in zip(sorted(inputs, key=lambda each: each[0]), sorted(parse(again)[1], key=lambda each: each[0])):
        same = one[:2] == other[:2] and numpy.array_equal(one[2], other[2])
        assert same, f"Cannot time {name}: {KIND} reads other values"
    return signature, inputs


class Job:
    def __init__(self, call):
        self.call = call
        self.calls = 1

    def run(self, turn):
        calls, call, start = self.calls, self.call, time.perf_counter_ns()
        for _ in range(calls):
            call()
        took = time.perf_counter_ns() - start
        self.calls = max(1, int(calls * min(turn / took, 10)))
        return took / calls


def jobs_of(name):
    written = (Path(FOLDER) / f"{name}.pb").read_bytes()
    signature, inputs = check(name, written)
    return {
        f"build {name}": Job(lambda: build(signature, inputs).SerializeToString()),
        f"parse {name}": Job(lambda: parse(written)),
    }


JOBS = {key: job for name in IDS for key, job in jobs_of(name).items()}
print("ready", flush=True)
for line in sys.stdin:
    work, name, turn = line.split()
    print(JOBS[f"{work} {name}"].run(float(turn.removesuffix("ms")) * 1e6), flush=True)
