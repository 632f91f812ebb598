"""PyTorch behind the messages of Alibaba's own client, eas_prediction.

    POST /api/predict/digits   the network of examples/digits, built from torch's layers: logits, features
    POST /api/predict/sum      two inputs a, b of any numbers -> a + b, a * b
    POST /api/predict/echo     inputs -> outputs and map_inputs -> map_outputs, through tensors of their data type

With an output_filter the outputs are the ones it names, in its order. Wrong requests are answered with status 400
and a sentence.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from eas_prediction import pytorch_predict_pb2 as messages
from ml_dtypes import bfloat16

from arrays import from_proto, into_proto, parse
from serve import Refusal, answer_bytes, listen, serve

DIGITS = Path(__file__).resolve().parents[3] / "examples" / "digits"
NUMBERS = {
    torch.float32: 1,
    torch.float64: 2,
    torch.int32: 3,
    torch.uint8: 4,
    torch.int16: 5,
    torch.int8: 6,
    torch.complex64: 8,
    torch.int64: 9,
    torch.bfloat16: 14,
    torch.uint16: 17,
    torch.complex128: 18,
    torch.float16: 19,
}
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda values: values}


class DenseNetwork(torch.nn.Module):
    """What a file in the format dense-network/1 describes; returns its outputs in their order."""

    def __init__(self, description):
        super().__init__()
        self.outputs = [output["layer"] for output in description["outputs"]]
        self.activations = [ACTIVATIONS[layer["activation"]] for layer in description["layers"]]
        self.layers = torch.nn.ModuleList(self.linear(layer) for layer in description["layers"])

    @staticmethod
    def linear(layer):
        linear = torch.nn.Linear(len(layer["weights"]), layer["units"])
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(layer["weights"]).T)
            linear.bias.copy_(torch.tensor(layer["bias"]))
        return linear

    def forward(self, images):
        values, activations = torch.flatten(images, 1), []
        for layer, activation in zip(self.layers, self.activations):
            values = activation(layer(values))
            activations.append(values)
        return [activations[index] for index in self.outputs]


def tensor_of(proto, what):
    array = from_proto(proto, what)
    if array.dtype == object or array.dtype == bool or proto.dtype in (11, 12, 13, 15, 16):
        raise Refusal(f"{what} has data type {proto.dtype}, which the messages of PyTorch do not carry")
    if array.dtype == bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def fill(proto, tensor):
    array = tensor.contiguous()
    array = array.view(torch.int16).numpy().view(bfloat16) if tensor.dtype == torch.bfloat16 else array.numpy()
    into_proto(proto, array, NUMBERS[tensor.dtype])


def inputs_of(request):
    return [tensor_of(proto, f"input {i}") for i, proto in enumerate(request.inputs)]


def exactly(count, request):
    """The inputs of a model that takes so many, by position."""
    if len(request.inputs) != count or request.map_inputs:
        raise Refusal(f"{count} inputs are needed, got {len(request.inputs)} and {len(request.map_inputs)} by name")
    return inputs_of(request)


def answer(request, outputs, by_name={}):
    response = messages.PredictResponse()
    for index in request.output_filter or range(len(outputs)):
        if not 0 <= index < len(outputs):
            raise Refusal(f"there is no output {index}, only {len(outputs)}")
        fill(response.outputs.add(), outputs[index])
    for name, tensor in by_name.items():
        fill(response.map_outputs[name], tensor)
    return answer_bytes(response.SerializeToString())


network = DenseNetwork(json.loads((DIGITS / "pytorch.json").read_text())).eval()


def digits(request):
    (images,) = exactly(1, request)
    if images.dtype != torch.float32:
        raise Refusal(f"input 0 is {images.dtype}, torch.float32 is needed")
    return answer(request, network(images))


def add_and_multiply(request):
    a, b = exactly(2, request)
    return answer(request, [a + b, a * b])


def echo(request):
    by_name = {name: tensor_of(proto, f"input {name}") for name, proto in request.map_inputs.items()}
    return answer(request, inputs_of(request), by_name)


def route(model):
    def predict(body):
        with torch.no_grad():
            return model(parse(messages.PredictRequest, body))

    return predict


ROUTES = {
    ("POST", "/api/predict/digits"): route(digits),
    ("POST", "/api/predict/sum"): route(add_and_multiply),
    ("POST", "/api/predict/echo"): route(echo),
}


def selftest():
    """Calls a running server with requests of eas_prediction's own builder."""
    from eas_prediction import TorchRequest
    from selftest import check, fails, post

    url = listen(ROUTES)
    held_out = json.loads((DIGITS / "held-out.json").read_text())
    pixels = [pixel / 16 for image in held_out["images"] for pixel in image]
    request = TorchRequest()
    request.add_feed(0, [len(held_out["images"]), 8, 8], TorchRequest.DT_FLOAT, pixels)
    response = post(url, "digits", request)
    for index, name in enumerate(["0", "1"]):
        expected = np.array(held_out["pytorch"][name])
        check(response.get_tensor_shape(index), list(expected.shape))
        difference = np.abs(np.array(response.get_values(index)).reshape(expected.shape) - expected)
        assert (difference < 1e-6 * np.maximum(1, np.abs(expected))).all(), difference.max()
    request.add_fetch(1)
    check(list(post(url, "digits", request).response.outputs[0].array_shape.dim), [80, 16])

    values = {
        TorchRequest.DT_FLOAT: [1.5, -2],
        TorchRequest.DT_DOUBLE: [0.1, 1e300],
        TorchRequest.DT_UINT8: [0, 255],
        TorchRequest.DT_INT8: [-128, 127],
        TorchRequest.DT_INT16: [-32768, 32767],
        TorchRequest.DT_INT32: [-(2**31), 2**31 - 1],
        TorchRequest.DT_INT64: [-(2**63), 2**63 - 1],
    }
    for shape in [[2], [1, 2, 1], []]:
        request = TorchRequest()
        for index, (dtype, pair) in enumerate(values.items()):
            request.add_feed(index, shape, dtype, pair if shape else pair[:1])
            request.add_feed_map(f"name {index}", shape, dtype, pair if shape else pair[:1])
        response = post(url, "echo", request)
        for index, (dtype, pair) in enumerate(values.items()):
            check(list(response.get_values(index)), pair if shape else pair[:1])
            check(list(response.get_values_map(f"name {index}")), pair if shape else pair[:1])
            check(response.get_tensor_shape(index), shape)
            check(response.response.outputs[index].dtype, dtype)
    request.add_fetch(6)
    request.add_fetch(0)
    check([output.dtype for output in post(url, "echo", request).response.outputs], [9, 1])
    request.add_fetch(7)
    fails(url, "echo", request, "there is no output 7")

    request = TorchRequest()
    request.add_feed(0, [2], TorchRequest.DT_INT8, [100, 3])
    request.add_feed(1, [2], TorchRequest.DT_INT8, [100, -4])
    response = post(url, "sum", request)
    check([list(response.get_values(index)) for index in (0, 1)], [[-56, -1], [16, -12]])
    request.add_feed(3, [1], TorchRequest.DT_FLOAT, [1])
    fails(url, "sum", request, "2 inputs are needed, got 4")
    fails(url, "echo", request, "input 2 has data type 0, which carries no values")

    # What the client's builder has no words for, but its messages have.
    for number, field, sent in [
        (8, "float_val", [1, 2]),
        (14, "float_val", [1.5]),
        (17, "int_val", [65535]),
        (18, "double_val", [1, 2]),
        (19, "float_val", [65504]),
    ]:
        request = TorchRequest()
        getattr(request.request_data.inputs.add(dtype=number), field).extend(sent)
        output = post(url, "echo", request).response.outputs[0]
        check((output.dtype, list(getattr(output, field))), (number, sent))
    for number, field, sent, text in [
        (6, "int_val", [128], "128, which is no int8"),
        (19, "float_val", [0.1], "which is no float16"),
        (1, "double_val", [1], "values in double_val"),
        (1, "float_val", [1, 2], "2 values in float_val"),
        (10, "int_val", [1], "no bool_val"),
        (20, "int_val", [1], "carries no values"),
    ]:
        request = TorchRequest()
        getattr(request.request_data.inputs.add(dtype=number), field).extend(sent)
        fails(url, "echo", request, text)
    print(f"selftest passed: torch {torch.__version__}")


if __name__ == "__main__":
    selftest() if "--selftest" in sys.argv else serve(ROUTES)
