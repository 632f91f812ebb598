"""TensorFlow Serving's REST API over models that TensorFlow itself has saved and loaded.

    GET  /v1/models/NAME            the model's state
    GET  /v1/models/NAME/metadata   its signatures
    POST /v1/models/NAME:predict    a request in columns

JSON becomes tensors, and tensors JSON, by the rules of TensorFlow Serving's own json_tensor.cc: which tokens are
numbers of a type, how floats are printed, which types it has no JSON for. Its image can't be had everywhere.
"""

import base64
import json
import math
import sys
import tempfile

import numpy as np

from serve import Refusal, listen, serve
from tf_server import ACTIVATIONS, DIGITS, tf

from google.protobuf.json_format import MessageToDict
from tensorflow.core.protobuf import saved_model_pb2

FOLDER = tempfile.mkdtemp(prefix="tf-serving-")
INTS = {"int32", "int16", "int8", "uint8"}
FLOATS = {"float32": (24, np.float32), "float64": (53, np.float64)}


def failure(message, status=400):
    return Refusal(json.dumps({"error": message}), status)


def type_error(value, dtype):
    return failure(f"JSON Value: {json.dumps(value)} Type: {type(value).__name__} is not of expected type: {dtype.name}")


def element(value, dtype):
    """One value as the element of a tensor, or a refusal."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_int = is_number and isinstance(value, int)
    if dtype.name in FLOATS:
        digits, numpy_type = FLOATS[dtype.name]
        if not is_number:
            raise type_error(value, dtype)
        limit = float(np.finfo(numpy_type).max)
        lossy = abs(value) > 2**digits - 1 if is_int else math.isfinite(value) and abs(value) > limit
        if lossy:
            raise failure(f"Cannot convert JSON value: {value} to {dtype.name} without loss of precision.")
        return value
    if dtype.name in INTS:
        if not is_int or not -(2**31) <= value < 2**31:
            raise type_error(value, dtype)
        return value
    if dtype == tf.int64:
        if not is_int or not -(2**63) <= value < 2**63:
            raise type_error(value, dtype)
        return value
    if dtype == tf.bool:
        if not isinstance(value, bool):
            raise type_error(value, dtype)
        return value
    if dtype == tf.string:
        if isinstance(value, dict) and set(value) == {"b64"}:
            return base64.b64decode(value["b64"], validate=True)
        if not isinstance(value, str):
            raise type_error(value, dtype)
        return value.encode()
    raise failure(f"Conversion of JSON Value: {json.dumps(value)} to type: {dtype.name}", 501)


def shape_of(value):
    return [] if not isinstance(value, list) else [len(value)] + (shape_of(value[0]) if value else [])


def tensor_of(value, dtype):
    shape, elements = shape_of(value), []

    def fill(value, level):
        if not isinstance(value, list):
            if level != len(shape):
                raise failure(f"JSON Value: {value} found at incorrect level: {level + 1} in the JSON DOM.")
            elements.append(element(value, dtype))
            return
        if level >= len(shape) or len(value) != shape[level]:
            raise failure(f"Encountered list at unexpected size: {len(value)} at level: {level}")
        for item in value:
            fill(item, level + 1)

    fill(value, 0)
    return tf.reshape(tf.constant(elements, dtype), shape) if elements else tf.zeros(shape, dtype)


def decimal(value, digits):
    """A float as absl and printf write it: six digits, or as many as it takes to be read as the same number."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    text = f"{value:.6g}"
    if type(value)(text) != value:
        text = f"{value:.{digits}g}"
    return text if "." in text or "e" in text else text + ".0"


def json_value(value, dtype, is_bytes):
    if dtype == tf.float32:
        return decimal(np.float32(value), 9)
    if dtype == tf.float64:
        return decimal(np.float64(value), 17)
    if dtype.name in INTS or dtype == tf.int64:
        return str(int(value))
    if dtype == tf.bool:
        return "true" if value else "false"
    if dtype == tf.string and is_bytes:
        return '{\n"b64": "%s"\n}' % base64.b64encode(value).decode()
    if dtype == tf.string:  # bytes as they are, but for what JSON wants escaped
        return json.dumps(value.decode("latin-1"), ensure_ascii=False)
    raise failure(f"Failed to write JSON value for tensor type: {dtype.name}")


def json_of(name, tensor):
    is_bytes = name.endswith("_bytes")

    def write(array, axis):
        if axis == len(tensor.shape):
            return json_value(array, tensor.dtype, is_bytes)
        return "[\n" + ",\n".join(write(item, axis + 1) for item in array) + "\n]"

    array = tensor.numpy()
    return write(array, 0)


class Served:
    """A model that was saved and loaded again."""

    def __init__(self, name, module, signatures):
        path = f"{FOLDER}/{name}/1"
        tf.saved_model.save(module, path, signatures=signatures)
        self.name, self.loaded = name, tf.saved_model.load(path)
        saved = saved_model_pb2.SavedModel()
        with open(f"{path}/saved_model.pb", "rb") as file:
            saved.ParseFromString(file.read())
        self.definitions = saved.meta_graphs[0].signature_def

    def metadata(self, body):
        options = {"preserving_proto_field_name": True, "including_default_value_fields": True}
        definitions = {name: MessageToDict(one, **options) for name, one in self.definitions.items()}
        specification = {"name": self.name, "signature_name": "", "version": "1"}
        metadata = {"signature_def": {"signature_def": definitions}}
        return json.dumps({"model_spec": specification, "metadata": metadata}).encode(), "application/json"

    def status(self, body):
        version = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        return json.dumps({"model_version_status": [version]}).encode(), "application/json"

    def predict(self, body):
        try:
            request = json.loads(body)  # which knows NaN and Infinity, as TensorFlow Serving does
        except ValueError as error:
            raise failure(f"JSON Parse error: {error}") from error
        name = request.get("signature_name") or "serving_default"
        if name not in self.loaded.signatures:
            raise failure(f'Serving signature key "{name}" not found.')
        function, given = self.loaded.signatures[name], request["inputs"]
        specs = self.definitions[name].inputs
        inputs = {}
        for key, info in specs.items():
            if key not in given:
                raise failure(f"Missing named input: {key} in 'inputs' object.")
            inputs[key] = tensor_of(given[key], tf.dtypes.as_dtype(info.dtype))
        try:
            outputs = function(**inputs)
        except Exception as error:
            raise failure(f"{type(error).__name__}: {error}"[:500]) from error
        written = {key: json_of(key, tensor) for key, tensor in outputs.items()}
        if len(written) == 1:
            (value,) = written.values()
        else:
            value = "{\n" + ",\n".join(f"{json.dumps(key)}: {value}" for key, value in written.items()) + "\n}"
        return ('{\n    "outputs": ' + value + "\n}").encode("latin-1"), "application/json"


def digits():
    description = json.loads((DIGITS / "tensorflow.json").read_text())
    module = tf.Module()
    module.weights = [
        (tf.Variable(layer["weights"]), tf.Variable(layer["bias"]), layer["activation"]) for layer in description["layers"]
    ]

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8], tf.float32, "flatten_input")])
    def run(flatten_input):
        values, outputs = tf.reshape(flatten_input, [-1, 64]), []
        for weights, bias, activation in module.weights:
            values = ACTIVATIONS[activation](tf.matmul(values, weights) + bias)
            outputs.append(values)
        return {one["name"]: outputs[one["layer"]] for one in description["outputs"]}

    return Served("digits", module, {"serving_default": run})


def echo():
    types = {
        "float32": tf.float32,
        "float64": tf.float64,
        "int8": tf.int8,
        "uint8": tf.uint8,
        "int16": tf.int16,
        "int32": tf.int32,
        "int64": tf.int64,
        "bool": tf.bool,
        "string": tf.string,
        "float16": tf.float16,
        "uint16": tf.uint16,
        "complex64": tf.complex64,
    }
    module, signatures = tf.Module(), {}
    for name, dtype in types.items():
        output = "x_bytes" if name == "string" else "x"

        def run(x, output=output):
            return {output: tf.identity(x)}

        function = tf.function(run, input_signature=[tf.TensorSpec(None, dtype, "x")])
        setattr(module, name, function)
        signatures[name] = function
    module.text = tf.function(
        lambda x: {"text": tf.identity(x)}, input_signature=[tf.TensorSpec(None, tf.string, "x")]
    )
    return Served("echo", module, {**signatures, "text": module.text})


def rows():
    """Several inputs and outputs: some with a row for each input, and one without."""
    module = tf.Module()

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 3], tf.float32, "x"),
            tf.TensorSpec([], tf.int64, "times"),
        ]
    )
    def run(x, times):
        return {
            "y": x * tf.cast(times, tf.float32),
            "big": tf.fill([tf.shape(x)[0]], times + 2**53),
            "positive": x > 0,
            "total": tf.reduce_sum(x),
            "name": tf.fill([tf.shape(x)[0]], tf.constant("\u5b57 \"\\")),
        }

    module.run = run
    return Served("rows", module, {"serving_default": run})


MODELS = [digits(), echo(), rows()]
ROUTES = {}
for model in MODELS:
    ROUTES["GET", f"/v1/models/{model.name}"] = model.status
    ROUTES["GET", f"/v1/models/{model.name}/metadata"] = model.metadata
    ROUTES["POST", f"/v1/models/{model.name}:predict"] = model.predict


def selftest():
    """Calls a running server as its documentation does."""
    from urllib.request import urlopen

    from selftest import check

    url = listen(ROUTES)
    state = json.loads(urlopen(f"{url}/v1/models/rows").read())
    check(state["model_version_status"][0]["state"], "AVAILABLE")
    request = {"inputs": {"x": [[1, 2.5, float("inf")]], "times": 2}}
    answer = json.loads(urlopen(f"{url}/v1/models/rows:predict", json.dumps(request).encode()).read())
    check(answer["outputs"]["y"], [[2, 5, float("inf")]])
    check(answer["outputs"]["big"], [2**53 + 2])
    print(f"selftest passed: tensorflow {tf.__version__}")


if __name__ == "__main__":
    selftest() if "--selftest" in sys.argv else serve(ROUTES)
