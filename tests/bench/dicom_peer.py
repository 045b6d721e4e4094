"""The data side as it is written in Python, with pydicom and OpenCV, one thread: the peer of `make bench BENCH=dicom`.

    make  FOLDER              of mmwrite's FOLDER/KEY.image.png and KEY.mask.N.png files as CBIS-DDSM has them, uncompressed DICOM:
                              KEY.dcm of 16 bits, KEY.mask.N.dcm of 8 bits with 0 and 255
    write OUT FILE...         read, resize to 1152 x 896, segment, write PNG
    patch OUT FILE...         read with its masks, resize, segment, cut sets S and S10, write them as one array

Resizing and segmentation are those of the OpenCV peer (tests/peers/opencv_peer.py)."""
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../cli"))
import cv2
import numpy as np
import pydicom
from dicom_forge import write
from opencv_peer import resize, segment

SIZE, PATCH = (1152, 896), 224


def make(path):
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    image = image * 255 if ".mask." in path else image
    write(path.replace(".image.png", ".dcm").replace(".png", ".dcm"), image)


def data_side(path):
    return segment(resize(pydicom.dcmread(path).pixel_array, SIZE, "area"))


def inside(lesion, total, y, x, c):
    part = lesion[y:y + PATCH, x:x + PATCH].sum()
    return part > c * total or part > c * PATCH * PATCH


def patches(path, rng):
    image = data_side(path)
    masks = [resize(pydicom.dcmread(m).pixel_array, SIZE, "area") > 127 for m in sorted(glob.glob(path[:-4] + ".mask.*.dcm"))]
    image = np.pad(image, PATCH // 2)
    lesions = [np.pad(m, PATCH // 2).astype(np.uint8) for m in masks]
    totals = [int(m.sum()) for m in lesions]

    def background():
        for _ in range(1000):
            y, x = rng.integers(SIZE[0]), rng.integers(SIZE[1])
            tissue = np.count_nonzero(image[y:y + PATCH, x:x + PATCH])
            if tissue > 0.1 * PATCH * PATCH and not any(inside(m, n, y, x, 0.35) for m, n in zip(lesions, totals)):
                return y, x
        return 0, 0

    for m, n in zip(lesions, totals):
        rows, columns = np.nonzero(m[PATCH // 2:-PATCH // 2, PATCH // 2:-PATCH // 2])
        places = [(int(rows.mean()), int(columns.mean())), background()]
        while len(places) < 12:
            y, x = rng.integers(rows.min(), rows.max() + 1), rng.integers(columns.min(), columns.max() + 1)
            if inside(m, n, y, x, 0.9):
                places.append((y, x))
        places += [background() for _ in range(10)]
        for y, x in places:
            yield image[y:y + PATCH, x:x + PATCH]


verb, *files = sys.argv[1:]
cv2.setNumThreads(1)
if verb == "make":
    for path in glob.glob(files[0] + "/*.png"):
        make(path)
elif verb == "write":
    for path in files[1:]:
        cv2.imwrite(os.path.join(files[0], os.path.basename(path)[:-4] + ".png"), data_side(path))
else:
    generator = np.random.default_rng(1)
    np.save(os.path.join(files[0], "patches.npy"), np.stack([p for path in files[1:] for p in patches(path, generator)]))
