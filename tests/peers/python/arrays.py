"""NumPy arrays from and to the ArrayProto of Alibaba's own messages, strictly: what is doubtful is refused.

The enum has TensorFlow's own numbers. Values are in the field that spec and clients agree on: integers up to 32 bits
in int_val, float16 and bfloat16 as floats in float_val, complex numbers as real, imaginary, real, … in float_val or
double_val.
"""

import math

import numpy as np
from ml_dtypes import bfloat16

from serve import Refusal

# Number in the enum -> (name, field, dtype of the elements, dtype of the field's values)
DTYPES = {
    1: ("DT_FLOAT", "float_val", np.float32, np.float32),
    2: ("DT_DOUBLE", "double_val", np.float64, np.float64),
    3: ("DT_INT32", "int_val", np.int32, np.int64),
    4: ("DT_UINT8", "int_val", np.uint8, np.int64),
    5: ("DT_INT16", "int_val", np.int16, np.int64),
    6: ("DT_INT8", "int_val", np.int8, np.int64),
    7: ("DT_STRING", "string_val", np.object_, np.object_),
    8: ("DT_COMPLEX64", "float_val", np.complex64, np.float32),
    9: ("DT_INT64", "int64_val", np.int64, np.int64),
    10: ("DT_BOOL", "bool_val", np.bool_, np.bool_),
    11: ("DT_QINT8", "int_val", np.int8, np.int64),
    12: ("DT_QUINT8", "int_val", np.uint8, np.int64),
    13: ("DT_QINT32", "int_val", np.int32, np.int64),
    14: ("DT_BFLOAT16", "float_val", bfloat16, np.float32),
    15: ("DT_QINT16", "int_val", np.int16, np.int64),
    16: ("DT_QUINT16", "int_val", np.uint16, np.int64),
    17: ("DT_UINT16", "int_val", np.uint16, np.int64),
    18: ("DT_COMPLEX128", "double_val", np.complex128, np.float64),
    19: ("DT_HALF", "float_val", np.float16, np.float32),
}
FIELDS = ["float_val", "double_val", "int_val", "string_val", "int64_val", "bool_val"]


def known(number, what):
    if number not in DTYPES:
        raise Refusal(f"{what} has data type {number}, which carries no values")
    return DTYPES[number]


def exactly(values, dtype, what):
    """Values of a narrower type, none of them changed by that; NaN stays NaN."""
    with np.errstate(over="ignore"):
        narrow = values.astype(dtype)
    same = narrow.astype(values.dtype) == values
    if values.dtype.kind == "f":
        same |= np.isnan(values)
    if not same.all():
        raise Refusal(f"{what} has {values[~same][0]}, which is no {np.dtype(dtype).name}")
    return narrow


def from_proto(proto, what):
    """The array in an ArrayProto."""
    name, field, dtype, wide = known(proto.dtype, what)
    if not hasattr(proto, field):
        raise Refusal(f"{what} has data type {name}, but the message has no {field}")
    for other in FIELDS:
        if other != field and hasattr(proto, other) and len(getattr(proto, other)):
            raise Refusal(f"{what} has data type {name}, but values in {other}")
    shape = tuple(proto.array_shape.dim)
    if any(size < 0 for size in shape):
        raise Refusal(f"{what} has shape {shape}")
    values = np.array(list(getattr(proto, field)), wide)
    count = math.prod(shape) * (2 if np.dtype(dtype).kind == "c" else 1)
    if values.size != count:
        raise Refusal(f"{what} has {values.size} values in {field}, its shape {shape} as {name} needs {count}")
    if np.dtype(dtype).kind == "c":
        return values.view(dtype).reshape(shape)
    return (values if dtype is wide else exactly(values, dtype, what)).reshape(shape)


def into_proto(proto, array, number):
    """Fills an ArrayProto with an array, as the enum's data type `number`."""
    _, field, dtype, wide = DTYPES[number]
    assert array.dtype == dtype, (array.dtype, dtype)
    proto.dtype = number
    proto.array_shape.SetInParent()
    proto.array_shape.dim.extend(array.shape)
    values = np.ascontiguousarray(array).reshape(-1)
    if values.dtype.kind == "c":
        values = values.view(wide)
    getattr(proto, field).extend(values.astype(wide).tolist())


def parse(message_class, body):
    """A request; what is no such message is refused."""
    message = message_class()
    try:
        message.ParseFromString(body)
    except Exception as error:  # DecodeError, and struct.error or UnicodeDecodeError in some versions.
        raise Refusal(f"not a {message_class.DESCRIPTOR.full_name}: {error}") from error
    return message
