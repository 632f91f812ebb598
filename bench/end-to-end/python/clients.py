"""Calls the service from Python: clients.py URL FOLDER PROTOS, where FOLDER has a request of each payload.

It does what lines tell it: `check CLIENT PAYLOAD` calls once and compares the answer, `run CLIENT PAYLOAD CALLS` calls so
often, one after the other, and answers how many milliseconds that took; before that it makes a tenth as many calls that
are not counted. Callers have numpy arrays, and want them.

`eas` is the client of Alibaba's package eas_prediction, `pai` goes the way of the PAI SDK: the same messages, sent by
requests. Neither has a token, so that `eas` signs nothing. The package's own messages work only with a protobuf of years
ago, which is slower; so it gets today's, made from the same .proto.
"""

import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

URL, FOLDER, PROTOS = sys.argv[1:]
# The environment's own protobuf is the old one; the newer lies beside it.
sys.path.insert(0, str(Path(sys.prefix) / "messages"))

import numpy  # noqa: E402
import requests  # noqa: E402


def messages():
    """What protoc would have written of our .proto, as a module."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    from grpc_tools import protoc

    with tempfile.NamedTemporaryFile() as out:
        # The first argument is the program's own name.
        if protoc.main(["protoc", f"--proto_path={PROTOS}", f"--descriptor_set_out={out.name}", "tf_predict.proto"]):
            sys.exit("Cannot call from Python: tf_predict.proto does not compile")
        files = descriptor_pb2.FileDescriptorSet.FromString(Path(out.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(files.file[0])
    module = ModuleType("tf_request_pb2")
    for name in ["PredictRequest", "PredictResponse"]:
        setattr(module, name, message_factory.GetMessageClass(pool.FindMessageTypeByName(name)))
    for value in pool.FindEnumTypeByName("ArrayDataType").values:
        setattr(module, value.name, value.number)
    return module


tf = messages()
# Importing the package imports the messages of all processors, in their old form.
for name in ["blade", "onnx_processor_data", "pytorch_predict", "queue_types.queueservice"]:
    sys.modules[f"eas_prediction.{name}_pb2"] = MagicMock()
sys.modules["eas_prediction.tf_request_pb2"] = tf

from eas_prediction import PredictClient, TFRequest  # noqa: E402


class Payload:
    """Arrays as a program has them before anything is written, and the client of their service."""

    def __init__(self, name):
        written = (Path(FOLDER) / f"{name}.request").read_bytes()
        request = tf.PredictRequest.FromString(written)
        self.url = f"{URL}/api/predict/{name}"
        self.signature = request.signature_name
        self.inputs = {
            key: numpy.asarray(array.float_val, numpy.float32).reshape(array.array_shape.dim)
            for key, array in request.inputs.items()
        }
        self.client = PredictClient(URL, name)
        self.client.init()
        self.session = requests.Session()


def call_eas(payload):
    request = TFRequest(payload.signature)
    for name, array in payload.inputs.items():
        request.add_feed(name, array.shape, TFRequest.DT_FLOAT, array.ravel().tolist())
    response = payload.client.predict(request)
    return {
        name: numpy.asarray(response.get_values(name), numpy.float32).reshape(response.get_tensor_shape(name))
        for name in response.response.outputs
    }


def call_pai(payload):
    request = tf.PredictRequest(signature_name=payload.signature)
    for name, array in payload.inputs.items():
        held = request.inputs[name]
        held.dtype = tf.DT_FLOAT
        held.array_shape.dim.extend(array.shape)
        held.float_val.extend(array.ravel().tolist())
    answer = payload.session.post(payload.url, data=request.SerializeToString(), timeout=60)
    answer.raise_for_status()
    response = tf.PredictResponse.FromString(answer.content)
    return {
        name: numpy.asarray(array.float_val, numpy.float32).reshape(array.array_shape.dim)
        for name, array in response.outputs.items()
    }


CLIENTS = {"eas": call_eas, "pai": call_pai}
PAYLOADS = {}


def check(call, payload):
    """The service answers with the arrays that it was sent."""
    outputs = call(payload)
    same = outputs.keys() == payload.inputs.keys() and all(
        output.shape == payload.inputs[name].shape and output.tobytes() == payload.inputs[name].tobytes()
        for name, output in outputs.items()
    )
    return "same" if same else "other values"


def run(call, payload, calls):
    for _ in range(calls // 10):  # caches hold what another process did
        call(payload)
    start = time.perf_counter()
    for _ in range(calls):
        call(payload)
    return (time.perf_counter() - start) * 1000


print("ready", flush=True)
for line in sys.stdin:
    command, client, name, *calls = line.split()
    payload = PAYLOADS[name] = PAYLOADS.get(name) or Payload(name)
    if command == "check":
        print(check(CLIENTS[client], payload), flush=True)
    else:
        print(run(CLIENTS[client], payload, int(calls[0])), flush=True)
