"""Every file of data/dicom that DCMTK decodes: mmread makes the same values of it. python3 dcmtk_files.py FOLDER"""
import os
import subprocess
import sys
import warnings

from pydicom import dcmread
from dicom_forge import *

warnings.simplefilter("ignore")
folder = sys.argv[1]
TOOLS = {"1.2.840.10008.1.2.5": "dcmdrle", "1.2.840.10008.1.2.4.80": "dcmdjpls", "1.2.840.10008.1.2.4.81": "dcmdjpls"}
TOOLS.update(("1.2.840.10008.1.2.4.%d" % n, "dcmdjpeg") for n in (50, 51, 53, 55, 57, 70))


def by_dcmtk(path):
    """Stored values of the first frame, little endian and not compressed, as DCMTK writes them, and the data set; or None."""
    try:
        d = dcmread(path, force=True)
        tool = [TOOLS.get(d.file_meta.get("TransferSyntaxUID"), "dcmconv")]
        lossy = d.PhotometricInterpretation.startswith("YBR")  # whose luminance is read as it is, not of colours that were clipped
        if "PixelData" not in d or d.BitsStored > 16 or lossy:
            return None
        if tool == ["dcmconv"]:
            tool.append("+te")
        subprocess.run(tool + [path, "plain.dcm"], check=True, capture_output=True)
        d = dcmread("plain.dcm")
        v = d.pixel_array
        return (v[0] if v.ndim > 2 + (d.SamplesPerPixel == 3) else v), d
    except Exception:
        return None


files = sorted(os.path.join(f, n) for f, _, names in os.walk(folder) for n in names)
open("all.tsv", "w").write("key\timage\n" + "".join("f%03d\t%s\n" % (i, p) for i, p in enumerate(files)))
subprocess.run(["mmread", "-q", "--manifest", "all.tsv", "--on-error=skip", "-o", "all.mms"], check=True, capture_output=True)
ours = {r.key: r.tensors["image"] for r in records("all.mms")}
compared = wrong = 0
for i, path in enumerate(files):
    mine, theirs = ours.get("f%03d" % i), by_dcmtk(path)
    if mine is None or theirs is None or theirs[1].PhotometricInterpretation == "PALETTE COLOR":
        continue
    v, d = theirs
    full = 2.0 ** d.BitsStored - 1
    if d.SamplesPerPixel == 3:
        good = np.abs(mine - v @ [0.299, 0.587, 0.114] / full * (255 if mine.dtype == "u1" else 65535)).max() < 0.51
    else:
        y = (v.astype(float) + (2.0 ** (d.BitsStored - 1) if d.PixelRepresentation else 0)) / full
        y = 1 - y if d.PhotometricInterpretation == "MONOCHROME1" else y
        y = np.where(v == d.PixelPaddingValue, 0, y) if "PixelPaddingValue" in d else y
        good = (mine == grey(y, d.BitsStored)).all()
    compared += 1
    if not good:
        wrong += 1
        print("%s: other values" % os.path.relpath(path, folder))
print("%d files compared, %d wrong" % (compared, wrong))
sys.exit(wrong > 0 or compared < 60)
