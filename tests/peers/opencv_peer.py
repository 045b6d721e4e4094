"""The data side in Python with OpenCV (Debian: python3-opencv; run with /usr/bin/python3): the peer to agree with and to beat.

    resize  IN.png OUT.png [--filter area|bilinear] [--size HxW]     aspect kept, symmetric zero padding (centre crop when wider)
    segment IN.png OUT.png                                          outside of the largest bright outline set to 0
    bench   FILE...                                                 decode, resize, segment, encode: seconds per image, one thread

Resizing and segmentation make the choices of --as=published, so outputs can be compared pixel by pixel.
"""
import argparse
import statistics
import time

import cv2
import numpy as np


def resize(img, size, how):
    h, w = img.shape
    scale = size[0] / h
    new = max(1, int(w * scale))
    out = cv2.resize(img, (new, size[0]), interpolation={"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR}[how])
    d = abs(size[1] - new)
    if new > size[1]:
        return out[:, d // 2:d // 2 + size[1]]
    return np.pad(out, ((0, 0), (d // 2, d - d // 2)))


def segment(img):
    view = (img.astype(np.float32) / img.max() * 255).astype(np.uint8)
    _, binary = cv2.threshold(view, int(view.max() * 0.05), 255, cv2.THRESH_BINARY)
    outlines = cv2.findContours(binary, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[0]
    mask = np.zeros(view.shape, np.uint8)
    cv2.drawContours(mask, [max(outlines, key=cv2.contourArea)], -1, 1, -1)
    return img * mask.astype(img.dtype)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("verb", choices=["resize", "segment", "bench"])
    p.add_argument("files", nargs="+")
    p.add_argument("--filter", default="area", choices=["area", "bilinear"])
    p.add_argument("--size", default="1152x896")
    a = p.parse_args()
    size = tuple(int(v) for v in a.size.split("x"))
    cv2.setNumThreads(1)
    if a.verb == "bench":
        times = []
        for path in a.files:
            t = time.perf_counter()
            out = segment(resize(cv2.imread(path, cv2.IMREAD_UNCHANGED), size, a.filter))
            cv2.imencode(".png", out)
            times.append(time.perf_counter() - t)
        print("opencv %s: median %.1f ms per image" % (cv2.__version__, statistics.median(times) * 1e3))
        return
    img = cv2.imread(a.files[0], cv2.IMREAD_UNCHANGED)
    cv2.imwrite(a.files[1], resize(img, size, a.filter) if a.verb == "resize" else segment(img))


if __name__ == "__main__":
    main()
