"""One image of two frames in every coding that GDCM's gdcmconv writes, whole and in fragments, with and without an offset
table: mmread makes the same of all. python3 dicom_codings.py"""
import subprocess
import sys

from pydicom import dcmread
from pydicom.encaps import encapsulate, generate_pixel_data_frame
from dicom_forge import *

rng = np.random.RandomState(2)
wrong = count = 0


def read(name):
    subprocess.run(["mmread", "-q", "--no-pg", "--frame=2", "-o", "x.mms", name], check=True)
    return image("x.mms")


for bits in (8, 12, 16):
    for signed in (False, True):
        v = np.add.outer(np.arange(40) ** 2 % 997, np.arange(33) * 7) * (1 << bits) // 2000 + rng.randint(0, 3, (2, 40, 33))
        v = v % (1 << bits) - ((1 << bits - 1) if signed else 0)
        kind = "1.2.840.10008.5.1.4.1.1.7.3" if bits > 8 else "1.2.840.10008.5.1.4.1.1.7.2"
        write("raw.dcm", v, bits, signed, SOPClassUID=kind, Modality="OT")
        want = read("raw.dcm")
        for coding in ("--jpeg", "--j2k", "--jpegls", "--rle", "--deflated"):
            subprocess.run(["gdcmconv", coding, "raw.dcm", "whole.dcm"], check=True, capture_output=True)
            names = ["whole.dcm"]
            if coding not in ("--rle", "--deflated"):  # which are not to be parted
                d = dcmread("whole.dcm")
                streams = list(generate_pixel_data_frame(d.PixelData, 2))
                for name, table in (("parts.dcm", True), ("bare.dcm", False)):
                    d.PixelData = encapsulate(streams, fragments_per_frame=3, has_bot=table)
                    d["PixelData"].is_undefined_length = True
                    d.save_as(name)
                    names.append(name)
                d.PixelData = encapsulate(streams, fragments_per_frame=3)
                d.PixelData = d.PixelData[:12] + b"\x03\0\0\0" + d.PixelData[16:]  # where no fragment begins
                d["PixelData"].is_undefined_length = True
                d.save_as("table.dcm")
                names.append("table.dcm")
            for name in names:
                got = read(name)
                count += 1
                if got.dtype != want.dtype or (got != want).any():
                    wrong += 1
                    print("%d bits, signed %d, %s, %s: other pixels" % (bits, signed, coding, name))

# The header says one frame, or none, and there are two: the first is read, with a word.
for coding in (None, "--jpeg", "--j2k", "--jpegls", "--rle"):
    for frames in (1, None):
        if coding:
            subprocess.run(["gdcmconv", coding, "raw.dcm", "whole.dcm"], check=True, capture_output=True)
        d = dcmread("whole.dcm" if coding else "raw.dcm")
        d.NumberOfFrames = frames
        if frames is None:
            del d.NumberOfFrames
        d.save_as("one.dcm")
        r = subprocess.run(["mmread", "--no-pg", "-o", "x.mms", "one.dcm"], capture_output=True, text=True)
        subprocess.run(["mmread", "-q", "--no-pg", "--frame=1", "-o", "first.mms", "raw.dcm"], check=True)
        count += 1
        if "its header says one frame" not in r.stderr.replace("says 1 frame", "says one frame") or (image("x.mms") != image("first.mms")).any():
            wrong += 1
            print("%s, %s frames: %s" % (coding, frames, r.stderr))
print("%d codings, %d wrong" % (count, wrong))
sys.exit(wrong > 0 or count < 60)
