"""NumPy as the judge of .npy and .npz files.

An array is, in JSON, { dtype, shape, fortran, version, base64 }: dtype as NumPy writes it in a header ("<f4", ">i8",
"|b1", or a list of fields), fortran and version what the header says, base64 the elements in C order,
little-endian whatever the file's order is.

    POST /load      a .npy -> an array
    POST /save      an array, where fortran and version may be absent, and big_endian? -> a .npy
    POST /npz/load  a .npz -> { arrays: { name: array }, compressed: { name: boolean } }
    POST /npz/save  { arrays: { name: array }, compressed? } -> a .npz

Nothing is unpickled: an array of objects is refused.
"""

import base64
import io
import json
import sys
import zipfile

import numpy as np
from numpy.lib import format as npy

from serve import Refusal, answer_bytes, answer_json, listen, serve

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def header(data):
    """The version and the Fortran flag that a .npy states, however NumPy would treat them."""
    stream = io.BytesIO(data)
    version = npy.read_magic(stream)
    # The header of version 3.0 is that of 2.0 in UTF-8, and only names of fields are not ASCII.
    _, fortran, _ = HEADERS.get(version, npy.read_array_header_2_0)(stream)
    return list(version), fortran


def load(data):
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise Refusal("not a .npy file")
    version, fortran = header(data)
    # A list of fields, and else the short form: "<f4".
    dtype = npy.dtype_to_descr(array.dtype)
    elements = array.astype(array.dtype.newbyteorder("<")).tobytes("C")
    return {
        "dtype": dtype,
        "shape": list(array.shape),
        "fortran": fortran,
        "version": version,
        "base64": base64.b64encode(elements).decode(),
    }


def array_of(fields):
    name = fields["dtype"]
    dtype = np.dtype([tuple(field) for field in name] if isinstance(name, list) else name)
    elements = np.frombuffer(base64.b64decode(fields["base64"]), dtype.newbyteorder("<"))
    array = elements.reshape(fields["shape"])
    if fields.get("big_endian"):
        array = array.astype(dtype.newbyteorder(">"))
    # Not ascontiguousarray and the like: they make a scalar a vector.
    return np.array(array, order="F" if fields.get("fortran") else "C")


def save(fields):
    stream = io.BytesIO()
    version = fields.get("version")
    npy.write_array(stream, array_of(fields), tuple(version) if version else None, allow_pickle=False)
    return stream.getvalue()


def load_npz(data):
    arrays, compressed = {}, {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            name = entry.filename.removesuffix(".npy")
            arrays[name] = load(archive.read(entry))
            compressed[name] = entry.compress_type != zipfile.ZIP_STORED
    # NumPy's own reader must find the same names in it.
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        if list(archive.files) != list(arrays):
            raise Refusal(f"NumPy sees {archive.files}, the archive has {list(arrays)}")
    return {"arrays": arrays, "compressed": compressed}


def save_npz(fields):
    stream = io.BytesIO()
    write = np.savez_compressed if fields.get("compressed") else np.savez
    write(stream, **{name: array_of(array) for name, array in fields["arrays"].items()})
    return stream.getvalue()


ROUTES = {
    ("POST", "/load"): lambda body: answer_json(load(body)),
    ("POST", "/save"): lambda body: answer_bytes(save(json.loads(body))),
    ("POST", "/npz/load"): lambda body: answer_json(load_npz(body)),
    ("POST", "/npz/save"): lambda body: answer_bytes(save_npz(json.loads(body))),
}


def selftest():
    """Sends arrays through a running server and back; exits with an error when one comes back changed."""
    from urllib.request import urlopen

    url = listen(ROUTES)
    post = lambda path, body: urlopen(url + path, body).read()  # noqa: E731
    names = "<f4 <f8 <f2 <c8 <c16 |b1 |i1 <i2 <i4 <i8 |u1 <u2 <u4 <u8 <U3 |S2".split()
    for name in names:
        for shape in [[], [0], [3], [2, 3], [2, 0, 4]]:
            for fortran in [False, True]:
                for big_endian in [False, True]:
                    for version in [None, [1, 0], [2, 0], [3, 0]]:
                        values = np.arange(int(np.prod(shape)) + 1).astype(name)[1:].reshape(shape)
                        text = base64.b64encode(values.tobytes()).decode()
                        sent = {"dtype": name, "shape": shape, "base64": text, "fortran": fortran, "version": version}
                        file = post("/save", json.dumps({**sent, "big_endian": big_endian}).encode())
                        loaded = np.load(io.BytesIO(file))
                        assert loaded.shape == tuple(shape) and (loaded == values).all(), (sent, loaded)
                        back = json.loads(post("/load", file))
                        for key in ["shape", "base64"]:
                            assert back[key] == sent[key], (key, sent, back)
                        assert back["version"] == (version or [1, 0]), back
                        order = ">" if big_endian and name[0] == "<" else name[0]
                        assert back["dtype"] == order + name[1:], (sent, back)
    arrays = {"a": sent, "b/c": sent}
    for compressed in [False, True]:
        file = post("/npz/save", json.dumps({"arrays": arrays, "compressed": compressed}).encode())
        back = json.loads(post("/npz/load", file))
        assert list(back["arrays"]) == ["a", "b/c"] and set(back["compressed"].values()) == {compressed}, back
    print(f"selftest passed: numpy {np.__version__}, {len(names)} dtypes")


if __name__ == "__main__":
    selftest() if "--selftest" in sys.argv else serve(ROUTES)
