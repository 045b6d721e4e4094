"""Resizing and segmentation held against OpenCV and against real films. Used by resize.sh, films.sh and segment.sh.

    streams are read and written by tests/peers/mms.py, OpenCV's side is tests/peers/opencv_peer.py

    resize STREAM FILE... --size HxW --filter F --full N [--shift]     pixels agree with the peer's to 1/255 of full scale
    masks  STREAM FILE... [--shift]             `breast` agrees with the peer's largest outline; FILE: images, or one stream
    kept   STREAM FILE...                                              share of the peer's breast that `breast` keeps
    bite   STREAM THRESHOLD [--shift]           few films lose much of the other stream's `breast`, and little is added
    sizes  STREAM SMALLER --least IOU [--shift] `breast` is the same at a smaller size, on 95 % of the films
    regions STREAM EXPECTED [--shift]           regions that must be 0 or kept whole, in pixels of 1152 rows
    copies OUT.mms FILE...                                             films, mirrored, upside down, transposed, shifted
    moved  STREAM                                                      those copies' masks, moved back, are the film's
--shift makes the result wrong on purpose, by moving it a little: the check must then fail.
"""
import argparse
import os
import statistics
import sys

import cv2  # noqa: E402
import mms
import numpy as np  # noqa: E402
import opencv_peer  # noqa: E402

PAD = ((37, 11), (5, 53))


def records(stream):
    with open(stream, "rb") as f:
        return [r for s in mms.read_stream(f) for r in s.records]


def load(path):
    return cv2.imread(path, cv2.IMREAD_UNCHANGED)


def iou(a, b):
    a, b = a > 0, b > 0
    return (a & b).sum() / max(1, (a | b).sum())


def outline(image):
    """The mask by which the peer multiplies (opencv_peer.segment keeps it to itself; see the check in masks)."""
    view = (image.astype(np.float32) / image.max() * 255).astype(np.uint8)
    binary = cv2.threshold(view, int(view.max() * 0.05), 255, cv2.THRESH_BINARY)[1]
    found = cv2.findContours(binary, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[0]
    mask = np.zeros(view.shape, np.uint8)
    cv2.drawContours(mask, [max(found, key=cv2.contourArea)], -1, 1, -1)
    return mask


def worst(values, least, what):
    value, key = min(values)
    print("%s: %d images, worst %.4f (%s), median %.4f" % (what, len(values), value, key, statistics.median(v for v, _ in values)))
    return value >= least


def resize(a):
    size = tuple(int(v) for v in a.size.split("x"))
    largest = 0
    for record, path in zip(records(a.stream), a.files):
        ours = record.tensors["image"].astype(float)
        theirs = opencv_peer.resize(load(path), size, a.filter).astype(float)
        if a.shift:
            ours = np.roll(ours, 1, 1)
        assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
        largest = max(largest, np.abs(ours - theirs).max() * 255 / a.full)
    print("%s to %s: largest difference %.4f of 255" % (a.filter, a.size, largest))
    return largest <= 1


def masks(a):
    found = records(a.stream)
    if a.files[0].endswith(".mms"):
        images = [r.tensors["image"] for r in records(a.files[0])]
    else:
        images = [load(path) for path in a.files]
    assert len(found) == len(images)
    assert np.array_equal(opencv_peer.segment(images[0]), images[0] * outline(images[0]).astype(images[0].dtype))
    values = []
    for record, image in zip(found, images):
        ours = np.roll(record.tensors["breast"], 20, 0) if a.shift else record.tensors["breast"]
        assert int(record.attrs["breast_area"]) == record.tensors["breast"].sum()
        values.append((iou(ours, outline(image)), record.key))
    return worst(values, 0.995, "IoU with the peer's mask")


def kept(a):
    values = []
    for record, path in zip(records(a.stream), a.files):
        theirs = outline(load(path)) > 0
        values.append(((record.tensors["breast"][theirs] > 0).mean(), record.key))
    few = sorted(v for v in values if v[0] < 0.95)
    print("of the peer's breast: median %.4f kept; below 0.95: %s" % (
        statistics.median(v for v, _ in values), " ".join("%s %.2f" % (k, v) for v, k in few)))
    return statistics.median(v for v, _ in values) >= 0.99 and len(few) <= 12


def breasts(stream):
    with open(stream, "rb") as f:
        return {r.key: r.tensors["breast"] > 0 for s in mms.read_stream(f) for r in s.records}


def bite(a):
    ours, theirs = breasts(a.stream), breasts(a.files[0])
    if a.shift:
        ours = {key: np.roll(mask, len(mask) // 15, 0) for key, mask in ours.items()}
    share = {key: (ours[key] & mask).sum() / mask.sum() for key, mask in theirs.items()}
    added = statistics.median((ours[key] & ~mask).sum() / mask.sum() for key, mask in theirs.items())
    few = sorted((value, key) for key, value in share.items() if value < 0.95)
    print("%d films, median kept %.4f, added %.4f; below 0.95: %s" % (
        len(share), statistics.median(share.values()), added, " ".join("%s %.2f" % (k, v) for v, k in few)))
    return len(few) * 258 <= 11 * len(share) and added <= 0.05


def sizes(a):
    large, small = breasts(a.stream), breasts(a.files[0])
    values = []
    for key, mask in large.items():
        n = len(mask) // len(small[key])
        other = np.repeat(np.repeat(small[key], n, 0), n, 1)
        values.append((iou(np.roll(mask, 15, 0) if a.shift else mask, other), key))
    few = sorted(v for v in values if v[0] < a.least)
    print("%d films, median IoU %.4f; below %.2f: %s" % (
        len(values), statistics.median(v for v, _ in values), a.least, " ".join("%s %.3f" % (k, v) for v, k in few[:20])))
    return len(few) * 20 <= len(values)


def regions(a):
    images = {r.key: r.tensors for r in records(a.stream)}
    good = True
    with open(a.expected) as f:
        rows = [line.rstrip("\n").split("\t") for line in f][1:]
    for name, rule, x0, y0, x1, y1, what in rows:
        tensors = images[name[:-4]]
        mask = np.roll(tensors["breast"], 150 * len(tensors["breast"]) // 1152, 1) if a.shift else tensors["breast"]
        n = 1152 // len(mask)
        part = mask[-(-int(y0) // n):int(y1) // n, -(-int(x0) // n):int(x1) // n]
        assert ((tensors["image"] > 0) <= (tensors["breast"] > 0)).all()
        right = part.max() == 0 if rule == "zero" else part.min() == 1
        if not right:
            print("%s: %s (%s) is not so" % (name, rule, what))
        good = good and right
    return good and len(rows) > 0


def copies(a):
    out = []
    for path in a.files:
        image, key = load(path), os.path.basename(path)[:-4]
        for name, copy in (("film", image), ("mirrored", image[:, ::-1]), ("upside", image[::-1]), ("transposed", image.T),
                           ("shifted", np.pad(image, PAD))):
            out.append(("%s.%s" % (key, name), {"image": np.ascontiguousarray(copy)}, {}))
    with open(a.stream, "wb") as f:
        mms.write_segment(f, out)
    return True


def moved(a):
    values, film = [], None
    for record in records(a.stream):
        mask, name = record.tensors["breast"], record.key.split(".")[-1]
        if name == "film":
            film = mask
            continue
        (top, bottom), (left, right) = PAD
        back = {"mirrored": lambda m: m[:, ::-1], "upside": lambda m: m[::-1], "transposed": lambda m: m.T,
                "shifted": lambda m: m[top:-bottom, left:-right]}[name](mask)
        if a.shift:
            back = np.roll(back, 15, 0)
        values.append((iou(back, film), record.key))
    return worst(values, 0.98, "copies")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("verb", choices=["resize", "masks", "kept", "bite", "sizes", "regions", "copies", "moved"])
    p.add_argument("stream")
    p.add_argument("files", nargs="*")
    p.add_argument("--size")
    p.add_argument("--filter")
    p.add_argument("--full", type=float, default=255)
    p.add_argument("--least", type=float)
    p.add_argument("--shift", action="store_true")
    a = p.parse_args()
    a.expected = a.files[0] if a.files else None
    sys.exit(0 if globals()[a.verb](a) else 1)


if __name__ == "__main__":
    main()
