"""mmaugment beside NumPy and OpenCV: prepare() writes images, compare() changes them by the same draws."""
import sys

import cv2
import numpy as np

import mms
from training import Random, fnv1a

SEED, EPOCH = 1, 1
FULL = {"u1": 255, "u2": 65535, "f4": 1}


def prepare():
    rng = np.random.RandomState(2)
    records = []
    for kind, full in FULL.items():
        for i, (h, w) in enumerate([(97, 64), (33, 120), (40, 40)]):
            y, x = np.mgrid[:h, :w] / h
            grain = cv2.GaussianBlur(rng.randn(h, w), (0, 0), 2)
            image = np.clip(0.5 + 0.3 * np.sin(9 * x + 5 * y + i) + 0.1 * grain + 0.3 * (x > 0.4), 0, 1) * full
            image = image.astype("f4") if kind == "f4" else np.rint(image).astype(kind)
            records.append(("%s-%d" % (kind, i), {"image": image, "mask": (image > 0.6 * full).astype("u1")[None]}, {}))
    with open("in.mms", "wb") as f:
        mms.write_segment(f, records)


def draws(key):
    """The doubles of common/image/augment.h, in their order."""
    r = Random(SEED, fnv1a(key + "augment"), EPOCH)
    return [r.double() for _ in range(8)]


def between(low, high, u):
    return low + (high - low) * u


def pixels(image, contrast, gain, shift, gamma, off):
    """Contrast about the image's mean, gain or shift, clipped, gamma; `off`: share of full scale that rounding adds before it."""
    full = FULL[image.dtype.str[1:]]
    v = image.astype("f8")
    v = np.clip(((v - v.mean()) * contrast + v.mean()) * gain + (shift / 255 + off) * full, 0, full)
    return full * (v / full) ** gamma


def warped(image, u, border, flags):
    """By cv2.warpAffine: flip, zoom, shear, rotate about the centre, from old to new."""
    h, w = image.shape
    degrees, zoom, shear = np.deg2rad(between(-180, 180, u[2])), between(0.2, 1.5, u[3]), np.tan(np.deg2rad(between(-20, 20, u[4])))
    flip = np.diag([-1 if u[0] < 0.5 else 1, -1 if u[1] < 0.5 else 1, 1.0])
    turn = np.array([[np.cos(degrees), np.sin(degrees), 0], [-np.sin(degrees), np.cos(degrees), 0], [0, 0, 1]])
    move = np.array([[1, 0, -(w - 1) / 2], [0, 1, -(h - 1) / 2], [0, 0, 1.0]])
    whole = np.linalg.inv(move) @ turn @ np.array([[1, shear, 0], [0, 1, 0], [0, 0, 1.0]]) @ np.diag([zoom, zoom, 1]) @ flip @ move
    return cv2.warpAffine(image, whole[:2], (w, h), flags=flags, borderMode=border)


def read(name):
    with open(name, "rb") as f:
        return [r for segment in mms.read_stream(f) for r in segment.records]


def compare():
    before = {r.key: r for r in read("in.mms")}
    for name in ("contrast", "gamma", "both", "shift"):
        far = 0
        for r in read(name + ".mms"):
            u, image = draws(r.key), before[r.key].tensors["image"]
            contrast = between(0.4, 1.8, u[7]) if name != "gamma" else 1
            gamma = between(0.5, 2, u[6]) if name != "contrast" else 1
            gain, shift = between(0.8, 1.2, u[5]) if name == "both" else 1, between(-20, 20, u[5]) if name == "shift" else 0
            least, want, most = (pixels(image, contrast, gain, shift, gamma, off) for off in (-3e-7, 0, 3e-7))
            full, ours = FULL[image.dtype.str[1:]], r.tensors["image"].astype("f8")
            apart, free = np.abs(ours - want).max(), 0.5 + full * 2e-6 if full > 1 else 2e-6
            assert (ours >= least - free).all() and (ours <= most + free).all(), (name, r.key, apart)
            far = max(far, apart / full)
        print("%s: at most %.2g of full scale apart" % (name, far))
    far, other = 0, 0
    for r in read("reflect.mms"):
        u, image = draws(r.key), before[r.key].tensors["image"]
        full = FULL[image.dtype.str[1:]]
        ours = r.tensors["image"].astype("f8") / full
        scaled = (image / full).astype("f4")
        far = max(far, np.abs(ours - warped(scaled, u, cv2.BORDER_REFLECT_101, cv2.INTER_LINEAR)).max() * 255)
        other = max(other, np.abs(ours - warped(scaled, u, cv2.BORDER_REFLECT, cv2.INTER_LINEAR)).max() * 255)
        mask = warped(before[r.key].tensors["mask"][0], u, cv2.BORDER_REFLECT_101, cv2.INTER_NEAREST)
        assert (mask != r.tensors["mask"][0]).mean() < 0.01, r.key  # ties of rounding
    print("mirrored: at most %.2g levels of 255 from BORDER_REFLECT_101, %.2g from BORDER_REFLECT" % (far, other))
    assert far < 4 < other, (far, other)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
