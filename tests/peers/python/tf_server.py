"""TensorFlow's own runtime behind the messages of Alibaba's own client, eas_prediction.

    POST /api/predict/digits   the network of examples/digits, in TensorFlow's operations
    POST /api/predict/echo     every input, as a tensor of its data type, to an output of the same name; and the
                               signature's name, as the request has it, to the string `signature_name`
    GET  either of them        the model's signature

With an output_filter the outputs are those it names. Wrong requests are answered with status 400 and a sentence.
"""

import json
import logging
import sys
from pathlib import Path

import numpy as np

logging.disable(logging.WARNING)  # TensorFlow says twice that there is no TensorBoard.
import tensorflow as tf  # noqa: E402
from eas_prediction import tf_request_pb2 as messages  # noqa: E402

from arrays import DTYPES, from_proto, into_proto, parse  # noqa: E402
from serve import Refusal, answer_bytes, answer_json, listen, serve  # noqa: E402

DIGITS = Path(__file__).resolve().parents[3] / "examples" / "digits"
ACTIVATIONS = {
    "relu": tf.nn.relu,
    "softmax": tf.nn.softmax,
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
    "linear": tf.identity,
}
# Tensors of these are made from, and read as, those of the plain integers with the same bits.
QUANTIZED = {11: tf.int8, 12: tf.uint8, 13: tf.int32, 15: tf.int16, 16: tf.uint16}
ECHO_SIGNATURE = {
    "signature_name": "serving_default",
    "inputs": [{"name": "x", "shape": [-1, 2], "type": "DT_INT64"}],
    "outputs": [
        {"name": "x", "shape": [-1, 2], "type": "DT_INT64"},
        {"name": "signature_name", "shape": [], "type": "DT_STRING"},
    ],
}


class DenseNetwork:
    """What a file in the format dense-network/1 describes."""

    def __init__(self, description):
        self.signature = {name: description[name] for name in ["signature_name", "inputs"]}
        outputs = description["outputs"]
        self.signature["outputs"] = [{name: output[name] for name in ["name", "shape", "type"]} for output in outputs]
        self.outputs = {output["name"]: output["layer"] for output in outputs}
        self.layers = [
            (tf.constant(layer["weights"]), tf.constant(layer["bias"]), ACTIVATIONS[layer["activation"]])
            for layer in description["layers"]
        ]

    def check(self, signature_name, inputs):
        """Refuses what a model server refuses: another signature, name, data type or shape."""
        if signature_name not in ("", self.signature["signature_name"]):
            raise Refusal(f"there is no signature {signature_name!r}")
        for expected in self.signature["inputs"]:
            tensor = inputs.get(expected["name"])
            if tensor is None or len(inputs) != len(self.signature["inputs"]):
                raise Refusal(f"inputs are {list(inputs)}, {expected['name']} is needed")
            shape = tf.TensorShape([None if size == -1 else size for size in expected["shape"]])
            if DTYPES[tensor.dtype.as_datatype_enum][0] != expected["type"]:
                raise Refusal(f"{expected['name']} is {tensor.dtype.name}, {expected['type']} is needed")
            if not shape.is_compatible_with(tensor.shape):
                raise Refusal(f"{expected['name']} has shape {tensor.shape}, {shape} is needed")

    def __call__(self, signature_name, inputs):
        self.check(signature_name, inputs)
        (images,) = inputs.values()
        values, activations = tf.reshape(images, [images.shape[0], -1]), []
        for weights, bias, activation in self.layers:
            values = activation(tf.matmul(values, weights) + bias)
            activations.append(values)
        return {name: activations[layer] for name, layer in self.outputs.items()}


def tensor_of(proto, what):
    array = from_proto(proto, what)
    # The enum has TensorFlow's own numbers.
    dtype = tf.dtypes.as_dtype(proto.dtype)
    if proto.dtype in QUANTIZED:
        return tf.bitcast(tf.constant(array, QUANTIZED[proto.dtype]), dtype)
    return tf.constant(array, dtype)


def fill(proto, tensor):
    number = tensor.dtype.as_datatype_enum
    plain = tf.bitcast(tensor, QUANTIZED[number]) if number in QUANTIZED else tensor
    # A single string comes as bytes, not as an array.
    array = np.array(plain.numpy(), object) if number == 7 else np.asarray(plain.numpy())
    into_proto(proto, array, number)


def answer(request, outputs):
    response = messages.PredictResponse()
    for name in request.output_filter or outputs:
        if name not in outputs:
            raise Refusal(f"there is no output {name!r}, only {list(outputs)}")
        response.outputs[name].Clear()  # A name may be asked for twice.
        fill(response.outputs[name], outputs[name])
    return answer_bytes(response.SerializeToString())


def echo(signature_name, inputs):
    outputs = {name: tf.identity(tensor) for name, tensor in inputs.items()}
    return {**outputs, "signature_name": tf.constant(signature_name.encode())}


network = DenseNetwork(json.loads((DIGITS / "tensorflow.json").read_text()))


def route(model):
    def predict(body):
        request = parse(messages.PredictRequest, body)
        inputs = {name: tensor_of(proto, f"input {name}") for name, proto in request.inputs.items()}
        return answer(request, model(request.signature_name, inputs))

    return predict


ROUTES = {
    ("POST", "/api/predict/digits"): route(network),
    ("GET", "/api/predict/digits"): lambda body: answer_json(network.signature),
    ("POST", "/api/predict/echo"): route(echo),
    ("GET", "/api/predict/echo"): lambda body: answer_json(ECHO_SIGNATURE),
}


def selftest():
    """Calls a running server with requests of eas_prediction's own builder."""
    from urllib.request import urlopen

    from eas_prediction import TFRequest
    from selftest import check, fails, post

    url = listen(ROUTES)
    check(json.loads(urlopen(f"{url}/api/predict/digits").read())["outputs"][0]["name"], "dense_1")
    held_out = json.loads((DIGITS / "held-out.json").read_text())
    pixels = [pixel / 16 for image in held_out["images"] for pixel in image]
    expected = np.array(held_out["tensorflow"]["dense_1"])
    for signature in ["serving_default", ""]:
        request = TFRequest(signature)
        request.add_feed("flatten_input", [len(held_out["images"]), 8, 8], TFRequest.DT_FLOAT, pixels)
        response = post(url, "digits", request)
        check(response.get_tensor_shape("dense_1"), list(expected.shape))
        difference = np.abs(np.array(response.get_values("dense_1")).reshape(expected.shape) - expected)
        assert (difference < 1e-6).all(), difference.max()
    request.add_fetch("other")
    fails(url, "digits", request, "there is no output 'other'")
    request = TFRequest("other")
    request.add_feed("flatten_input", [1, 64], TFRequest.DT_FLOAT, [0] * 64)
    fails(url, "digits", request, "there is no signature 'other'")
    request.set_signature_name("serving_default")
    request.add_feed("flatten_input", [], TFRequest.DT_FLOAT, [])
    fails(url, "digits", request, "has shape (1, 64)")

    values = {
        TFRequest.DT_FLOAT: [1.5, -2],
        TFRequest.DT_DOUBLE: [0.1, 1e300],
        TFRequest.DT_UINT8: [0, 255],
        TFRequest.DT_INT8: [-128, 127],
        TFRequest.DT_INT16: [-32768, 32767],
        TFRequest.DT_UINT16: [0, 65535],
        TFRequest.DT_INT32: [-(2**31), 2**31 - 1],
        TFRequest.DT_INT64: [-(2**63), 2**63 - 1],
        TFRequest.DT_BOOL: [True, False],
        TFRequest.DT_STRING: [b"\xff\0", "\u5b57".encode()],
        TFRequest.DT_QINT8: [-128, 127],
        TFRequest.DT_QUINT8: [0, 255],
        TFRequest.DT_QINT16: [-32768, 32767],
        TFRequest.DT_QUINT16: [0, 65535],
        TFRequest.DT_QINT32: [-(2**31), 2**31 - 1],
    }
    fields = {number: field for number, (_, field, *_) in DTYPES.items()}
    for shape in [[2], [1, 2, 1], [], [0, 3]]:
        request = TFRequest("any name")
        sent = {}
        for dtype, pair in values.items():
            sent[f"x{dtype}"] = dtype, pair[: int(np.prod(shape))]
            request.add_feed(f"x{dtype}", shape, *sent[f"x{dtype}"])
        outputs = post(url, "echo", request).response.outputs
        check(list(outputs["signature_name"].string_val), [b"any name"])
        for name, (dtype, pair) in sent.items():
            check(outputs[name].dtype, dtype)
            check(list(outputs[name].array_shape.dim), shape)
            check(list(getattr(outputs[name], fields[dtype])), pair)
    request.add_fetch("x1")
    check(list(post(url, "echo", request).response.outputs), ["x1"])

    others = {8: [1, 2, 3, 4], 18: [1, 2, 3, 4], 14: [1.5, float("inf")], 19: [65504, 2**-24]}
    request = TFRequest("")
    for number, sent in others.items():
        proto = request.request_data.inputs[str(number)]
        proto.dtype = number
        proto.array_shape.dim.append(2)
        getattr(proto, fields[number]).extend(sent)
    outputs = post(url, "echo", request).response.outputs
    for number, sent in others.items():
        check((outputs[str(number)].dtype, list(getattr(outputs[str(number)], fields[number]))), (number, sent))
    print(f"selftest passed: tensorflow {tf.__version__}")


if __name__ == "__main__":
    selftest() if "--selftest" in sys.argv else serve(ROUTES)
