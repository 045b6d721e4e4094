"""The tensor stream of mms(5), written independently of the project: a reader and a writer in plain Python.

Used to check that the project's streams are what the specification says, and to hand them to PyTorch.

    for segment in read_stream(file):          # raises Damaged on anything the specification forbids
        segment.head                            # lines of the HEAD block
        segment.records                         # [Record(key, tensors={name: ndarray}, attrs={...})]

    python3 mms.py FILE                         # list a stream; exit 3 if it is damaged
    python3 mms.py --vectors DIR                # write conformance vectors with their expected outcome
"""
import collections
import struct
import sys
import zlib

import numpy as np

MAGIC = b"\x89MMS\r\n\x1a\n"
PREFIX = struct.Struct("<8s4sHHQQQII12sI")
DTYPES = {"u8": "u1", "i8": "i1", "u16": "<u2", "i16": "<i2", "u32": "<u4", "i32": "<i4", "i64": "<i8",
          "f16": "<f2", "bf16": "<u2", "f32": "<f4", "f64": "<f8"}
Record = collections.namedtuple("Record", "key tensors attrs lines")
Segment = collections.namedtuple("Segment", "head records")


class Damaged(Exception):
    """The bytes are not a whole, intact tensor stream."""


def _round64(n):
    return (n + 63) & ~63


def _escape(s):
    return s.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _unescape(s):
    out, it = [], iter(s)
    for c in it:
        if c == "\\":
            c = {"t": "\t", "n": "\n", "\\": "\\"}.get(next(it, ""))
            if c is None:
                raise Damaged("bad escape")
        out.append(c)
    return "".join(out)


def _lines(meta):
    try:
        text = meta.decode("utf-8")
    except UnicodeDecodeError:
        raise Damaged("meta is not UTF-8")
    if text and not text.endswith("\n"):
        raise Damaged("last meta line is not ended")
    return text.split("\n")[:-1]


def _exactly(f, n, at_boundary=False):
    data = f.read(n)
    if at_boundary and not data:
        return None
    if len(data) != n:
        raise Damaged("ends inside a block")
    return data


def read_block(f):
    """One block as (type, meta lines, data), or None at the end of the file."""
    raw = _exactly(f, 64, at_boundary=True)
    if raw is None:
        return None
    magic, kind, major, _minor, meta_len, data_len, seq, meta_crc, data_crc, zero, crc = PREFIX.unpack(raw)
    if magic != MAGIC:
        raise Damaged("bad magic")
    if crc != zlib.crc32(raw[:60]):
        raise Damaged("prefix checksum")
    if major != 1 or zero != bytes(12) or meta_len > 1 << 20 or data_len % 64:
        raise Damaged("bad prefix")
    padded = _exactly(f, _round64(meta_len))
    meta, pad = padded[:meta_len], padded[meta_len:]
    data = _exactly(f, data_len)
    if zlib.crc32(meta) != meta_crc or any(pad):
        raise Damaged("meta checksum or padding")
    if zlib.crc32(data) != data_crc:
        raise Damaged("data checksum")
    return kind.decode("latin-1"), seq, _lines(meta), data


def _record(lines, data):
    key, tensors, attrs, offset = None, collections.OrderedDict(), collections.OrderedDict(), 0
    for line in lines:
        field = line.split("\t")
        if len(field) != {"key": 2, "T": 4, "A": 3}.get(field[0], len(field)):
            raise Damaged("malformed '%s' line" % field[0])
        if field[0] == "key":
            if key is not None or not field[1]:
                raise Damaged("two keys, or an empty one")
            key = _unescape(field[1])
        elif field[0] == "T":
            name, dtype, shape = field[1:4]
            if name in tensors or dtype not in DTYPES or not all(d.isdigit() for d in shape.split(",") if shape):
                raise Damaged("tensor '%s' twice, or of unknown type or shape" % name)
            shape = tuple(int(d) for d in shape.split(",")) if shape else ()
            count = int(np.prod(shape, dtype=object))
            size = count * np.dtype(DTYPES[dtype]).itemsize
            if offset + _round64(size) > len(data):
                raise Damaged("tensor '%s' exceeds its record" % name)
            if any(data[offset + size:offset + _round64(size)]):
                raise Damaged("gap after tensor '%s' is not zero" % name)
            tensors[name] = np.frombuffer(data, DTYPES[dtype], count, offset).reshape(shape)
            offset += _round64(size)
        elif field[0] == "A":
            name = _unescape(field[1])
            if name in attrs:
                raise Damaged("attribute '%s' twice" % name)
            attrs[name] = _unescape(field[2])
    if key is None:
        raise Damaged("record without a key")
    if offset != len(data):
        raise Damaged("record has data that no tensor claims")
    return Record(key, tensors, attrs, lines)


def read_stream(f):
    """Yield the segments of a binary file object; each record's arrays are read-only views."""
    seen, epoch = False, 0
    while True:
        block = read_block(f)
        if block is None:
            if not seen:
                raise Damaged("empty input")
            return
        seen = True
        kind, seq, head, data = block
        if kind != "HEAD" or seq != 0 or data:
            raise Damaged("a segment must start with HEAD")
        named = [int(line.split("N:")[1].split("\t")[0]) for line in head if line.startswith("@EP\t")]
        if named and named[0] <= epoch:
            raise Damaged("epoch %d after epoch %d" % (named[0], epoch))
        epoch = named[0] if named else epoch or 1
        records, keys, expected, nbytes = [], set(), 1, 0
        while True:
            block = read_block(f)
            if block is None:
                raise Damaged("ends inside a segment: the filter before failed")
            kind, seq, lines, data = block
            if seq != expected:
                raise Damaged("block %d where %d was due" % (seq, expected))
            expected += 1
            if kind == "RECD":
                record = _record(lines, data)
                if record.key in keys:
                    raise Damaged("key '%s' twice in a segment" % record.key)
                keys.add(record.key)
                records.append(record)
                nbytes += len(data)
            elif kind == "DONE":
                counts = dict(line.split("\t", 1) for line in lines if "\t" in line)
                if counts.get("records") != str(len(records)) or counts.get("bytes") != str(nbytes):
                    raise Damaged("DONE disagrees with what came before it")
                break
            elif not kind[0].islower():
                raise Damaged("unknown block '%s'" % kind)
        yield Segment(head, records)


def block(kind, seq, lines=(), data=b""):
    meta = "".join(line + "\n" for line in lines).encode()
    head = struct.pack("<8s4sHHQQQII12s", MAGIC, kind.encode(), 1, 0, len(meta), len(data), seq,
                       zlib.crc32(meta), zlib.crc32(data), bytes(12))
    return head + struct.pack("<I", zlib.crc32(head)) + meta + bytes(_round64(len(meta)) - len(meta)) + data


def record_block(seq, key, tensors, attrs):
    names = {np.dtype(v): k for k, v in DTYPES.items() if k != "bf16"}
    lines, data = ["key\t" + _escape(key)], b""
    for name, array in tensors.items():
        array = np.asarray(array)
        lines.append("T\t%s\t%s\t%s" % (name, names[array.dtype], ",".join(map(str, array.shape))))  # a scalar has an empty shape
        raw = array.tobytes()
        data += raw + bytes(_round64(len(raw)) - len(raw))
    lines += ["A\t%s\t%s" % (_escape(k), _escape(v)) for k, v in attrs.items()]
    return block("RECD", seq, lines, data), len(data)


def write_segment(f, records, head=("@MM\tVN:1.0",)):
    """Write (key, tensors, attrs) triples as one segment."""
    f.write(block("HEAD", 0, head))
    total = 0
    seq = 0
    for seq, (key, tensors, attrs) in enumerate(records, 1):
        raw, size = record_block(seq, key, tensors, attrs)
        f.write(raw)
        total += size
    f.write(block("DONE", seq + 1, ["records\t%d" % seq, "bytes\t%d" % total]))


def vectors(folder):
    """Small valid streams, and damaged ones; expected.tsv says what a reader must answer (0 or 3)."""
    import io
    import os
    os.makedirs(folder, exist_ok=True)
    rng = np.random.RandomState(1)
    recs = [("rec%d" % i, {"image": rng.randint(0, 65536, (5, 7)).astype("<u2"), "mask": rng.randint(0, 2, (1, 5, 7)).astype("u1")},
             {"label": str(i), "note": "tab\there, line\nthere, back\\slash"}) for i in range(3)]

    def segment(records=recs, head=("@MM\tVN:1.0",)):
        out = io.BytesIO()
        write_segment(out, records, head)
        return out.getvalue()

    def seg1(*metas):
        blocks = [block("RECD", i, m) for i, m in enumerate(metas, 1)]
        return block("HEAD", 0, ["@MM\tVN:1.0"]) + b"".join(blocks) + block("DONE", len(metas) + 1, ["records\t%d" % len(metas), "bytes\t0"])

    def seg1raw(meta):
        raw = struct.pack("<8s4sHHQQQII12s", MAGIC, b"RECD", 1, 0, len(meta), 0, 1, zlib.crc32(meta), zlib.crc32(b""), bytes(12))
        raw += struct.pack("<I", zlib.crc32(raw)) + meta + bytes(_round64(len(meta)) - len(meta))
        return block("HEAD", 0, ["@MM\tVN:1.0"]) + raw + block("DONE", 2, ["records\t1", "bytes\t0"])

    def epochs(*numbers):
        return b"".join(segment(head=["@MM\tVN:1.0"] + ["@EP\tN:%d" % n] * (n > 0)) for n in numbers)

    good = segment()
    skip = io.BytesIO()
    raw, size = record_block(2, *recs[0])
    skip.write(block("HEAD", 0, ["@MM\tVN:1.0"]) + block("indx", 1, ["anything"], bytes(64)) + raw
               + block("DONE", 3, ["records\t1", "bytes\t%d" % size]))
    hole = bytearray(good)
    first = 64 + 64
    hole[first + 20] ^= 1
    cases = {
        "good": (good, 0), "two-segments": (good + good, 0), "empty-segment": (segment([]), 0), "scalar-and-zero-size": (
            segment([("k", {"s": np.float32(3.5).reshape(()), "z": np.zeros((0, 4), "f4")}, {})]), 0),
        "epochs": (epochs(2, 0, 0, 3, 7), 0), "epoch-repeats": (epochs(1, 2, 2), 3), "epoch-falls": (epochs(2, 1), 3),
        "epoch-1-after-none": (epochs(0, 0, 1), 3), "epoch-2-after-none": (epochs(0, 0, 2), 0),
        "skippable-block": (skip.getvalue(), 0), "empty-file": (b"", 3), "no-done": (good[:-128], 3), "cut-mid-record": (good[:400], 3),
        "cut-mid-second-segment": ((good + good)[:-64], 3), "flipped-prefix-bit": (bytes(hole), 3),
        "flipped-data-bit": (good[:-200] + bytes([good[-200] ^ 4]) + good[-199:], 3),
        "garbage-after": (good + b"x" * 64, 3), "record-first": (block("RECD", 0, ["key\tk"]), 3),
        "seq-gap": (block("HEAD", 0, ["@MM\tVN:1.0"]) + block("DONE", 2, ["records\t0", "bytes\t0"]), 3),
        "wrong-count": (block("HEAD", 0, ["@MM\tVN:1.0"]) + block("DONE", 1, ["records\t9", "bytes\t0"]), 3),
        "shape-overflow": (block("HEAD", 0, ["@MM\tVN:1.0"]) + block("RECD", 1, ["key\tk", "T\timage\tu16\t4294967296,4294967296,4"], bytes(64)), 3),
        "bad-escape": (seg1(["key\tk", "A\tnote\ta\\x"]), 3), "bad-utf8": (seg1raw(b"key\tk\xff\n"), 3), "unended-line": (seg1raw(b"key\tk"), 3),
        "duplicate-key": (seg1(["key\tk"], ["key\tk"]), 3), "duplicate-tensor": (seg1(["key\tk", "T\ta\tu8\t0", "T\ta\tu8\t0"]), 3),
        "unknown-dtype": (seg1(["key\tk", "T\ta\tu12\t0"]), 3), "negative-shape": (seg1(["key\tk", "T\ta\tu8\t-1"]), 3),
        "unknown-lines-kept": (seg1(["key\tk", "Z\tfuture\tthing"]), 0),
        "no-key": (block("HEAD", 0, ["@MM\tVN:1.0"]) + block("RECD", 1, ["A\tlabel\t1"]), 3),
        "huge-length": (bytes(PREFIX.pack(MAGIC, b"HEAD", 1, 0, 1 << 40, 0, 0, 0, 0, bytes(12), 0)), 3),
        "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), 3),
    }
    with open(os.path.join(folder, "expected.tsv"), "w") as table:
        for name, (data, code) in sorted(cases.items()):
            with open(os.path.join(folder, name + ".mms"), "wb") as f:
                f.write(data)
            try:
                list(read_stream(io.BytesIO(data)))
                got = 0
            except Damaged:
                got = 3
            assert got == code, (name, got, code)
            table.write("%s.mms\t%d\n" % (name, code))


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--vectors":
        vectors(sys.argv[2])
        return 0
    f = open(sys.argv[1], "rb") if len(sys.argv) > 1 else sys.stdin.buffer
    try:
        for i, segment in enumerate(read_stream(f)):
            print("segment %d: %d records" % (i, len(segment.records)))
            print("".join("  %s\n" % line for line in segment.head), end="")
            for r in segment.records:
                print("  %s  %s  %s" % (r.key, ", ".join("%s %s%s" % (k, v.dtype, list(v.shape)) for k, v in r.tensors.items()), dict(r.attrs)))
    except Damaged as e:
        print("damaged: %s" % e, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
