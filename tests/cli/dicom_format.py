"""DICOM whose header and samples are at odds, through mmread. python3 dicom_format.py"""
import struct
import subprocess
import warnings

from pydicom.encaps import encapsulate
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import RLELossless
from dicom_forge import *

rng = np.random.RandomState(7)
failed = count = 0


def check(name, want, *options, told="", code=0):
    """x.dcm becomes `want`, and stderr is `told`, or silent if that is ""."""
    global failed, count
    count += 1
    r = subprocess.run(["mmread", "--no-pg", "-o", "out.mms", *options, "x.dcm"], capture_output=True, text=True)
    dark = "below a quarter of full scale"
    lines = [line for line in r.stderr.splitlines() if dark not in line]
    got = image("out.mms") if r.returncode == 0 else None
    if r.returncode != code or (told not in r.stderr if told else lines):
        print("FAILED: %s: exit %d, stderr %r, wanted %r" % (name, r.returncode, r.stderr, told))
    elif code == 0 and (got.dtype != want.dtype or got.shape != want.shape or (got != want).any()):
        print("FAILED: %s: %s %s, wanted %s %s" % (name, got.dtype, got.ravel()[:9], want.dtype, want.ravel()[:9]))
    else:
        return
    failed += 1


def rle(d, samples, width):
    """The data set with a frame of run lengths, `width` segments of literal bytes."""
    planes = [p.tobytes() for p in np.moveaxis(samples.astype(">u%d" % width).view("u1").reshape(samples.shape + (width,)), -1, 0)]
    planes = [b"".join(bytes([len(p[i:i + 128]) - 1]) + p[i:i + 128] for i in range(0, len(p), 128)) for p in planes]
    planes = [p + b"\x80" * (len(p) % 2) for p in planes]
    at = [64 + sum(map(len, planes[:i])) for i in range(width)]
    d.file_meta.TransferSyntaxUID = RLELossless
    d.PixelData = encapsulate([struct.pack("<16I", width, *(at + [0] * (15 - width))) + b"".join(planes)])
    d["PixelData"].VR, d["PixelData"].is_undefined_length = "OB", True
    return d


def save(d):
    d.save_as("x.dcm", write_like_original=False)


# ---- room by bits stored, writing by bits allocated: any of either ----

for allocated in (8, 16, 32):
    for bits in (1, 5, 8, 9, 12, 16, 17, 24):
        if bits > allocated:
            continue
        for signed in (False, True):
            lo, hi = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
            v = rng.randint(lo, hi + 1, (37, 41))
            y = (v - lo) / (hi - lo)
            want = grey(y, bits) if bits <= 16 else y.astype("f4")
            name = "%d bits of %d, signed %d" % (bits, allocated, signed)
            for syntax in (ExplicitVRLittleEndian, ExplicitVRBigEndian):
                write("x.dcm", v, bits, signed, allocated=allocated, syntax=syntax)
                check("%s, %s" % (name, syntax.name), want)
            save(rle(dataset(v, bits, signed, allocated=allocated), v & (1 << bits) - 1, allocated // 8))
            check(name + ", run lengths", want)
            if bits < allocated:
                d = dataset(v, bits, signed, allocated=allocated, HighBit=allocated - 1)
                save(with_samples(d, (v & (1 << bits) - 1) << (allocated - bits)))
                check(name + ", at the top", want)
            if signed:
                save(with_samples(dataset(v, bits, signed, allocated=allocated), v & (1 << allocated) - 1))
                check(name + ", the sign copied upwards", want)
rgb = rng.randint(0, 4096, (6, 5, 3))
write("x.dcm", rgb, 12, photometric="RGB", allocated=16)
check("colours of 12 bits", grey(rgb @ [0.299, 0.587, 0.114] / 4095, 12), told="colour converted")
write("x.dcm", rgb % 64, 6, photometric="RGB", allocated=16)
check("colours of 6 bits in 16", grey(rgb % 64 @ [0.299, 0.587, 0.114] / 63, 6), told="colour converted")
rgb[0, 0] = 9000
write("x.dcm", rgb % 65536, 16, photometric="RGB", BitsStored=12, HighBit=11)
check("colours beyond their bits", grey(np.minimum(rgb, 4095) @ [0.299, 0.587, 0.114] / 4095, 12), told="beyond the 12 bits stored")
write("x.dcm", rng.randint(0, 255, (6, 5)), 8, NumberOfFrames=2)
check("fewer frames than said", None, told="truncated", code=3)
for elements in (dict(BitsStored=17), dict(HighBit=16), dict(HighBit=3), dict(BitsAllocated=24), dict(SamplesPerPixel=2), dict(SamplesPerPixel=3)):
    write("x.dcm", rng.randint(0, 4096, (6, 5)), 12, **elements)
    check("a header at odds with itself, %s" % elements, None, told="x.dcm", code=3)

# ---- run lengths narrower and wider than the bits allocated ----

v = rng.randint(0, 256, (37, 41))
for bits in (8, 12, 16):
    save(rle(dataset(v, bits, allocated=16), v, 1))
    check("run lengths of 8 bits, %d stored of 16" % bits, grey(v / ((1 << bits) - 1), bits),
          told="8 bits a sample, its header says %d" % bits if bits > 8 else "")
save(rle(dataset(v, 8), v, 2))
check("run lengths of 16 bits, 8 allocated", None, told="its code stream has", code=3)

# ---- values above the bits stored ----

v = rng.randint(0, 4096, (37, 41))
above = v.copy()
above[3, 4:9] = 4096, 9000, 65535, 4097, 40000
save(with_samples(dataset(v, 12), above))
check("clipped", grey(np.minimum(above, 4095) / 4095, 12), told="5 values are beyond the 12 bits stored: clipped")
save(with_samples(dataset(v, 12, photometric="MONOCHROME1"), above))
check("clipped, inverted", grey(1 - np.minimum(above, 4095) / 4095, 12), told="5 values are beyond")
save(with_samples(dataset(v, 12, allocated=32), above))
check("clipped, of 32 bits", grey(np.minimum(above, 4095) / 4095, 12), told="5 values are beyond")
s = v - 2048
beyond = s.copy()
beyond[3, 4:9] = -3000, 3000, 30000, -30000, 2048
save(with_samples(dataset(s, 12, True), beyond & 65535))
# 2048 and 3000 are what the 12 bits of -2048 and -1096 are, and 2048 + 4096 x 0 is no copied sign: they are read as such.
want = np.where((beyond >= 0) & (beyond < 4096), (beyond & 4095 ^ 2048) - 2048, np.clip(beyond, -2048, 2047))
check("clipped, signed", grey((want + 2048) / 4095, 12), told="3 values are beyond")
overlay = rng.randint(0, 2, v.shape)
for position in (12, 15):
    d = with_samples(dataset(v, 12), v | overlay << position)
    d.add_new(0x60000100, "US", 16)
    d.add_new(0x60000102, "US", position)
    save(d)
    check("an overlay in bit %d" % position, grey(v / 4095, 12))
d.add_new(0x60003000, "OW", np.packbits(overlay.ravel()).tobytes() + b"\0" * 8)
save(d)
check("an overlay with data of its own hides no bit", grey(np.where(overlay, 4095, v) / 4095, 12), told="are beyond the 12 bits stored")
d = with_samples(dataset(v, 12), v | overlay << 12 | (1 - overlay) << 13)
for i in range(2):
    d.add_new(0x60000102 + (i << 17), "US", 12 + i)
save(d)
check("two overlays", grey(v / 4095, 12))
d = with_samples(dataset(v, 12), v | overlay << 12 | overlay << 14)
d.add_new(0x60000102, "US", 12)
save(d)
check("an overlay and more", grey(np.where(overlay, 4095, v) / 4095, 12), told="%d values are beyond" % overlay.sum())

# ---- padding is black, and no value beyond ----

film = rng.randint(100, 4000, (37, 41))
film[:, :7] = 0
for photometric, padding in (("MONOCHROME2", 0), ("MONOCHROME1", 0), ("MONOCHROME1", 4095), ("MONOCHROME2", 65535), ("MONOCHROME2", 3000)):
    v = film.copy()
    v[:, :7] = padding
    y = v / 4095 if photometric == "MONOCHROME2" else 1 - v / 4095
    d = dataset(np.minimum(v, 4095), 12, photometric=photometric)
    d.add_new(0x00280120, "US", padding)
    save(with_samples(d, v))
    check("padding %d, %s" % (padding, photometric), grey(np.where(v == padding, 0, y), 12))
    check("padding %d, %s, a window" % (padding, photometric),
          grey(np.where(v == padding, 0, linear(v, 2000, 3000) if photometric == "MONOCHROME2" else 1 - linear(v, 2000, 3000)), 12),
          "--window=2000,3000")
for limit in (200, 90):
    d = dataset(film, 12, photometric="MONOCHROME1")
    d.add_new(0x00280120, "US", 150)
    d.add_new(0x00280121, "US", limit)
    save(d)
    lo, hi = sorted((150, limit))
    check("padding from 150 to %d" % limit, grey(np.where((film >= lo) & (film <= hi), 0, 1 - film / 4095), 12))
for written in (-2000 & 65535, -2000 & 4095):
    s = film - 2048
    s[:, :7] = -2000
    d = dataset(s, 12, True, photometric="MONOCHROME1")
    d.add_new(0x00280120, "US", written)
    save(d)
    check("a signed padding, written as %d" % written, grey(np.where(s == -2000, 0, 1 - (s + 2048) / 4095), 12))
full = rng.randint(0, 65536, (37, 41))
d = dataset(full, 16)
d.add_new(0x00280120, "US", 77)
full[0, 0] = 77
save(with_samples(d, full))
check("padding among 16 bits", np.where(full == 77, 0, full).astype("u2"))

# ---- the shape of the presentation ----

v = rng.randint(0, 4096, (37, 41))
y = v / 4095
for photometric, shape, want, told in (
        ("MONOCHROME2", "IDENTITY", y, ""), ("MONOCHROME1", "INVERSE", 1 - y, ""), ("MONOCHROME2", "INVERSE", 1 - y, "contradicts MONOCHROME2"),
        ("MONOCHROME1", "IDENTITY", 1 - y, "contradicts MONOCHROME1")):
    write("x.dcm", v, 12, photometric=photometric, PresentationLUTShape=shape)
    check("%s, shape %s" % (photometric, shape), grey(want, 12), told=told)

# ---- what is missing ----

write("x.dcm", v, 12, HighBit=None)
check("no High Bit", grey(y, 12), told="no High Bit: 11 is taken")
write("x.dcm", v, 12, BitsStored=None)
check("no Bits Stored", grey(y, 12), told="no Bits Stored: 12 is taken")
write("x.dcm", v, 12, BitsStored=None, HighBit=None)
check("neither", grey(v / 65535, 16), told="no Bits Stored: 16 is taken, no High Bit: 15 is taken")
write("x.dcm", v, 12, PhotometricInterpretation=None)
check("no Photometric Interpretation", grey(y, 12), told="no Photometric Interpretation: MONOCHROME2 is taken")
write("x.dcm", v, 12, PhotometricInterpretation=None, PresentationLUTShape="INVERSE")
check("but a shape", grey(1 - y, 12), told="no Photometric Interpretation: MONOCHROME1 is taken")
write("x.dcm", v, 12, PixelRepresentation=None)
check("no Pixel Representation", grey(y, 12), told="no Pixel Representation: values without a sign are taken")
write("x.dcm", v, 12, SamplesPerPixel=None)
check("no Samples per Pixel", grey(y, 12), told="no Samples per Pixel: 1 is taken")
for allocated in (16, 32):
    write("x.dcm", v, 12, allocated=allocated, BitsAllocated=None)
    check("no Bits Allocated, %d" % allocated, grey(y, 12), told="no Bits Allocated: %d is taken" % allocated)
save(rle(dataset(v, 12, BitsAllocated=None), v, 2))
check("no Bits Allocated, run lengths", grey(y, 12), told="no Bits Allocated: 16 is taken")
rgb = rng.randint(0, 256, (7, 5, 3))
write("x.dcm", rgb, 8, photometric="RGB", SamplesPerPixel=None, BitsAllocated=None)
check("of colours", grey(rgb @ [0.299, 0.587, 0.114] / 255, 8), told="no Samples per Pixel: 3 is taken, no Bits Allocated: 8 is taken")
write("x.dcm", rgb, 8, PhotometricInterpretation=None)
check("of colours", grey(rgb @ [0.299, 0.587, 0.114] / 255, 8), told="no Photometric Interpretation: RGB is taken")
d = dataset(v % 256, 8, PhotometricInterpretation=None)
for i in range(3):
    d.add_new(0x00281101 + i, "US", [256, 0, 16])
    d.add_new(0x00281201 + i, "OW", (np.arange(256) * 257).astype("<u2").tobytes())
save(d)
check("of a palette", grey(v % 256 / 255, 8), told="no Photometric Interpretation: PALETTE COLOR is taken")
for slope in ("1E308", "-1E308"):
    write("x.dcm", v, 12, RescaleSlope=slope, RescaleIntercept="9E307")
    check("a rescale beyond numbers", None, told="leave no range of values", code=3)

# ---- bytes in big-endian words (PS3.5 8.1.2): the first of two samples, or of sixteen pixels of one bit, is the lower byte ----

def in_words(d, samples):
    raw = samples + b"\0" * (len(samples) % 2)
    d.PixelData = np.frombuffer(raw, "<u2").astype(">u2").tobytes()
    d["PixelData"].VR = "OW"
    return d


small = rng.randint(0, 256, (7, 9))
save(in_words(dataset(small, 8, syntax=ExplicitVRBigEndian), small.astype("u1").tobytes()))
check("samples in words", grey(small / 255, 8))
frames = rng.randint(0, 256, (3, 7, 9))  # the second begins within a word
save(in_words(dataset(frames, 8, syntax=ExplicitVRBigEndian), frames.astype("u1").tobytes()))
for i in range(3):
    check("samples in words, frame %d" % i, grey(frames[i] / 255, 8), "--frame=%d" % (i + 1), told="" if i else "frame 1 of 3")
rgb = rng.randint(0, 256, (7, 9, 3))
save(in_words(dataset(rgb, 8, photometric="RGB", syntax=ExplicitVRBigEndian), rgb.astype("u1").tobytes()))
check("colours in words", grey(rgb @ [0.299, 0.587, 0.114] / 255, 8), told="colour converted")
bit = rng.randint(0, 2, (2, 7, 9))
d = in_words(dataset(bit, 8, syntax=ExplicitVRBigEndian), np.packbits(bit.ravel(), bitorder="little").tobytes())
d.BitsAllocated, d.BitsStored, d.HighBit = 1, 1, 0
save(d)
check("bits in words", grey(bit[1] * 1.0, 1), "--frame=2")
for n in (256, 201):
    d = dataset(small, 8, photometric="PALETTE COLOR", syntax=ExplicitVRBigEndian)
    entries = rng.randint(0, 256, n)
    for i in range(3):
        d.add_new(0x00281101 + i, "US", [n, 0, 8])
        raw = entries.astype("u1").tobytes() + b"\0" * (n % 2)
        d.add_new(0x00281201 + i, "OW", np.frombuffer(raw, "<u2").astype(">u2").tobytes())
    save(d)
    check("a palette of %d bytes in words" % n, grey(entries[np.minimum(small, n - 1)] / 255, 8), told="palette converted")

# ---- numbers and tables that are none; code strings in other cases ----

def spelled(d, tag, vr, text):
    d._dict[Tag(tag)] = RawDataElement(Tag(tag), vr, len(text), text, 0, False, True)
    return d


warnings.simplefilter("ignore")
for photometric, want in (("monochrome2", y), ("Monochrome1", 1 - y)):
    write("x.dcm", v, 12, photometric=photometric)
    check(photometric, grey(want, 12))
for slope in (b"-1,0", b"nan ", b"0 "):
    save(spelled(dataset(v, 12), 0x00281053, "DS", slope))
    check("slope %s" % slope, grey(y, 12), told="Rescale Slope cannot be used: 1 is taken")
for slope in (b"1 ", b"  "):
    save(spelled(dataset(v, 12), 0x00281053, "DS", slope))
    check("slope %s" % slope, grey(y, 12))
for name, options, told in (("ModalityLUTSequence", (), "modality LUT is damaged"), ("VOILUTSequence", ("--window=file",), "VOI LUT is damaged")):
    table = lut(0, 12, range(4096))
    table[0][0x00283006].value = b"\0" * 100
    write("x.dcm", v, 12, **{name: table})
    check(name + " too short", grey(y, 12), *options, told=told)

# ---- side, view and patient in other spellings ----

def attributes(want, **elements):
    global failed, count
    count += 1
    write("x.dcm", v, 12, **elements)
    r = subprocess.run(["mmread", "--no-pg", "-o", "out.mms", "x.dcm"], capture_output=True, text=True)
    got = dict(records("out.mms")[0].attrs) if r.returncode == 0 else None
    if r.stderr or got != dict(want, to_original="1 0 0 0 1 0"):
        failed += 1
        print("FAILED: %s: %s %s" % (elements, got, r.stderr))


code = Sequence([item(CodeValue="999", CodingSchemeDesignator="99X", CodeMeaning="medio-lateral oblique")])
attributes(dict(side="LEFT", view="MLO"), ImageLaterality="Left", ViewPosition="Medio-Lateral Oblique")
attributes(dict(side="RIGHT", view="CC"), ImageLaterality="r", ViewPosition="cc")
attributes(dict(side="RIGHT", view="CC"), ViewPosition="RCC")
attributes(dict(side="LEFT", view="MLO"), Laterality="l", ViewPosition="LMLO")
attributes(dict(side="LEFT", view="CC"), Laterality="L", ViewPosition="RCC")
attributes(dict(view="MLO"), ViewPosition="M.L.O.")
attributes(dict(side="LEFT", view="MLO"), ImageLaterality="Left breast", ViewPosition="Mediolateral oblique projection")
attributes(dict(view="CC"), ImageLaterality="left or right breast", ViewPosition="CC")
attributes(dict(view="MLO"), ViewCodeSequence=code)
attributes(dict(side="RIGHT", view="MLO"), ImageLaterality="R", PatientOrientation="MLO")
attributes({}, PatientOrientation=["A", "R"], ViewPosition="PA", ImageLaterality="B")
attributes(dict(patient="12\\34"), PatientID="12\\34")
attributes(dict(patient="12\\35"), PatientID="12\\35 ")

print("%d of %d failed" % (failed, count))
sys.exit(failed > 0 or count < 200)
