"""Every file of data/dicom through mmread, beside pydicom, and GDCM's gdcmconv where pydicom has no decoder.
python3 dicom_check.py FOLDER TABLE. TABLE: pattern of paths below FOLDER, tab, part of the message with which these are
refused; every refused file must be in it, and every pattern must be of use."""
import fnmatch
import os
import subprocess
import sys
import warnings
from collections import Counter

import numpy as np
import pydicom
import mms
from pydicom.pixel_data_handlers.util import apply_color_lut

warnings.simplefilter("ignore")
folder, table = sys.argv[1:]
files = sorted(os.path.join(d, f) for d, _, fs in os.walk(folder) for f in fs)
names = [os.path.relpath(f, folder) for f in files]
problems = []

# Segmentations are left out by their class; under another one their pixels are compared too.
for path, name in list(zip(files, names)):
    data = open(path, "rb").read()
    if b"1.2.840.10008.5.1.4.1.1.66.4" in data and b"SEG " in data:
        files.append(os.path.abspath("as-image-" + os.path.basename(path)))
        names.append(os.path.basename(files[-1]))
        with open(files[-1], "wb") as f:
            f.write(data.replace(b"1.2.840.10008.5.1.4.1.1.66.4", b"1.2.840.10008.5.1.4.1.1.4\0\0\0").replace(b"SEG ", b"OT  "))


def say(name, what):
    problems.append("%s: %s" % (name, what))


# ---- headers ----

def texts(d):
    def of(name, missing=""):
        value = d.get(name)
        return str(missing if value is None or value == "" else value)
    return [of("PatientID"), of("Modality"), of("StudyInstanceUID"), of("SeriesInstanceUID"), of("SOPInstanceUID"),
            of("SeriesDescription"), str(d.file_meta.get("TransferSyntaxUID", "")), of("PhotometricInterpretation"), of("Rows", 0),
            of("Columns", 0), of("NumberOfFrames", 1), of("SamplesPerPixel", 1), of("BitsAllocated", 0), of("BitsStored", 0),
            of("HighBit", 0), of("PixelRepresentation", 0), str(int("PixelData" in d))]


told = subprocess.run(["mmdicom", *files], capture_output=True, text=True).stdout.splitlines()
assert len(told) == len(files)
for path, name, line in zip(files, names, told):
    fields = line.split("\t")
    if fields[1] == "error" or name.endswith("badVR.dcm"):  # which has 1A frames
        continue
    ours = [fields[1]] + fields[4:20]
    theirs = texts(pydicom.dcmread(path, force=True))
    if ours != theirs:
        say(name, "header %s, pydicom %s" % (ours, theirs))

# ---- pixels ----

with open("all.tsv", "w") as f:
    f.write("key\timage\n" + "".join("f%03d\t%s\n" % (i, p) for i, p in enumerate(files)))
run = subprocess.run(["mmread", "--manifest", "all.tsv", "--on-error=skip", "-o", "all.mms"], capture_output=True, text=True)
assert run.returncode == 0, run.stderr
records = {r.key: r.tensors["image"] for s in mms.read_stream(open("all.mms", "rb")) for r in s.records}
refused, left_out = {}, set()
for line in run.stderr.splitlines():
    if not line.startswith("mmread: "):
        say("stderr", line)
    for i, path in enumerate(files):
        if "'%s': " % path in line and line.endswith((": skipped", ": left out")):
            refused["f%03d" % i] = line.split("'%s': " % path)[1].rsplit(": ", 1)[0]
            if line.endswith(": left out"):
                left_out.add("f%03d" % i)


def reference(path):
    """Stored values of the first frame and the data set: by pydicom, else by gdcmconv and pydicom; who; or None."""
    for who, command in (("pydicom", None), ("gdcmconv", ["gdcmconv", "--raw", path, "raw.dcm"])):
        if command and subprocess.run(command, capture_output=True).returncode != 0:
            return None
        try:
            d = pydicom.dcmread("raw.dcm" if command else path, force=True)
            # PS3.5 8.1.2: two samples lie in a word, which pydicom leaves as it is; GDCM and DCMTK exchange its bytes.
            if not d.is_little_endian and d.BitsAllocated == 8 and d["PixelData"].VR == "OW":
                d.PixelData = np.frombuffer(d.PixelData, "u2").byteswap().tobytes()
            v = d.pixel_array
            return v[0] if v.ndim > 2 + (d.SamplesPerPixel == 3) else v, d, who
        except Exception:
            pass
    return None


def expected(v, d):
    """What mmread must make of them, as real numbers from 0 to 1."""
    full = 2.0 ** d.BitsStored - 1
    if d.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(v, d) @ [0.299, 0.587, 0.114] / 65535
    if d.SamplesPerPixel == 3:
        return (v[..., 0] if d.PhotometricInterpretation.startswith("YBR_FULL") else v @ [0.299, 0.587, 0.114]) / full
    y = (v.astype(float) + (2.0 ** (d.BitsStored - 1) if d.PixelRepresentation else 0)) / full
    y = 1 - y if d.PhotometricInterpretation == "MONOCHROME1" else y
    return np.where(v == d.PixelPaddingValue, 0, y) if "PixelPaddingValue" in d else y


count = Counter()
for i, (path, name) in enumerate(zip(files, names)):
    key = "f%03d" % i
    if (key in records) == (key in refused):
        say(name, "neither read nor refused by name, or both")
    known = reference(path)
    if key not in records:
        if known and known[2] == "pydicom" and known[1].SamplesPerPixel == 1 and key not in left_out:
            say(name, "%s reads it, mmread does not: %s" % (known[2], refused.get(key)))
        continue
    got = records[key]
    if not known:
        count["read, by mmread alone"] += 1
        continue
    v, d, who = known
    y = expected(v, d)
    grey = d.SamplesPerPixel == 1 and d.PhotometricInterpretation != "PALETTE COLOR"
    if got.shape != y.shape or got.dtype != ("f4" if d.BitsStored > 16 else "u2" if d.BitsStored > 8 else "u1"):
        say(name, "%s %s" % (got.dtype, got.shape))
        continue
    if got.dtype == "f4":
        good = (got == y.astype("f4")).all()
    elif grey:
        good = (got == np.floor(y * (255 if got.dtype == "u1" else 65535) + 0.5)).all()
    else:
        good = np.abs(got - y * (255 if got.dtype == "u1" else 65535)).max() < 0.51
    count["read, grey, equal to %s" % who if grey else "read, colour, luminance of %s" % who] += bool(good)
    if not good:
        say(name, "pixels differ from %s by %g" % (who, np.abs(got - y * (255 if got.dtype == "u1" else 65535)).max()))

# ---- refusals ----

rows = [line.rstrip("\n").split("\t") for line in open(table) if not line.startswith("#")]
used = set()
for i, name in enumerate(names):
    why = refused.get("f%03d" % i)
    if why is None:
        continue
    row = next((r for r in rows if fnmatch.fnmatchcase(name, r[0])), None)
    if not row or row[1] not in why:
        say(name, "refused: %s; the table has %s" % (why, row and row[1]))
    else:
        used.add(row[0])
        count["refused: " + row[1]] += 1
for row in rows:
    if row[0] not in used:
        say("table", "'%s' refuses nothing" % row[0])

for what, n in sorted(count.items()):
    print("%4d %s" % (n, what))
print("%4d files" % len(files))
if sum(name.startswith("as-image") for name in names) != 2:
    say("segmentations", "not two as images")
print("\n".join(problems))
sys.exit(bool(problems))
