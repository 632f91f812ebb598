/**
 * The Python program that serves a TorchScript model as PAI's PyTorch processor does, with nothing but PyTorch and
 * Python's own library, so that any image with PyTorch can run it. It reads and writes the messages of
 * `pytorch_predict.proto` by itself: varints, lengths, and packed or single elements.
 */
export const torchServer: string = String.raw`
"""Serves a TorchScript model as the PyTorch processor of PAI-EAS does: POST predicts, with protocol buffers."""

import array
import ctypes
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import torch

# Number of an element type: torch's type, the field of its elements and their code in Python's array.
TYPES = {
    1: (torch.float32, 3, "f"),
    2: (torch.float64, 4, "d"),
    3: (torch.int32, 5, "i"),
    4: (torch.uint8, 5, "B"),
    5: (torch.int16, 5, "h"),
    6: (torch.int8, 5, "b"),
    9: (torch.int64, 7, "q"),
}
NUMBERS = {dtype: number for number, (dtype, _, _) in TYPES.items()}
HALVES = {torch.bfloat16: 14, torch.float16: 19}  # which are sent as floats
ENDINGS = (".pt", ".pth", ".jit", ".torchscript")


class BadRequest(Exception):
    pass


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift > 63:
            raise BadRequest("a varint is too long")


def fields(data):
    """Number, wire type and value of each field: an integer, or bytes."""
    at, end = 0, len(data)
    while at < end:
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise BadRequest("a field has the number 0")
        if wire == 0:
            value, at = varint(data, at)
        else:
            if wire == 2:
                size, at = varint(data, at)
            elif wire in (1, 5):
                size = 8 if wire == 1 else 4
            else:
                raise BadRequest("wire type %d" % wire)
            value, at = data[at : at + size], at + size
            if at > end:
                raise BadRequest("it ends in the middle of a field")
        yield number, wire, value


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def integers(wire, value):
    """Elements of a repeated integer, packed or not."""
    if wire == 0:
        return [signed(value)]
    if wire != 2:
        return []
    if len(value) and max(value) < 128:  # small ones, as of an image, are a byte each
        return list(value)
    found, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        found.append(signed(number))
    return found


def read_array(data, what):
    """A tensor; None for an argument that is left out."""
    if len(data) == 0:
        return None
    number, shape, floats, whole = 0, [], bytearray(), []
    for field, wire, value in fields(data):
        if field == 1 and wire == 0:
            number = value
        elif field == 2 and wire == 2:
            shape += [size for name, kind, part in fields(value) if name == 1 for size in integers(kind, part)]
        elif (field, wire) in ((3, 2), (3, 5), (4, 2), (4, 1)):
            floats += value
        elif field in (5, 7):
            whole += integers(wire, value)
    if number not in TYPES:
        raise BadRequest("%s has the element type %d, which PyTorch processors do not take" % (what, number))
    dtype, field, form = TYPES[number]
    elements = array.array(form, b"")
    try:
        elements.frombytes(bytes(floats)) if field in (3, 4) else elements.extend(narrow(whole, number))
    except (OverflowError, ValueError) as error:
        raise BadRequest("%s: %s" % (what, error))
    count = 1
    for size in shape:
        count *= size
    if count != len(elements) or any(size < 0 for size in shape):
        raise BadRequest("%s has %d elements, which don't fill its shape %s" % (what, len(elements), shape))
    if not elements:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(elements, dtype=dtype).reshape(shape).to(DEVICE)


def narrow(values, number):
    """The low 32 bits of what is written as int32, as every reader takes them."""
    return values if number == 9 else [((value + (1 << 31)) & 0xFFFFFFFF) - (1 << 31) for value in values]


def write_varint(out, value):
    value &= 0xFFFFFFFFFFFFFFFF
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def write_bytes(out, field, data):
    write_varint(out, field << 3 | 2)
    write_varint(out, len(data))
    out += data


def write_array(tensor, what):
    if not isinstance(tensor, torch.Tensor):
        raise BadRequest("%s is a %s, not a tensor" % (what, type(tensor).__name__))
    if tensor.dtype in HALVES:
        number, tensor = HALVES[tensor.dtype], tensor.float()
    elif tensor.dtype in NUMBERS:
        number = NUMBERS[tensor.dtype]
    else:
        raise BadRequest("%s is %s, which PyTorch processors do not give" % (what, tensor.dtype))
    field = TYPES[NUMBERS[tensor.dtype]][1]
    out, dims, shape, packed = bytearray(), bytearray(), bytearray(), bytearray()
    for size in tensor.shape:
        write_varint(dims, size)
    write_varint(out, 1 << 3)
    write_varint(out, number)
    if dims:
        write_bytes(shape, 1, dims)
    write_bytes(out, 2, shape)
    values = tensor.detach().cpu().contiguous()
    if field in (3, 4) and values.numel():
        packed += ctypes.string_at(values.data_ptr(), values.numel() * values.element_size())
    elif values.numel():
        for value in values.reshape(-1).tolist():
            write_varint(packed, value)
    if packed:
        write_bytes(out, field, packed)
    return bytes(out)


def entry(data):
    key, value = "", b""
    for field, wire, part in fields(data):
        if field == 1 and wire == 2:
            key = bytes(part).decode("utf-8")
        elif field == 2 and wire == 2:
            value = bytes(value) + bytes(part)  # two of them are merged
    return key, value


def parse(body):
    """Inputs by position, inputs by name, and positions of the outputs that are wanted."""
    inputs, named, wanted = [], {}, []
    try:
        for field, wire, value in fields(body):
            if field == 1 and wire == 2:
                inputs.append(read_array(value, "input %d" % len(inputs)))
            elif field == 2:
                wanted += integers(wire, value)
            elif field == 3 and wire == 2:
                name, item = entry(value)
                named[name] = read_array(item, 'input "%s"' % name)
    except (IndexError, UnicodeDecodeError):
        raise BadRequest("it ends in the middle of a field, or has a name that is no text")
    if inputs and named:
        raise BadRequest("it has inputs both by position and by name")
    return inputs, named, wanted


def predict(body):
    inputs, named, wanted = parse(body)
    with torch.no_grad():
        results = MODEL(named) if named else MODEL(*inputs)
    out = bytearray()
    if isinstance(results, dict):
        if wanted:
            raise BadRequest("the model gives outputs by name, the filter has positions")
        for name, tensor in results.items():
            item = bytearray()
            write_bytes(item, 1, str(name).encode())
            write_bytes(item, 2, write_array(tensor, 'output "%s"' % name))
            write_bytes(out, 2, item)
        return bytes(out)
    results = list(results) if isinstance(results, (list, tuple)) else [results]
    for position in wanted or range(len(results)):
        if not 0 <= position < len(results):
            raise BadRequest("the model has no output %d; it has %d" % (position, len(results)))
        write_bytes(out, 1, write_array(results[position], "output %d" % position))
    return bytes(out)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            body = b""
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    break
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.answer(200, predict(memoryview(body)), "application/octet-stream")
        except BadRequest as error:
            self.answer(400, ("bad request: %s" % error).encode())
        except Exception as error:  # a model may raise anything
            self.answer(400, ("the model failed: %s" % error).encode())

    def do_GET(self):
        self.answer(405, b"method not allowed")

    do_HEAD = do_GET

    def answer(self, status, body, kind="text/plain; charset=utf-8"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def find_model(folder):
    if os.path.isfile(folder):
        return folder
    found = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in sorted(names)]
    models = [path for path in found if path.endswith(ENDINGS)]
    if len(models) == 1:
        return models[0]
    sys.exit("there are %d files in %s that end in %s where one is needed" % (len(models), folder, ", ".join(ENDINGS)))


DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

if __name__ == "__main__":
    path = find_model(sys.argv[1])
    MODEL = torch.jit.load(path, map_location=DEVICE).eval()
    host, port = os.environ.get("LISTENING_HOST", "0.0.0.0"), int(os.environ.get("LISTENING_PORT", "8000"))
    server = ThreadingHTTPServer((host, port), Handler)
    print("serving %s on port %d, with PyTorch %s" % (path, server.server_port, torch.__version__), flush=True)
    server.serve_forever()
`;
