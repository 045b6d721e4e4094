"""Makes small files for tests/golden/commands in the current folder: images, DICOM files, tables, heatmaps; the same each time."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests", "cli"))
import cv2
import images
import numpy as np
from dicom_forge import ExplicitVRBigEndian, Sequence, dataset, item, lut, write

rng = np.random.RandomState(5)


def pictures():
    """images.py's files; a JPEG; PNGs of 8 and 16 bits; a folder of images, with one that is cut short."""
    images.make()
    images.stream("kinds.mms", 5)
    y, x = np.mgrid[:90, :71]
    grey = ((np.sin(x / 9.0) + np.cos(y / 7.0)) * 60 + 128 + rng.randint(-9, 9, x.shape)).astype("u1")
    cv2.imwrite("grey.jpg", grey)
    cv2.imwrite("colour.jpg", np.dstack([grey, grey[::-1], grey[:, ::-1]]))
    cv2.imwrite("grey.png", grey)
    cv2.imwrite("deep.png", grey.astype("u2") * 257 + x.astype("u2"))
    os.makedirs("folder/sub")
    cv2.imwrite("folder/one.png", grey)
    cv2.imwrite("folder/sub/two.jpg", grey[::2])
    with open("folder/cut.png", "wb") as f:
        f.write(open("grey.png", "rb").read()[:900])
    with open("folder/notes.txt", "w") as f:
        f.write("notes\n")


def dicom():
    """A folder of films: bit depths, signs, byte orders, windows, tables, colours, frames; one that is cut short."""
    os.mkdir("dicom")
    v = rng.randint(0, 4096, (40, 30))
    who = dict(PatientID="p1", ImageLaterality="L", ViewPosition="CC", ImagerPixelSpacing=[0.07, 0.08], Modality="MG")
    write("dicom/plain.dcm", v, 12, **who)
    write("dicom/window.dcm", v, 12, WindowCenter=2000, WindowWidth=1000, PatientID="p2", ImageLaterality="R", ViewPosition="MLO")
    write("dicom/inverted.dcm", v, 12, False, "MONOCHROME1", RescaleSlope=0.5, RescaleIntercept=-100, VOILUTFunction="SIGMOID",
          WindowCenter=800, WindowWidth=600)
    write("dicom/signed.dcm", v - 2048, 12, True, syntax=ExplicitVRBigEndian)
    write("dicom/voi.dcm", v, 12, VOILUTSequence=lut(500, 10, np.sort(rng.randint(0, 1024, 3000))))
    write("dicom/rgb.dcm", rng.randint(0, 256, (20, 15, 3)), 8, photometric="RGB")
    groups = Sequence([item(FrameVOILUTSequence=Sequence([item(WindowCenter=1000 * (i + 1), WindowWidth=500)])) for i in range(3)])
    write("dicom/frames.dcm", rng.randint(0, 4096, (3, 20, 15)), 12, PerFrameFunctionalGroupsSequence=groups)
    d = dataset(v, 12)
    d.HighBit, d.PixelData = 13, (v << 2 | 1).astype("<u2").tobytes()
    d.save_as("dicom/high.dcm", write_like_original=False)
    os.mkdir("damaged")
    with open("damaged/cut.dcm", "wb") as f:
        f.write(open("dicom/plain.dcm", "rb").read()[:-100])


def table(name, header, rows, separator="\t"):
    with open(name, "w") as f:
        f.write("\n".join(separator.join(str(cell) for cell in row) for row in [header, *rows]) + "\n")


def manifests():
    """Lesions of images as masks and shapes; the same as a user's table; patients to divide, some in the test set already."""
    table("lesions.tsv", "key image mask patient side view abnormality type pathology label split age".split(),
          ["A a.pgm mask.pgm p1 LEFT CC mass oval BENIGN".split() + ["", "train", 50], ["B", "b.pgm", "", "p2", "LEFT", "CC", "normal", "", "", "", "val", 61],
           "A a.pgm circle:20,20,3 p1 LEFT CC calcification fine MALIGNANT".split() + ["", "train", 50],
           ["C", "c.pgm", "box:1,2,5,6", "p3", "LEFT", "CC", "mass", "", "BENIGN", 0, "train", ""]])
    with open("users.csv", "w") as f:
        f.write('Image,Patient,Side,Mask,Pathology,Abnormality,Label,"Note, long"\na.pgm,p1,L,mask.pgm,benign,mass,,first\n'
                'b.pgm,p2,right,"circle:9,9,4",M,CALC,malignant,"two ""words"""\n')
    table("bad.csv", ["image", "patient", "label"], [("lost.pgm", "p", 0), ("a.pgm", "p", 1)], ",")
    films = [("k%d" % i, "k%d.png" % i, "p%d" % (i // 2), "MALIGNANT" if i % 10 == 3 else "BENIGN", "test" if 20 < i < 40 else "") for i in range(120)]
    table("films.tsv", "key image patient pathology split".split(), films)
    table("undivided.tsv", "key image patient pathology".split(), [row[:4] for row in films])


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def predictions():
    """Of two classes by two models, one with what was known of the records; logits; of five classes."""
    n = 160
    label = (rng.rand(n) < 0.4).astype(int)
    keys = [("Q%03d_%s_%s" % (i // 4, "LEFT RIGHT".split()[i // 2 % 2], "CC MLO".split()[i % 2]), "Q%03d" % (i // 4)) for i in range(n)]

    def save(name, classes, labels, values):
        table(name, ["key", "patient", "label", *classes], [(*k, l, *("%.6g" % v for v in row)) for k, l, row in zip(keys, labels, values)])

    two = ["benign", "malignant"]
    for name, skill in (("a", 1.5), ("b", 0.7)):
        z = np.stack([np.zeros(n), skill * (label - 0.5) + rng.randn(n)], 1)
        save(name + ".tsv", two, label, softmax(z))
        save(name + "-logits.tsv", two, label, z)
    five = rng.randint(0, 5, n)
    save("five.tsv", "background calc_mal calc_ben mass_mal mass_ben".split(), five, softmax(1.2 * np.eye(5)[five] + rng.randn(n, 5)))
    table("known.tsv", "key image patient side mask pathology density split".split(),
          [(k, k + ".png", p, k.split("_")[1], "circle:99,99,%d" % (5 + i % 17),
            "MALIGNANT" if label[i] else "BENIGN_WITHOUT_CALLBACK" if i % 3 == 0 else "BENIGN", 1 + i % 4, "test") for i, (k, p) in enumerate(keys)])


def heatmaps(name, shift):
    """A folder for mmread of images with a lesion (but one) and heat over it, or beside it."""
    os.mkdir(name)
    for i in range(6):
        mask, heat = np.zeros((1, 64, 48), "u1"), np.full((1, 16, 12), 0.1, "f4")
        mask[0, 10 + 5 * i:22 + 5 * i, 8 + 4 * i:20 + 4 * i] = i != 5
        heat[0] += 0.8 * np.roll(mask[0, 2::4, 2::4], shift, 0) + 0.05 * rng.rand(16, 12)
        for tensor, values in (("image", rng.randint(0, 200, (64, 48)).astype("u1")), ("mask", mask), ("heatmap", heat)):
            np.save("%s/i%d.%s.npy" % (name, i, tensor), values)
        with open("%s/i%d.json" % (name, i), "w") as f:
            json.dump({"patient": "P%d" % (i // 2), "heatmap.stride": "4", "heatmap.offset": "2,2"}, f)


pictures()
dicom()
manifests()
predictions()
heatmaps("heat", 0)
heatmaps("shifted", 5)
