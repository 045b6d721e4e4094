"""Values and attributes of DICOM files through mmread: forges files, runs it, compares. python3 dicom.py"""
import subprocess

import numpy as np
from dicom_forge import *

rng = np.random.RandomState(3)
failed = 0


def read(path, *options, code=0, told=""):
    r = subprocess.run(["mmread", "--no-pg", "-o", "out.mms", *options, path], capture_output=True, text=True)
    if r.returncode != code or told not in r.stderr:
        raise AssertionError("%s %s: exit %d, stderr %r, wanted %d, %r" % (path, options, r.returncode, r.stderr, code, told))
    return image("out.mms") if code == 0 else None


def same(name, want, *options, told=""):
    global failed
    try:
        got = read("x.dcm", *options, told=told)
        if got.dtype != want.dtype or got.shape != want.shape or (got != want).any():
            raise AssertionError("%s %s, wanted %s %s, differing at most by %s" % (
                got.dtype, got.shape, want.dtype, want.shape,
                np.abs(got.astype(float) - want).max() if got.shape == want.shape else "shape"))
    except AssertionError as e:
        failed += 1
        print("FAILED: %s: %s" % (name, e))


# Full scale by the stored bits; sign; inversion; byte orders.
for bits in (6, 8, 10, 12, 14, 16):
    for signed in (False, True):
        lo, hi = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
        v = rng.randint(lo, hi + 1, (9, 13))
        v[0, :2] = lo, hi
        y = (v - lo) / (hi - lo)
        for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian):
            write("x.dcm", v, bits, signed, syntax=syntax)
            same("%d bits, signed %d, %s" % (bits, signed, syntax.name), grey(y, bits))
        write("x.dcm", v, bits, signed, "MONOCHROME1")
        same("%d bits, signed %d, inverted" % (bits, signed), grey(1 - y, bits))
raw = rng.randint(0, 65536, (9, 13)).astype("u2")
write("x.dcm", raw, WindowCenter=100, WindowWidth=50, RescaleSlope=2, RescaleIntercept=-7)
same("16 bits stay as they are", raw)

# The high bit is not the last; overlay bits above are no values.
v = rng.randint(0, 4096, (9, 13))
d = dataset(v, 12, HighBit=13)
d.add_new(0x60000102, "US", 15)
with_samples(d, v << 2 | 1 | 2 << 14)
d.save_as("x.dcm", write_like_original=False)
same("bits 2 to 13", grey(v / 4095, 12))

# Rescale, windows and their functions.
write("x.dcm", v, 12, RescaleSlope=-1, RescaleIntercept=4095)
same("a negative slope inverts", grey(1 - v / 4095, 12))
m = v * 0.5 - 100
for c, w in ((800, 600), (100.5, 1), (20, 2000.25)):
    functions = {"": linear, ",linear": linear, ",linear-exact": linear_exact, ",sigmoid": sigmoid}
    for f, function in functions.items():
        write("x.dcm", v, 12, RescaleSlope=0.5, RescaleIntercept=-100)
        same("window %s,%s%s" % (c, w, f), grey(function(m, c, w), 12), "--window=%s,%s%s" % (c, w, f))
    for f, function in (("LINEAR", linear), ("LINEAR_EXACT", linear_exact), ("SIGMOID", sigmoid)):
        write("x.dcm", v, 12, RescaleSlope=0.5, RescaleIntercept=-100, WindowCenter=[c, 1], WindowWidth=[w, 9], VOILUTFunction=f)
        same("window of the file, " + f, grey(function(m, c, w), 12), "--window=file")
write("x.dcm", v, 12, False, "MONOCHROME1", WindowCenter=2000, WindowWidth=1000)
same("a window, then the inversion", grey(1 - linear(v, 2000, 1000), 12), "--window=file")
same("no window wanted", grey(1 - v / 4095, 12))
write("x.dcm", v, 12)
same("no window there", grey(v / 4095, 12), "--window=file", told="no window")

# Tables.
entries = np.sort(rng.randint(0, 1024, 3000))
write("x.dcm", v, 12, VOILUTSequence=lut(500, 10, entries), WindowCenter=1, WindowWidth=2)
same("VOI LUT before the window", grey(entries[np.clip(v - 500, 0, 2999)] / 1023, 12), "--window=file")
write("x.dcm", v, 12, ModalityLUTSequence=lut(0, 14, np.arange(4096) * 4 % 16384))
same("modality LUT", grey((v * 4 % 16384) / 16383, 12))
p = rng.randint(0, 256, (9, 13)).astype("u1")
red, green, blue = (rng.randint(0, 65536, 200) for _ in range(3))
d = dataset(p, 8, photometric="PALETTE COLOR")
for i, table in enumerate((red, green, blue)):
    d.add_new(0x00281101 + i, "US", [200, 0, 16])
    d.add_new(0x00281201 + i, "OW", table.astype("<u2").tobytes())
d.save_as("x.dcm", write_like_original=False)
at = np.minimum(p, 199)
same("palette", grey((0.299 * red[at] + 0.587 * green[at] + 0.114 * blue[at]) / 65535, 8), told="palette converted")

# Colours.
for bits in (8, 12, 16):
    rgb = rng.randint(0, 1 << bits, (6, 5, 3))
    y = (rgb @ [0.299, 0.587, 0.114]) / ((1 << bits) - 1)
    write("x.dcm", rgb, bits, photometric="RGB")
    same("RGB of %d bits" % bits, grey(y, bits), told="colour converted")
    d = dataset(rgb, bits, photometric="RGB", PlanarConfiguration=1)
    planes = np.ascontiguousarray(rgb.transpose(2, 0, 1)).astype("<u1" if bits == 8 else "<u2").tobytes()
    d.PixelData = planes + b"\0" * (len(planes) % 2)
    d.save_as("x.dcm", write_like_original=False)
    same("RGB in planes of %d bits" % bits, grey(y, bits))
    write("x.dcm", rgb, bits, photometric="YBR_FULL")
    same("luminance and chrominance of %d bits" % bits, grey(rgb[..., 0] / ((1 << bits) - 1), bits))

# Frames, and their own windows and rescales.
frames = rng.randint(0, 4096, (3, 6, 5))
groups = Sequence([item(FrameVOILUTSequence=Sequence([item(WindowCenter=1000 * (i + 1), WindowWidth=500)])) for i in range(3)])
shared = Sequence([item(PixelValueTransformationSequence=Sequence([item(RescaleSlope=2, RescaleIntercept=5)]),
                        PixelMeasuresSequence=Sequence([item(PixelSpacing=[0.1, 0.09])]),
                        FrameAnatomySequence=Sequence([item(FrameLaterality="R")]))])
write("x.dcm", frames, 12, PerFrameFunctionalGroupsSequence=groups, SharedFunctionalGroupsSequence=shared)
for i in range(3):
    same("frame %d" % (i + 1), grey(frames[i] / 4095, 12), "--frame=%d" % (i + 1))
    same("window of frame %d" % (i + 1), grey(linear(frames[i] * 2 + 5, 1000 * (i + 1), 500), 12), "--frame=%d" % (i + 1),
         "--window=file")
same("the first frame", grey(frames[0] / 4095, 12), told="frame 1 of 3")
a = records("out.mms")[0].attrs
assert a["side"] == "RIGHT" and a["spacing"] == "0.1 0.09", a
read("x.dcm", "--frame=4", code=3, told="no frame 4")
bit = rng.randint(0, 2, (2, 7, 5))
d = dataset(bit, 8)
packed = np.packbits(bit.ravel(), bitorder="little").tobytes()
d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelData = 1, 1, 0, packed + b"\0" * (len(packed) % 2)
d.save_as("x.dcm", write_like_original=False)
for i in range(2):
    same("one bit, frame %d" % (i + 1), grey(bit[i] * 1.0, 8), "--frame=%d" % (i + 1))
deep = rng.randint(0, 1 << 32, (6, 5))
write("x.dcm", deep, 32)
same("32 bits", (deep / 4294967295).astype("f4"))

# Attributes, of the header and against a manifest's.
code = Sequence([item(CodeValue="R-10226", CodingSchemeDesignator="SRT", CodeMeaning="medio-lateral oblique")])
for elements, want in (
        (dict(PatientID="P 7", ImageLaterality="L", ViewPosition="CC", ImagerPixelSpacing=[0.07, 0.08]),
         dict(patient="P 7", side="LEFT", view="CC", spacing="0.07 0.08")),
        (dict(Laterality="R", ViewCodeSequence=code, PixelSpacing=[0.05, 0.05], ImagerPixelSpacing=[0.07, 0.07]),
         dict(side="RIGHT", view="MLO", spacing="0.05 0.05")),
        (dict(ImageLaterality="B", ViewPosition="SECRET", PixelSpacing=[0, 1]), {})):
    write("x.dcm", v, 12, **elements)
    read("x.dcm")
    a = dict(records("out.mms")[0].attrs)
    assert a.pop("to_original") == "1 0 0 0 1 0" and a == want, (a, want)
write("x.dcm", v, 12, PatientID="inside", ImageLaterality="L", ViewPosition="CC")
open("m.tsv", "w").write("key\timage\tpatient\tside\tview\nk\tx.dcm\toutside\t\tMLO\n")
subprocess.run(["mmread", "--manifest", "m.tsv", "-o", "out.mms"], check=True)
a = records("out.mms")[0].attrs
assert (a["patient"], a["side"], a["view"]) == ("outside", "LEFT", "MLO"), a
print("%d comparisons failed" % failed)
sys.exit(failed > 0)
