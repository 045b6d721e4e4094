"""Builds CBIS-DDSM as it is downloaded, from its tables (or those of tables.py) and phantom films: folders and files named as the archive's and
Kaggle's index files name them.

    tree.py nbia|rest|kaggle OUT --tables DIR --phantoms FILE.mms [--damage] [--part K/N] [--patients N] [--plan FILE]

--damage plants every kind of damage that a download may have; --part leaves out all but the cases whose number is K modulo N;
--patients takes the first N patients alone. What was done to which case is written to the plan (JSON), for expect.py.
The tables say which series a file is of, and which of the two files in a series they take for the mask."""
import argparse
import csv
import json
import os
import shutil
import struct
import zlib

import mms
import numpy as np

TABLES = [(kind, part, "%s_case_description_%s_set.csv" % (kind, part)) for kind in ("calc", "mass") for part in ("train", "test")]
FULL, CROP, MASK = "full mammogram images", "cropped images", "ROI mask images"
LONG = (b"OB", b"OW", b"SQ", b"UN")


def lesions(tables):
    for kind, part, name in TABLES:
        with open(os.path.join(tables, name), newline="") as f:
            for row in csv.DictReader(f):
                row = {k.replace("_", " "): v.strip() for k, v in row.items()}
                image, crop, mask = (row[c].split("/") for c in ("image file path", "cropped image file path", "ROI mask file path"))
                yield {"name": mask[0], "image": image[0], "patient": row["patient id"], "side": row["left or right breast"],
                       "view": row["image view"], "study": image[1], "series": image[2], "mask_study": mask[1], "mask_series": mask[2],
                       "crop_study": crop[1], "crop_series": crop[2], "mask_place": int(mask[3][:6])}


def number(text):
    """A number that depends on the text alone."""
    return zlib.crc32(text.encode())


# ---- files ----

def element(group, tag, vr, value):
    if isinstance(value, int):
        value = struct.pack("<H", value)
    elif isinstance(value, str):
        value = value.encode()
    if len(value) % 2:
        value += b"\0" if vr in (b"UI", b"OB") else b" "
    head = struct.pack("<HH", group, tag) + vr
    return head + (struct.pack("<HI", 0, len(value)) if vr in LONG else struct.pack("<H", len(value))) + value


def dicom(pixels, case, study, series, kind, side, view, instance, date):
    """Secondary capture, as MATLAB wrote it: little endian, explicit, MONOCHROME2, 8 or 16 bits, no window."""
    bits = 8 * pixels.dtype.itemsize
    sop = "%s.%d" % (series[:40], number(case + kind + str(instance)))
    syntax = element(2, 1, b"OB", b"\0\1") + element(2, 2, b"UI", "1.2.840.10008.5.1.4.1.1.7") + element(2, 3, b"UI", sop) + \
        element(2, 0x10, b"UI", "1.2.840.10008.1.2.1") + element(2, 0x12, b"UI", "1.2.40.0.13.1.1.1")
    e = element
    parts = [b"\0" * 128, b"DICM", e(2, 0, b"UL", struct.pack("<I", len(syntax))), syntax, e(8, 5, b"CS", "ISO_IR 100"),
             e(8, 0x16, b"UI", "1.2.840.10008.5.1.4.1.1.7"), e(8, 0x18, b"UI", sop), e(8, 0x20, b"DA", date),
             e(8, 0x60, b"CS", "MG"), e(8, 0x64, b"CS", "WSD"), e(8, 0x103e, b"LO", kind), e(0x10, 0x10, b"PN", case),
             e(0x10, 0x20, b"LO", case), e(0x18, 0x15, b"CS", "BREAST"), e(0x18, 0x1018, b"LO", "MATLAB"),
             e(0x20, 0xd, b"UI", study), e(0x20, 0xe, b"UI", series), e(0x20, 0x10, b"SH", "DDSM"), e(0x20, 0x11, b"IS", "1"),
             e(0x20, 0x13, b"IS", str(instance)), e(0x20, 0x20, b"CS", view), e(0x20, 0x60, b"CS", side[0]),
             e(0x28, 2, b"US", 1), e(0x28, 4, b"CS", "MONOCHROME2"), e(0x28, 0x10, b"US", pixels.shape[0]),
             e(0x28, 0x11, b"US", pixels.shape[1]), e(0x28, 0x100, b"US", bits), e(0x28, 0x101, b"US", bits),
             e(0x28, 0x102, b"US", bits - 1), e(0x28, 0x103, b"US", 0),
             e(0x7fe0, 0x10, b"OW" if bits == 16 else b"OB", pixels.astype("<u2" if bits == 16 else "u1").tobytes())]
    return b"".join(parts)


def jpeg(pixels):
    import cv2
    eight = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    return cv2.imencode(".jpg", eight, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def resize(mask, height, width):
    h, w = mask.shape
    return mask[np.arange(height) * h // height][:, np.arange(width) * w // width]


# ---- what is planted ----

class Plan:
    """Says what becomes of a case: chosen by number, from cases that serve for nothing else."""

    def __init__(self, all_lesions, damage):
        self.images, self.lesions, self.views = {}, {}, {}
        self.swapped, self.size, self.loose = set(), {}, set()
        images = {}
        for l in all_lesions:
            images.setdefault(l["image"], []).append(l)
        sets = {}
        for l in all_lesions:
            sets.setdefault(l["patient"], set()).add(l["image"].split("_")[0].split("-")[1])
        views = {}
        for name, ls in images.items():
            views.setdefault((ls[0]["patient"], ls[0]["side"], ls[0]["view"]), []).append(name)
        for l in all_lesions:
            if number(l["name"] + "swap") % 3 == 0:
                self.swapped.add(l["name"])
            if number(l["name"] + "size") % 20 == 0:
                self.size[l["name"]] = [(1.5, 1.5), (0.75, 0.75), (2, 2.03), (1.25, 1.25)][number(l["name"]) % 4]
        if not damage:
            return
        # Cases of patients in one set alone, of one table, in an order without meaning.
        plain = sorted((n for n, ls in images.items() if len(sets[ls[0]["patient"]]) == 1 and
                        len(views[(ls[0]["patient"], ls[0]["side"], ls[0]["view"])]) == 1), key=number)
        shared = [n for n in plain if all(l["mask_series"] == l["crop_series"] for l in images[n])]
        used = iter(shared)
        for what, n in (("missing", 10), ("cut", 3), ("text", 2), ("empty", 1), ("twice", 2), ("no pixels", 1), ("few pixels", 1)):
            for _ in range(n):
                self.images[next(used)] = what
        for what, n in (("missing", 12), ("only crop", 8), ("aspect", 5), ("little aspect", 2), ("cut", 3), ("text", 2), ("empty", 1),
                        ("two masks", 2), ("two crops", 2), ("grey", 1)):
            for _ in range(n):
                name = images[next(used)][0]["name"]
                self.lesions[name] = what
                self.swapped.discard(name)
                self.size.pop(name, None)
        for _ in range(3):
            self.loose.add(next(used))
        both = sorted((names for names in views.values() if len(names) == 2), key=lambda names: number(names[0]))
        for what, n in (("pixel", 2), ("size", 1), ("first missing", 2), ("second missing", 2), ("both missing", 1), ("second cut", 1)):
            for _ in range(n):
                a, b = sorted(both.pop())
                if what in ("pixel", "size"):
                    self.views[b] = what
                if what == "size":  # its film has a row less, its masks have not
                    for l in images[b]:
                        self.size.setdefault(l["name"], (1, 1))
                if what in ("first missing", "both missing"):
                    self.images[a] = "missing"
                if what in ("second missing", "both missing"):
                    self.images[b] = "missing"
                if what == "second cut":
                    self.images[b] = "cut"


class Tree:
    def __init__(self, out, layout, films, plan):
        self.out, self.layout, self.films, self.plan = out, layout, films, plan
        self.paths = {}
        self.number = 0

    def write(self, case, study, series, kind, name, data):
        day = number(case) % 28 + 1
        if self.layout == "nbia":
            folder = "%s/07-%02d-2016-DDSM-%s/1.000000-%s-%s" % (case, day, study[-5:], kind, series[-5:])
        elif self.layout == "rest":
            folder = "%s/%s/%s" % (case, study, series)
        else:
            folder = "jpeg/" + series
        if case in self.plan.loose:
            folder = "loose/" + case.replace("_", "")  # a name that tells nothing
        os.makedirs(os.path.join(self.out, folder), exist_ok=True)
        path = os.path.join(folder, name)
        with open(os.path.join(self.out, path), "wb") as f:
            f.write(data)
        return path

    def name(self, place):
        if self.layout != "kaggle":
            return "1-%d.dcm" % (place + 1)
        self.number = (self.number * 7 + 11) % 293
        return "%d-%03d.jpg" % (place + 1, self.number)

    def encode(self, pixels, case, study, series, kind, l, instance):
        if self.layout == "kaggle":
            return jpeg(pixels)
        return dicom(pixels, case, study, series, kind, l["side"], l["view"], instance, "20160720")

    def film(self, l):
        """Image and masks of a view: its two tables show the same film."""
        return self.films[number("%(patient)s%(side)s%(view)s" % l) % len(self.films)]

    def image(self, l):
        case, what = l["image"], self.plan.images.get(l["image"])
        if what == "missing":
            return
        pixels = self.film(l)[0]
        if self.plan.views.get(case) == "pixel":
            pixels = pixels.copy()
            pixels[3, 4] ^= 1
        if self.plan.views.get(case) == "size":
            pixels = pixels[:-1]
        data = self.encode(pixels, case, l["study"], l["series"], FULL, l, 1)
        if what == "few pixels":  # the element is whole, and too short for the header's rows
            data = self.encode(pixels[:-2], case, l["study"], l["series"], FULL, l, 1).replace(
                element(0x28, 0x10, b"US", pixels.shape[0] - 2), element(0x28, 0x10, b"US", pixels.shape[0]))
        data = spoil(data, what)
        path = self.write(case, l["study"], l["series"], FULL, self.name(0), data)
        if what == "twice":
            self.write(case, l["study"], l["series"], FULL, self.name(1), data)
        if what in (None, "twice"):
            self.paths[case] = path
        if self.layout == "rest":
            self.write(case, l["study"], l["series"], FULL, "LICENSE", b"Creative Commons Attribution 3.0\n")

    def lesion(self, l):
        case, what = l["name"], self.plan.lesions.get(l["name"])
        if what == "missing":
            return
        film, masks = self.film(l)
        mask = masks[number(case) % len(masks)] * np.uint8(255)
        rows, columns = np.nonzero(mask)
        crop = film[rows.min():rows.max() + 1, columns.min():columns.max() + 1] | 1
        if case in self.plan.size:
            mask = resize(mask, *(int(n * f) for n, f in zip(mask.shape, self.plan.size[case])))
        if what in ("aspect", "little aspect"):  # the first square, the other 2.1 % too wide
            mask = resize(mask, mask.shape[0] * 2, int(mask.shape[1] * (2.6667 if what == "aspect" else 2.0417) + 0.5))
        if what == "two masks":
            crop = mask
        if what == "two crops":
            mask = crop
        if what == "grey":
            mask = film
        one = l["mask_series"] == l["crop_series"]
        swapped = case in self.plan.swapped
        mask_first = (l["mask_place"] == 0) != swapped
        places = (0 if mask_first else 1, 1 if mask_first else 0) if one else (0, 0)
        series = [(l["mask_study"], l["mask_series"]), (l["crop_study"], l["crop_series"])]
        if swapped and not one:
            series.reverse()
        # The archive describes a shared series by either name, or not at all.
        kinds = [["ROI mask images", "cropped images", "NA"][number(case) % 3]] * 2 if one else [MASK, CROP]
        for k, pixels in ((0, mask), (1, crop)):
            if k == 0 and what == "only crop":
                continue
            data = self.encode(pixels, case, *series[k], kinds[k], l, places[k] + 1)
            path = self.write(case, *series[k], kinds[k], self.name(places[k]), spoil(data, what if k == 0 else None))
            if k == 0 and what is None:
                self.paths[case] = path


def spoil(data, what):
    if what == "cut":
        return data[:-100]
    if what == "text":
        return b"<html><body>503 Service Unavailable</body></html>\n"
    if what == "empty":
        return b""
    if what == "no pixels":
        return data[:data.rindex(struct.pack("<HH", 0x7fe0, 0x10))]
    return data


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("layout", choices=("nbia", "rest", "kaggle"))
    parser.add_argument("out")
    parser.add_argument("--tables", required=True)
    parser.add_argument("--phantoms", required=True)
    parser.add_argument("--damage", action="store_true")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--patients", type=int, default=0)
    parser.add_argument("--plan")
    args = parser.parse_args()
    all_lesions = list(lesions(args.tables))
    films = []
    with open(args.phantoms, "rb") as f:
        for segment in mms.read_stream(f):
            films += [(r.tensors["image"], [m for m in r.tensors["mask"] if m.any()]) for r in segment.records]
    plan = Plan(all_lesions, args.damage)
    out = os.path.join(args.out, "CBIS-DDSM") if args.layout != "kaggle" else args.out
    tree = Tree(out, args.layout, films, plan)
    k, n = map(int, args.part.split("/"))
    wanted = sorted({l["patient"] for l in all_lesions})[:args.patients or None]
    absent = set()
    seen = set()
    for l in all_lesions:
        if l["patient"] not in wanted:
            absent |= {l["image"], l["name"]}
            continue
        if number(l["image"]) % n != k:
            absent.add(l["image"])
        elif l["image"] not in seen:
            tree.image(l)
        seen.add(l["image"])
        if number(l["name"]) % n != k:
            absent.add(l["name"])
        else:
            tree.lesion(l)
    tables = os.path.join(args.out, "csv") if args.layout == "kaggle" else args.out
    os.makedirs(tables, exist_ok=True)
    for _, _, name in TABLES:
        shutil.copyfile(os.path.join(args.tables, name), os.path.join(tables, name))
    strays = 0
    if args.damage:
        for strays in range(1, 6):
            tree.write("Other_P_%d" % strays, "1.2.3", "1.2.3.%d" % strays, FULL, "1-1.dcm",
                       dicom(films[0][0], "x", "1.2.3", "1.2.3.%d" % strays, FULL, "LEFT", "CC", 1, "20160720"))
    if args.plan:
        with open(args.plan, "w") as f:
            json.dump({"out": out, "paths": tree.paths, "absent": sorted(absent), "images": plan.images, "lesions": plan.lesions,
                       "swapped": sorted(plan.swapped), "size": sorted(plan.size), "apart": sorted(plan.views), "strays": strays}, f)


main()
