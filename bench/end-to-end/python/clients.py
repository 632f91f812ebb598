"""Calls the service from Python: clients.py URL FOLDER PROTOS, where FOLDER has a request of each payload.

It does what turns.py says. Callers have numpy arrays, and want them; or what JSON is written of. `eas` is the client of Alibaba's package eas_prediction, `pai` goes the way of the PAI SDK: the same messages, sent by
requests. Neither has a token, so that `eas` signs nothing. The package's own messages work only with a protobuf of years
ago, which is slower; so it gets today's, made from the same .proto.
"""

import json
import sys
import tempfile
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

from eas_prediction import PredictClient, StringRequest, TFRequest  # noqa: E402
from turns import serve  # noqa: E402


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


def is_right(outputs, payload):
    """The service answers with the arrays that it was sent."""
    return outputs.keys() == payload.inputs.keys() and all(
        output.shape == payload.inputs[name].shape and output.tobytes() == payload.inputs[name].tobytes()
        for name, output in outputs.items()
    )


class Text:
    """JSON, or a request whose answer is a stream of events: its body, as the client reads it whole."""

    def __init__(self, name):
        self.is_json = name == "json"
        self.client = PredictClient(URL, name)
        self.client.init()
        if self.is_json:
            self.value = json.loads((Path(FOLDER) / "json.request").read_text())
            self.right = json.loads((Path(FOLDER) / "json.json").read_text())
        else:
            self.value, self.right = {}, int(name.split("-")[1])

    def call(self):
        answer = self.client.predict(StringRequest(json.dumps(self.value))).response_data
        return json.loads(answer) if self.is_json else answer

    def is_right(self, answer):
        return answer == self.right if self.is_json else answer.count(b"\n\n") == self.right + 1


def make(client, name):
    if name == "json" or name.startswith("events"):
        text = Text(name)
        return text.call, text.is_right
    payload = Payload(name)
    return (lambda: CLIENTS[client](payload)), (lambda outputs: is_right(outputs, payload))


serve(make)
