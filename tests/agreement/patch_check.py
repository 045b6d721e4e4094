"""Recomputes the rules of METHOD's section 6 for every patch of a set, from the images and masks that it was cut from.

    patch_check.py IMAGES.mms PATCHES.mms [--set s,s10] [--per lesion|image] [--avoid every|own] [--min-tissue X] [--size HxW]

Prints what it counted. Exit 1 when a patch is not what it says it is, naming it; numpy only, nothing of the project.
"""
import argparse
import sys

import numpy as np

import mms

CLASSES = ["background", "calc_mal", "calc_ben", "mass_mal", "mass_ben"]


class Wrong(Exception):
    pass


def expect(condition, *what):
    if not condition:
        raise Wrong(" ".join(str(w) for w in what))


def cut(plane, x, y, height, width):
    """The patch with its centre at (x, y), zeros outside of the plane: pads the whole plane and slices."""
    top, left = height // 2, width // 2
    pad = [(0, 0)] * (plane.ndim - 2) + [(top, height), (left, width)]
    return np.pad(plane, pad)[..., y:y + height, x:x + width]


def overlap(mask, x, y, height, width):
    inside = int(np.count_nonzero(cut(mask, x, y, height, width)))
    return max(inside / np.count_nonzero(mask), inside / (height * width))


class Source:
    """What is looked up again and again for one image; planes padded once."""

    def __init__(self, record, height, width):
        self.record, self.height, self.width = record, height, width
        self.padded = {name: np.pad(t, [(0, 0)] * (t.ndim - 2) + [(height // 2, height), (width // 2, width)])
                       for name, t in record.tensors.items()}
        self.masks = record.tensors.get("mask", np.zeros((0,) + record.tensors["image"].shape[-2:], "u1"))
        self.pixels = [int(np.count_nonzero(m)) for m in self.masks]

    def cut(self, name, x, y):
        return self.padded[name][..., y:y + self.height, x:x + self.width]

    def overlap(self, lesion, x, y):
        inside = int(np.count_nonzero(self.cut("mask", x, y)[lesion]))
        return max(inside / self.pixels[lesion], inside / (self.height * self.width))

    def tissue(self, x, y):
        name = "breast" if "breast" in self.padded else "image"
        return np.count_nonzero(self.cut(name, x, y)) / (self.height * self.width)


def check_patch(source, patch, options, tally):
    a, of = patch.attrs, source.record
    x, y = (int(v) for v in a["centre"].split(","))
    height, width = of.tensors["image"].shape[-2:]
    expect(0 <= x < width and 0 <= y < height, "centre outside of the image")
    for name, tensor in of.tensors.items():
        expect(np.array_equal(patch.tensors[name], source.cut(name, x, y)), "tensor", name, "is not what lies there")
        expect(patch.tensors[name].dtype == tensor.dtype, "dtype of", name)
    old = [float(v) for v in of.attrs.get("to_original", "1 0 0 0 1 0").split()]
    new = [float(v) for v in a["to_original"].split()]
    for px, py in ((0, 0), (source.width, 0), (0, source.height)):
        sx, sy = px + x - source.width // 2, py + y - source.height // 2
        expect(abs(new[0] * px + new[1] * py + new[2] - (old[0] * sx + old[1] * sy + old[2])) < 1e-9, "to_original")
        expect(abs(new[3] * px + new[4] * py + new[5] - (old[3] * sx + old[4] * sy + old[5])) < 1e-9, "to_original")
    for name in ("patient", "split"):
        expect(a.get(name) == of.attrs.get(name), name)
    lesions = range(len(source.masks))
    overlaps = [source.overlap(i, x, y) for i in lesions]
    own = int(a["lesion"]) if "lesion" in a else None
    expect((own is None) == (len(source.masks) == 0), "lesion number")
    expect(CLASSES[int(a["label"])] == a["class"], "label and class disagree")
    if patch.key.rsplit("_", 1)[1].startswith("b"):
        expect(a["label"] == "0", "background is labelled", a["class"])
        expect(a["c"] == "0.35" and abs(float(a["overlap"]) - max(overlaps, default=0)) < 2e-6, "overlap")
        expect(own is None or overlaps[own] <= 0.35, "background overlaps its own lesion by", overlaps[own or 0] if overlaps else 0)
        broken = any(o > 0.35 for o in overlaps)
        expect(not broken or options.avoid == "own", "background overlaps a lesion by", max(overlaps, default=0))
        expect(source.tissue(x, y) >= options.min_tissue, "only", source.tissue(x, y), "of it is tissue")
        tally["background"] += 1
        tally["breaking the rule for another lesion"] += broken
        tally["less than a tenth tissue"] += source.tissue(x, y) < 0.1
        return
    expect(a["class"] == of.attrs["lesion.%d.class" % own], "labelled", a["class"], "but its lesion is",
           of.attrs["lesion.%d.class" % own])
    expect(abs(float(a["overlap"]) - overlaps[own]) < 2e-6, "overlap is", overlaps[own], "and not", a["overlap"])
    rows, columns = np.nonzero(source.masks[own])
    if patch.key.endswith("_c"):
        expect(abs(columns.mean() - x) <= 0.5 and abs(rows.mean() - y) <= 0.5, "not at the centre of mass")
        tally["at a lesion's centre"] += 1
        return
    c = round(float(a["c"]) * 100)
    expect(c in range(0, 91, 5), "c =", a["c"])
    expect(overlaps[own] * 100 > c - 1e-9, "overlap", overlaps[own], "with c =", a["c"])
    expect(columns.min() <= x <= columns.max() and rows.min() <= y <= rows.max(), "centre outside of the bounding box")
    tally["over a lesion"] += 1
    tally["with c lowered"] += c < 90


def check_counts(sources, patches, options):
    """How many patches each set holds of each image and lesion, and under which keys."""
    held = {}
    for patch in patches:
        for name in patch.attrs["set"].split(","):
            kind = "background" if patch.attrs["label"] == "0" else "lesion"
            held[patch.attrs["source"], name, kind] = held.get((patch.attrs["source"], name, kind), 0) + 1
        expect(patch.key.startswith(patch.attrs["source"] + "_"), "key", patch.key)
    expect(len({p.key for p in patches}) == len(patches), "a key twice")
    for key, source in sources.items():
        lesions = len(source.masks)
        units = max(1, lesions if options.per == "lesion" else 1)
        want = {("s", "lesion"): lesions, ("s", "background"): units,
                ("s10", "lesion"): 10 * units if lesions else 0, ("s10", "background"): 10 * units}
        for (name, kind), n in want.items():
            n = n if name in options.set.split(",") else 0
            expect(held.get((key, name, kind), 0) == n, "image", key, "has", held.get((key, name, kind), 0), kind,
                   "patches in", name, "and not", n)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("images")
    parser.add_argument("patches")
    parser.add_argument("--set", default="s,s10")
    parser.add_argument("--per", default="lesion")
    parser.add_argument("--avoid", default="every")
    parser.add_argument("--min-tissue", type=float, default=0.1)
    parser.add_argument("--size", default="224x224")
    options = parser.parse_args()
    height, width = (int(v) for v in options.size.split("x"))
    with open(options.images, "rb") as f:
        sources = {r.key: r for segment in mms.read_stream(f) for r in segment.records}
    with open(options.patches, "rb") as f:
        patches = [r for segment in mms.read_stream(f) for r in segment.records]
    tally = {k: 0 for k in ("at a lesion's centre", "over a lesion", "with c lowered", "background",
                            "breaking the rule for another lesion", "less than a tenth tissue")}
    source = None
    for patch in patches:
        try:
            if source is None or source.record.key != patch.attrs["source"]:
                source = Source(sources[patch.attrs["source"]], height, width)
                sources[source.record.key] = source.record
            check_patch(source, patch, options, tally)
        except (Wrong, KeyError, ValueError) as e:
            print("%s: %s" % (patch.key, e if isinstance(e, Wrong) else repr(e)))
            return 1
    try:
        check_counts({k: argparse.Namespace(masks=r.tensors.get("mask", ())) for k, r in sources.items()}, patches, options)
    except Wrong as e:
        print(e)
        return 1
    for name, n in tally.items():
        print("%d\t%s" % (n, name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
