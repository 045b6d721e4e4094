"""mini-MIAS as a stream, made without the project's programs: image, one mask plane per lesion (circles), breast.

    mias_stream.py MIAS OUT.mms LESIONS NORMALS     the first films with a placed lesion, and the first without any
"""
import csv
import os
import sys

import numpy as np
from PIL import Image

import mms


def record(folder, name, rows):
    image = np.array(Image.open(os.path.join(folder, name + ".png")))
    y, x = np.mgrid[:image.shape[0], :image.shape[1]]
    planes, attributes = [], {"patient": "M%03d" % ((int(name[3:]) + 1) // 2), "split": "train"}
    for row in rows:
        if not row["radius"]:
            continue
        cx, cy, radius = int(row["x"]), int(row["y_topleft"]), int(row["radius"])
        attributes["lesion.%d.class" % len(planes)] = ("calc" if row["class"] == "CALC" else "mass") + (
            "_mal" if row["severity"] == "M" else "_ben")
        planes.append(((x - cx) ** 2 + (y - cy) ** 2 <= radius * radius).astype("u1"))
    attributes["label"] = str(int(any(row["severity"] == "M" for row in rows)))
    tensors = {"image": image}
    if planes:
        tensors["mask"] = np.stack(planes)
    if int(name[3:]) % 2:  # every other film has a breast mask, so that both ways of finding tissue are used
        tensors["breast"] = (image > 20).astype("u1")
        attributes["to_original"] = "2 0 10 0 3 -4"
    return name, tensors, attributes


def main():
    folder, out = sys.argv[1:3]
    lesions, normals = (int(n) for n in sys.argv[3:5])
    films = {}
    with open(os.path.join(folder, "labels.csv")) as table:
        for row in csv.DictReader(table):
            films.setdefault(row["image"], []).append(row)
    names = []
    for name, rows in sorted(films.items()):
        if any(row["radius"] for row in rows):
            if lesions > 0:
                names.append(name)
            lesions -= 1
        elif normals > 0 and all(row["class"] == "NORM" for row in rows):
            names.append(name)
            normals -= 1
    with open(out, "wb") as f:
        mms.write_segment(f, (record(folder, name, films[name]) for name in names))


main()
