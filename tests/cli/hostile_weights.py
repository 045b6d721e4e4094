"""Files of weights that lie, into a folder, with the exit code and a part of the message that each must get (expected.tsv)."""
import io
import os
import pickle
import struct
import sys
import zipfile
import zlib

os.chdir(sys.argv[1])
expected = open("expected.tsv", "w")


def make(name, data, code, text):
    with open(name, "wb") as f:
        f.write(data)
    expected.write("%s\t%d\t%s\n" % (name, code, text))


# ---- pickles in PyTorch's zip ----

def text(s):
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def number(v):
    return b"\x8a\x08" + struct.pack("<q", v)


def storage(key="0", count=4, kind=b"Float"):
    return b"(" + text("storage") + b"ctorch\n" + kind + b"Storage\n" + text(key) + text("cpu") + number(count) + b"tQ"


def ints(values):
    return b"(" + b"".join(number(v) for v in values) + b"t"


def tensor(size, stride, offset=0, **where):
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage(**where) + number(offset) + ints(size) + ints(stride) +
            b"\x89ccollections\nOrderedDict\n)RtR")


def zipped(members, **how):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **how) as z:
        for k, v in members:
            z.writestr(k, v)
    return out.getvalue()


def pth(body, data=bytes(16), **how):
    return zipped([("a/data.pkl", b"\x80\x02" + body + b"."), ("a/data/0", data), ("a/version", "3\n")], **how)


def one(t):
    return b"}" + text("w") + t + b"s"


class Run:
    def __reduce__(self):
        return os.system, ("touch pwned",)


make("right.pth", pth(one(tensor([4], [1]))), 0, "")
make("system.pth", pth(pickle.dumps({"w": Run()}, 2)[2:-1]), 1, "global 'posix.system'")
make("object.pth", pth(b"c__main__\nX\n)\x81"), 1, "global '__main__.X'")
make("wrapped.pth", pth(b"}" + text("w") + b"c__main__\nX\n" + tensor([4], [1]) + b"\x85Rs"), 1, "tensor 'w' is made by the global '__main__.X'")
make("beside.pth", pth(one(tensor([4], [1])) + text("x") + pickle.dumps(Run(), 2)[2:-1] + b"s"), 0, "")
make("extension.pth", pth(b"\x82\x01"), 1, "opcode EXT1 (0x82)")
make("negative-stride.pth", pth(one(tensor([4], [-1], 3))), 3, "beyond its storage")
make("negative-size.pth", pth(one(tensor([-4], [1]))), 3, "beyond its storage")
make("huge-size.pth", pth(one(tensor([1 << 40, 1 << 40], [0, 0]))), 3, "beyond its storage")
make("huge-storage.pth", pth(one(tensor([4], [1], count=1 << 40))), 3, "too large")
make("beyond-storage.pth", pth(one(tensor([4], [1], 1))), 3, "beyond its storage")
make("beyond-file.pth", pth(one(tensor([8], [1], count=8))), 3, "another size")
make("no-storage.pth", pth(one(tensor([4], [1], key="../../etc/passwd"))), 3, "missing")
make("cycle.pth", pth(b"}q\x00" + text("a") + b"h\x00s" + text("w") + tensor([4], [1]) + b"s"), 3, "hold each other")
make("shared.pth", pth(b"]q\x00(" + tensor([1 << 20], [1], count=1 << 20) + b"q\x01" + b"h\x01" * 20000 + b"e", bytes(4 << 20),
                       compression=zipfile.ZIP_DEFLATED), 3, "far more tensors")
pairs = b"]q\x00(" + text("k") + text("v") + b"\x86q\x01" + b"h\x01" * 400000 + b"e"
make("copies.pth", pth(pairs + b"0ccollections\nOrderedDict\nq\x02" + b"h\x02h\x00\x85R" * 2000 + b"t"), 3, "copied without end")
make("deep.pth", pth(b"}" + text("w") + (b"]" * 5000) + b"a" * 4999 + b"s"), 3, "hold each other")
make("stack.pth", pth(b"N2" + b"2" * (1 << 21)), 3, "stack is too deep")
make("expanded.pth", pth(one(tensor([4], [0], count=1)), bytes(4)), 0, "")
make("expanded-bomb.pth", pth(one(tensor([1 << 30], [0]))), 3, "far more tensors")
make("expanded-beyond.pth", pth(one(tensor([4, 2], [0, 4]))), 3, "beyond its storage")
make("big-endian.pth", zipped([("a/data.pkl", b"\x80\x02}."), ("a/byteorder", "big")]), 1, "big-endian")

# ---- PyTorch's legacy format: pickles one after another, then the storages ----


def legacy(body, keys=("0",), storages=((4, bytes(16)),), magic=0x1950a86a20f9469cfc6c):
    parts = [magic, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}]
    return (b"".join(pickle.dumps(p, 2) for p in parts) + b"\x80\x02" + body + b"." + pickle.dumps(list(keys), 2) +
            b"".join(struct.pack("<q", n) + data for n, data in storages))


def old(**how):
    """A tensor of a storage as the legacy format names it, with a view behind."""
    return one(tensor([4], [1], **how)).replace(b"tQ", b"NtQ")


make("right.th", legacy(old()), 0, "")
complex_numbers = tensor([2], [1], key="1", count=2, kind=b"ComplexFloat").replace(b"tQ", b"NtQ")
complex_beside = b"}" + text("state_dict") + old() + b"s" + text("x") + complex_numbers + b"s"
make("complex.th", legacy(complex_beside, ("0", "1"), ((4, bytes(16)), (2, bytes(16)))), 0, "")
make("complex-cut.th", legacy(complex_beside, ("0", "1"), ((4, bytes(16)), (2, bytes(15)))), 3, "ends too early")
make("complex-wanted.th", legacy(old(kind=b"ComplexFloat"), storages=((4, bytes(32)),)), 1, "tensor 'w' is of torch.ComplexFloatStorage")
make("system.th", legacy(b"cposix\nsystem\n(" + text("touch pwned") + b"tR"), 1, "global 'posix.system'")
make("count.th", legacy(old(), storages=((1 << 60, bytes(16)),)), 3, "ends too early")
make("negative.th", legacy(old(), storages=((-4, bytes(16)),)), 3, "ends too early")
make("claim.th", legacy(old(count=1 << 60), storages=((1 << 60, bytes(16)),)), 3, "storage is too large")
make("mismatch.th", legacy(old(count=8)), 3, "has another size")
make("twice.th", legacy(old(), ("0", "0"), ((4, bytes(16)), (4, bytes(16)))), 3, "appears twice")
make("unused.th", legacy(old(), map(str, range(100000))), 3, "that no tensor uses")
make("cut.th", legacy(old())[:-3], 3, "ends too early")
make("more.th", legacy(old()) + b"more", 3, "something follows")
make("cycle.th", legacy(b"}q\x00" + text("a") + b"h\x00s" + text("w") + tensor([4], [1]).replace(b"tQ", b"NtQ") + b"s"), 3, "hold each other")

# ---- zip archives ----

make("bomb.npz", zipped([("w.npy", bytes(1 << 27))], compression=zipfile.ZIP_DEFLATED), 3, "far more than a file of its size")
make("bomb.pth", pth(one(tensor([4], [1])), bytes(1 << 27), compression=zipfile.ZIP_DEFLATED), 3, "far more than a file of its size")
make("quoted.npz", zipped([("../../w.npy", b"\x93NUMPY")]), 3, "")
npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118)
head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }"


def array(kind, shape, data):
    return npy + (head % (kind, shape)).ljust(117).encode() + b"\n" + data


make("right.npz", zipped([("w.npy", array("<f4", "(4,)", bytes(16)))]), 0, "")
make("objects.npz", zipped([("w.npy", array("|O", "(1,)", pickle.dumps(Run(), 2)))]), 1, "")
make("huge.npz", zipped([("w.npy", array("<f4", "(4611686018427387904, 2)", bytes(16)))]), 3, "")
make("short.npz", zipped([("w.npy", array("<f4", "(400000000000,)", bytes(16)))]), 3, "")
# Two entries of the directory that share the bytes of one member, as overlapping zip bombs have it.
plain = zipped([("v.npy", array("<f4", "(4,)", bytes(16))), ("w.npy", array("<f4", "(4,)", bytes(16)))])
second = plain.rindex(b"PK\x01\x02")
make("overlap.npz", plain[:second + 42] + struct.pack("<I", 0) + plain[second + 46:], 3, "overlap")
broken = bytearray(plain)
broken[plain.index(b"\n", plain.index(b"NUMPY")) + 1] ^= 1  # the first number; the time of day before it may hold a newline
make("checksum.npz", bytes(broken), 3, "")

# ---- safetensors ----


def safetensors(json, data=bytes(16), length=None):
    return struct.pack("<Q", len(json) if length is None else length) + json.encode() + data


entry = '"%s":{"dtype":"F32","shape":[%s],"data_offsets":[%d,%d]}'
make("right.safetensors", safetensors("{" + entry % ("w", "4", 0, 16) + "}"), 0, "")
make("length.safetensors", safetensors("{}", length=1 << 62), 3, "longer than it")
make("huge.safetensors", safetensors("{" + entry % ("w", "4611686018427387904,4", 0, 16) + "}"), 3, "")
make("overlap.safetensors", safetensors("{" + entry % ("v", "4", 0, 16) + "," + entry % ("w", "2", 8, 16) + "}"), 3, "overlap")
make("beyond.safetensors", safetensors("{" + entry % ("w", "8", 0, 32) + "}"), 3, "outside of the data")
make("sign-bit.safetensors", safetensors("{}", length=1 << 63), 3, "longer than it")
make("wrapped-length.safetensors", safetensors("{}", length=(1 << 64) - 8), 3, "longer than it")
make("negative.safetensors", safetensors("{" + entry % ("w", "-2,-2", 0, 16) + "}"), 3, "extent that is not a number")
make("fraction.safetensors", safetensors("{" + entry % ("w", "4.0", 0, 16) + "}"), 3, "extent that is not a number")
make("wrapped-shape.safetensors", safetensors("{" + entry % ("w", "4294967296,1073741825", 0, 16) + "}"), 3, "another size")
make("wide.safetensors", safetensors("{" + entry % ("w", "18446744073709551620", 0, 16) + "}"), 3, "too big integer")
make("backwards.safetensors", safetensors("{" + entry % ("w", "4", 16, 0) + "}"), 3, "outside of the data")
make("before.safetensors", safetensors("{" + entry % ("w", "4", -16, 0) + "}"), 3, "outside of the data")
make("twice.safetensors", safetensors("{" + entry % ("w", "2", 0, 8) + "," + entry % ("w", "2", 8, 16) + "}"), 3, "duplicate")
make("notes-twice.safetensors", safetensors('{"__metadata__":{"net":"a"},"__metadata__":{"net":"b"},' + entry % ("w", "4", 0, 16) + "}"), 3, "duplicate")
make("notes.safetensors", safetensors('{"__metadata__":{"net":3},' + entry % ("w", "4", 0, 16) + "}"), 3, "not a table of text")
make("hole.safetensors", safetensors("{" + entry % ("w", "2", 8, 16) + "}"), 3, "leave holes")
make("more.safetensors", safetensors("{" + entry % ("w", "2", 0, 8) + "}"), 3, "16 bytes of data where its tensors have 8")
make("two.safetensors", safetensors("{" + entry % ("w", "4", 0, 16) + "}{}"), 3, "end of file expected")
make("control.safetensors", safetensors("{" + entry % ("w\\u001b[2J", "4", 0, 16) + "}"), 3, "control characters")
make("zero-byte.safetensors", safetensors("{" + entry % ("w\\u0000x", "4", 0, 16) + "}"), 3, "NUL byte")
make("kind.safetensors", safetensors("{" + (entry % ("w", "4", 0, 16)).replace("F32", "F33") + "}"), 1, "'F33'")
make("dimensions.safetensors", safetensors("{" + entry % ("w", ",".join("1" * 40 + "4"), 0, 16) + "}"), 1, "more than 8 dimensions")
make("nested.safetensors", safetensors('{"w":' + "[" * 100000 + "}"), 3, "")
make("tokens.safetensors", safetensors('{"w":[' + "1," * (12 << 20) + "1]}"), 3, "header")

# ---- HDF5 ----

try:
    import h5py
    import numpy as np
except ImportError:
    sys.exit(0)


def hdf5(name, code, text, fill):
    with h5py.File(name, "w") as f:
        fill(f)
    expected.write("%s\t%d\t%s\n" % (name, code, text))


def sparse(f):
    f.create_dataset("conv1/kernel:0", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024))


def cycle(f):
    f.create_group("a")["b"] = f["/"]


def linked(f):
    f["conv1"] = h5py.ExternalLink("/etc/passwd", "/")


def virtual(f):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "w", (4,))
    f.create_virtual_dataset("w", layout)


def endless(f):
    """Never written, so that the file does not hold its 2^62 bytes."""
    p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    p.set_alloc_time(h5py.h5d.ALLOC_TIME_LATE)
    h5py.h5d.create(f.id, b"w", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((1 << 40, 1 << 20)), p)


def links(f):
    """One array under thousands of names."""
    one = f.create_dataset("w", data=np.zeros(1 << 20, "f4"))
    for n in range(2000):
        f["w%d" % n] = one


def deep(f):
    for _ in range(1500):
        f = f.create_group("g")
    f["w"] = np.zeros(4)


def elsewhere(f):
    p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    p.set_external(b"/etc/passwd", 0, 16)
    h5py.h5d.create(f.id, b"w", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((4,)), p)


hdf5("right.h5", 0, "", lambda f: f.create_dataset("w", data=np.arange(4.0)))
hdf5("sparse.h5", 3, "far larger than its file", sparse)
hdf5("unwritten.h5", 3, "has no data", lambda f: f.create_dataset("w", (4,), "f4", chunks=(2,)))
hdf5("cycle.h5", 3, "in itself", cycle)
hdf5("external-link.h5", 1, "a link to elsewhere", linked)
hdf5("soft-link.h5", 1, "a link to elsewhere", lambda f: f.__setitem__("w", h5py.SoftLink("/x")))
hdf5("virtual.h5", 1, "lies in another file", virtual)
hdf5("external-data.h5", 1, "lies in another file", elsewhere)
hdf5("packed.h5", 1, "is compressed", lambda f: f.create_dataset("w", data=np.zeros(1 << 20), compression="gzip"))
hdf5("endless.h5", 3, "far larger than its file", endless)
hdf5("links.h5", 3, "far larger than its file", links)
hdf5("deep.h5", 3, "lies in too many groups", deep)
hdf5("compound.h5", 1, "holds no numbers", lambda f: f.create_dataset("w", data=np.zeros(4, [("a", "f4"), ("b", "i4")])))
hdf5("reference.h5", 1, "holds no numbers", lambda f: f.create_dataset("w", data=f.ref, dtype=h5py.ref_dtype))
hdf5("empty.h5", 3, "no usable shape", lambda f: f.create_dataset("w", data=h5py.Empty("f4")))
hdf5("dimensions.h5", 3, "no usable shape", lambda f: f.create_dataset("w", data=np.zeros((1,) * 20)))
hdf5("checked.h5", 1, "is compressed", lambda f: f.create_dataset("w", data=np.zeros(4), chunks=(2,), fletcher32=True))
hdf5("text.h5", 1, "holds no numbers", lambda f: f.create_dataset("w", data="hello"))
hdf5("control.h5", 3, "control characters", lambda f: f.create_dataset("w\x1b[2J", data=np.zeros(4)))
whole = open("right.h5", "rb").read()
make("cut.h5", whole[:len(whole) // 2], 3, "cannot be opened")
# Where four bytes of the headers are all ones, lengths and addresses among them: never a crash, at most other numbers.
for at in range(8, len(whole) - 32, 20):
    if whole[at:at + 4] != b"\xff" * 4:
        with open("ones-%d.h5" % at, "wb") as f:
            f.write(whole[:at] + b"\xff" * 4 + whole[at + 4:])
make("signature.h5", whole[:8] + zlib.compress(whole), 3, "cannot be opened")
