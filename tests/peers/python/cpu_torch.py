"""Makes PyTorch's usual wheel for Linux run without the three gigabytes of CUDA libraries that it asks for.

The wheel is linked with NVIDIA's libraries, so nothing of it loads without them, though on a machine without a GPU
they are asked one question: whether there is one. This writes small libraries of the same names, in which every
function returns CUDA's error 100, "no device". PyTorch itself is left as it is.

    python cpu_torch.py

Does nothing where the wheel asks for no CUDA library, as on macOS or ARM.
"""

import ctypes
import struct
import sysconfig
from pathlib import Path

# Parts of the wheel that only CUDA needs. The last one is asked for by name, so it is replaced too, and it is the
# one that carries the functions: those of NVIDIA's libraries have versions, and a library that does not state its
# versions may stand in only under another name.
UNUSED = ["libtorch_cuda_linalg.so", "libcaffe2_nvrtc.so", "libtorch_nvshmem.so"]
CARRIER = "libtorch_nvshmem.so"

DYNAMIC, DYNSYM = 6, 11  # Types of sections.
NEEDED, HASH, STRTAB, SYMTAB, STRSZ, SYMENT, SONAME = 1, 4, 5, 6, 10, 11, 14  # Tags in the dynamic section.
PAGE = 4096


class Elf:
    """What a shared library of 64 bits asks for and defines."""

    def __init__(self, path):
        self.data = path.read_bytes()
        (at,) = struct.unpack_from("<Q", self.data, 40)
        size, count = struct.unpack_from("<HH", self.data, 58)
        headers = [struct.unpack_from("<IIQQQQI", self.data, at + i * size) for i in range(count)]
        self.sections = {header[1]: header for header in headers}
        self.offsets = [header[4] for header in headers]

    def entries(self, section, form):
        """The entries of a section, each with a function that finds a text of its own by its place."""
        _, _, _, _, offset, length, link = self.sections[section]
        for at in range(offset, offset + length, struct.calcsize(form)):
            yield struct.unpack_from(form, self.data, at), self.offsets[link]

    def text(self, at):
        return self.data[at : self.data.index(b"\0", at)].decode()

    def needed(self):
        """Names of the libraries that must be there."""
        return [self.text(strings + value) for (tag, value), strings in self.entries(DYNAMIC, "<QQ") if tag == NEEDED]

    def symbols(self):
        """Names of the symbols that must be there, and of those that are defined here."""
        wanted, defined = set(), set()
        for (name, info, _, section, _, _), strings in self.entries(DYNSYM, "<IBBHQQ"):
            if section != 0:
                defined.add(self.text(strings + name))
            elif info >> 4 == 1:  # Global, not weak.
                wanted.add(self.text(strings + name))
        return wanted, defined


def stand_in(soname, functions):
    """Bytes of a shared library in which each of `functions` returns 100."""
    strings = bytearray(b"\0")

    def string(text):
        strings.extend(text.encode() + b"\0")
        return len(strings) - len(text) - 1

    code = 64 + 4 * 56
    symbols = code + 16
    table = bytearray(24)
    for name in functions:
        table += struct.pack("<IBBHQQ", string(name), 0x12, 0, 1, code, 6)  # A global function.
    count = len(table) // 24
    chain = struct.pack(f"<III{count}I", 1, count, count - 1, *[max(i - 1, 0) for i in range(count)])
    hashes = symbols + len(table)
    dynstr = hashes + len(chain)
    name = string(soname)
    dynamic = -(-(dynstr + len(strings)) // PAGE) * PAGE
    tags = [(SONAME, name), (HASH, hashes), (STRTAB, dynstr), (STRSZ, len(strings)), (SYMTAB, symbols), (SYMENT, 24)]
    entries = b"".join(struct.pack("<QQ", *tag) for tag in [*tags, (0, 0)])

    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")  # 64 bits, little-endian.
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 4, 64, 0, 0)  # Shared, x86-64.
    for kind, flags, start, stop in [(1, 5, 0, dynamic), (1, 6, dynamic, dynamic + len(entries))]:
        header += struct.pack("<IIQQQQQQ", kind, flags, start, start, start, stop - start, stop - start, PAGE)
    header += struct.pack("<IIQQQQQQ", 2, 6, dynamic, dynamic, dynamic, len(entries), len(entries), 8)
    header += struct.pack("<IIQQQQQQ", 0x6474E551, 6, 0, 0, 0, 0, 0, 16)  # The stack needs not be executable.
    instructions = b"\xb8\x64\0\0\0\xc3".ljust(16, b"\0")  # mov eax, 100; ret
    return (header + instructions + table + chain + strings).ljust(dynamic, b"\0") + entries


def replace_cuda(folder):
    """Writes the stand-ins into `folder`, torch/lib."""
    for name in UNUSED:
        (folder / name).unlink(missing_ok=True)
    kept = [Elf(path) for path in folder.glob("*.so*")]
    system, absent = [ctypes.pythonapi], []
    for name in {name for elf in kept for name in elf.needed() if not (folder / name).exists()}:
        try:
            system.append(ctypes.CDLL(name))
        except OSError:
            absent.append(name)
    wanted, defined = [set().union(*sets) for sets in zip(*[elf.symbols() for elf in kept])]
    missing = [name for name in sorted(wanted - defined) if not any(hasattr(library, name) for library in system)]
    for name in absent:
        (folder / name).write_bytes(stand_in(name, missing if name == CARRIER else []))


if __name__ == "__main__":
    libraries = Path(sysconfig.get_path("platlib")) / "torch" / "lib"
    if (libraries / CARRIER).exists():
        replace_cuda(libraries)
