"""JPEG and JPEG-LS with all kinds of ends, through mmread and DCMTK's dcmdjpeg and dcmdjpls. What DCMTK reads, and does not say to be
damaged, mmread reads to the same values; what lacks data mmread refuses. python3 dcmtk_streams.py"""
import os
import subprocess
import sys

from pydicom import dcmread
from pydicom.encaps import encapsulate, generate_pixel_data_frame
from dicom_forge import *

CODERS = {"jpegls": [["gdcmconv", "--jpegls"], ["dcmcjpls"], ["dcmcjpls", "+en", "+md", "3"]],
          "jpeg": [["gdcmconv", "--jpeg"], ["dcmcjpeg"], ["dcmcjpeg", "+el"], ["dcmcjpeg", "+eb"], ["dcmcjpeg", "+ee"],
                   ["dcmcjpeg", "+es"], ["dcmcjpeg", "+ep"]]}
rng = np.random.RandomState(1)
y, x = np.mgrid[:40, :33]
values = {8: (5 * y + x) % 251, 12: (90 * y + 11 * x + rng.randint(0, 9, y.shape)) % 4096,
          16: (1500 * y + 11 * x + rng.randint(0, 900, y.shape)) % 65536}


def ends(stream):
    """Name, stream, and what must become of it: the whole image, with or without a word, or an error."""
    end = stream.rindex(b"\xff\xd9")
    body = stream[:end]
    yield "whole", stream[:end + 2], "silent"
    yield "zeros behind the end", body + b"\xff\xd9\0\0", "silent"
    yield "filled before the end", body + b"\xff\xff\xff\xd9", "silent"
    yield "ended twice", body + b"\xff\xd9\xff\xd9", "silent"
    yield "no end", body, "end"
    yield "zeros for an end", body + b"\0\0\0", "end"
    yield "half an end", body + b"\xff", "end"
    yield "a zero before the end", body + b"\0\xff\xd9", "read"
    yield "zeros before the end", body + b"\0\0\0\xff\xd9", "read"
    yield "cut", body[:-9] + b"\xff\xd9", "error"
    yield "cut in the middle", body[:len(body) // 2] + b"\xff\xd9", "error"
    yield "cut, no end", body[:len(body) // 2], "error"


def forge():
    """Files in the folder `in`: their names, what must become of them, the coding and the values' bits."""
    os.mkdir("in")
    for bits, v in values.items():
        kind = "1.2.840.10008.5.1.4.1.1.7.3" if bits > 8 else "1.2.840.10008.5.1.4.1.1.7.2"
        write("raw.dcm", v[None], bits, SOPClassUID=kind, Modality="OT", NumberOfFrames=1)
        for coding, coders in CODERS.items():
            for number, command in enumerate(coders):
                subprocess.run(command + ["raw.dcm", "packed.dcm"], check=True, capture_output=True)
                d = dcmread("packed.dcm")
                for name, stream, fate in ends(next(generate_pixel_data_frame(d.PixelData, 1))):
                    d.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
                    d["PixelData"].is_undefined_length = True
                    path = "in/%s %d %d, %s.dcm" % (coding, number, bits, name)
                    d.save_as(path)
                    yield path, fate, coding, d.BitsStored  # of lossy JPEG 8 or 12


def by_dcmtk(path, coding):
    """Stored values and what DCMTK says; None if it does not read the file."""
    tool = "dcmdjpls" if coding == "jpegls" else "dcmdjpeg"
    r = subprocess.run([tool, path, "plain.dcm"], capture_output=True, text=True)
    return (dcmread("plain.dcm").pixel_array if r.returncode == 0 else None), r.stderr


files = list(forge())
r = subprocess.run(["mmread", "--no-pg", "--on-error=skip", "-o", "all.mms", "in"], capture_output=True, text=True)
ours = {record.key: record.tensors["image"] for record in records("all.mms")}
words = {}
for line in r.stderr.splitlines():
    words.setdefault(line.split("'")[1] if "'" in line else "", []).append(line)
wrong = agreed = 0
for path, fate, coding, bits in files:
    key = path[3:-4]
    mine, said = ours.get(key), words.get(key, [])
    v, complaint = by_dcmtk(path, coding)
    if fate == "silent":
        whole = grey(v / ((1 << bits) - 1), bits) if key.endswith("whole") else whole
        good = mine is not None and not said and (mine == whole).all()
    elif fate == "error":
        good = mine is None and len(said) == 1
    else:
        good = mine is not None and (mine == whole).all() and (fate == "read" or "no end marker" in str(said))
    if v is not None and not complaint:
        same = mine is not None and (mine == grey(v / ((1 << bits) - 1), bits)).all()
        agreed += bool(same)
        # A progressive image without its last scans is one to DCMTK.
        good = good and (same or fate == "error")
    if not good:
        wrong += 1
        print("%s: %s, mmread says %s, DCMTK %s %s" % (key, "read" if mine is not None else "not read", said, v is not None, complaint))
print("%d files, %d read alike, %d wrong" % (len(files), agreed, wrong))
sys.exit(wrong > 0 or len(files) < 350 or agreed < 100)
