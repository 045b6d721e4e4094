"""Makes a set of patches wrong in one way, so that a check can show that it sees it.

    patch_forge.py PATCHES.mms OUT.mms KIND
"""
import sys

import numpy as np

import mms


def forge(kind, key, tensors, attributes):
    lesion = attributes["label"] != "0"
    if kind == "overlap" and "c" in attributes and lesion:
        attributes["overlap"] = "%.6f" % (float(attributes["overlap"]) * 0.999)
    elif kind == "c" and attributes.get("c") == "0.90" and float(attributes["overlap"]) < 0.95:
        attributes["c"] = "0.95"
    elif kind == "mask" and lesion and 0 < tensors["mask"].mean() < 1:
        tensors["mask"] = np.roll(tensors["mask"], 1, axis=-1)
    elif kind == "image" and lesion:
        tensors["image"] = np.roll(tensors["image"], 1, axis=-2)
    elif kind == "breast" and "breast" in tensors:
        tensors["breast"] = 1 - tensors["breast"]
    elif kind == "label" and lesion:
        other = {"1": ("3", "mass_mal"), "2": ("4", "mass_ben"), "3": ("1", "calc_mal"), "4": ("2", "calc_ben")}
        attributes["label"], attributes["class"] = other[attributes["label"]]
    elif kind == "background" and lesion:
        attributes["label"], attributes["class"] = "0", "background"
    elif kind == "centre":
        x, y = attributes["centre"].split(",")
        attributes["centre"] = "%d,%s" % (int(x) + 1, y)
    elif kind == "to_original":
        attributes["to_original"] = attributes["to_original"].rsplit(" ", 1)[0] + " 17"
    elif kind == "patient":
        attributes["patient"] = "M999"
    else:
        return False
    return True


def main():
    source, out, kind = sys.argv[1:]
    with open(source, "rb") as f:
        records = [(r.key, dict(r.tensors), dict(r.attrs)) for s in mms.read_stream(f) for r in s.records]
    if kind == "missing":
        del records[len(records) // 2]
    elif kind != "none":
        middle = list(range(len(records) // 2, len(records))) + list(range(len(records) // 2))
        if not any(forge(kind, *records[i]) for i in middle):
            sys.exit("nothing to forge")
    with open(out, "wb") as f:
        mms.write_segment(f, records)


main()
