"""The four tables of CBIS-DDSM, made up: tables.py OUT writes OUT/{calc,mass}_case_description_{train,test}_set.csv.

Their counts are those of the real tables (lesions, images, views, patients), and so is what is wrong with them: 71 views stand in
two tables, 16 of them with labels that contradict each other (7 across training and test); 17 images have benign and malignant
lesions in one table; 31 patients are in training and test, with 29 of their views in both."""
import os
import random
import sys

rng = random.Random(1)
HEAD = "patient_id,%s,left or right breast,image view,abnormality id,abnormality type,%s,assessment,pathology,subtlety," \
       "image file path,cropped image file path,ROI mask file path\n"
COLUMNS = {"calc": ("breast density", "calc type,calc distribution"), "mass": ("breast_density", "mass shape,mass margins")}
WORDS = {"calc": (("PUNCTATE", "AMORPHOUS", "PLEOMORPHIC", "LUCENT_CENTER"), ("CLUSTERED", "SEGMENTAL", "LINEAR", "N/A")),
         "mass": (("IRREGULAR", "OVAL", "LOBULATED", "ARCHITECTURAL_DISTORTION"), ("SPICULATED", "CIRCUMSCRIBED", "ILL_DEFINED", "N/A"))}
# Of each table: views of patients that stand in it alone, patients of these with one view, images with a second lesion, and how many
# of these lesions contradict the first.
ALONE = {("calc", "train"): (1172, 40, 317, 10), ("calc", "test"): (254, 10, 42, 2),
         ("mass", "train"): (1175, 25, 87, 4), ("mass", "test"): (328, 24, 19, 1)}
numbers = rng.sample(range(39, 3000), 1565)
images = []  # (kind, part, patient, side, view, pathologies)


def pathology(bad):
    return "MALIGNANT" if bad else rng.choice(("BENIGN", "BENIGN", "BENIGN_WITHOUT_CALLBACK"))


def patient():
    return "P_%05d" % numbers.pop()


def in_two_tables(n, parts, contradicting):
    """n views, two of a patient, in the tables of calcifications and of masses; the first ones contradict each other."""
    name, bad = "", False
    for i in range(n):
        if i % 2 == 0:
            name, bad = patient(), rng.random() < 0.4
        for kind, part, other in (("calc", parts[0], False), ("mass", parts[1], i < contradicting)):
            images.append((kind, part, name, "LEFT", ("CC", "MLO")[i % 2], [pathology(bad != other)]))


def in_one_table(kind, part, views, single, second, contradicting):
    first = len(images)
    for i in range((views + single) // 2):
        special = (kind, part, i) == ("calc", "test", single)  # tests look at the first lines of this table
        name, side, bad = ("P_00038", "LEFT", False) if special else (patient(), rng.choice(("LEFT", "RIGHT")), rng.random() < 0.4)
        what = "BENIGN" if special else pathology(bad)
        for view in ("CC", "MLO")[:1 if i < single else 2]:
            images.append((kind, part, name, side, view, [what]))
    for i, n in enumerate(rng.sample([k for k in range(first, len(images)) if images[k][2] != "P_00038"], second)):
        images[n][5].append(pathology((images[n][5][0] == "MALIGNANT") != (i < contradicting)))


def uid():
    return "2.25.%d" % rng.randrange(10 ** 37, 10 ** 38)


def rows(kind, part, name, side, view, pathologies):
    case = "%s-%s_%s_%s_%s" % (kind.title(), {"train": "Training", "test": "Test"}[part], name, side, view)
    image = "%s/%s/%s/000000.dcm" % (case, uid(), uid())
    density = rng.randint(1, 4)
    for n, what in enumerate(pathologies, 1):
        mask, crop = (uid(), uid()), (uid(), uid())
        places = (0, 0)
        if rng.random() < 0.7:  # one series has both
            crop, places = mask, rng.choice(((1, 0), (1, 0), (0, 1)))
        paths = ["%s_%d/%s/%s/%06d.dcm" % (case, n, *series, place) for series, place in ((mask, places[0]), (crop, places[1]))]
        cells = [name, density, side, view, n, {"calc": "calcification", "mass": "mass"}[kind], *map(rng.choice, WORDS[kind]),
                 rng.randint(2, 5), what, rng.randint(1, 5), image, paths[1]]
        yield ",".join(map(str, cells)) + ',"%s\n"\n' % paths[0]  # the line end within the quotes is the real tables', too


def main():
    in_two_tables(14, ("test", "train"), 7)
    in_two_tables(15, ("train", "test"), 0)
    in_two_tables(34, ("train", "train"), 9)
    in_two_tables(8, ("test", "test"), 0)
    for kind in ("calc", "mass"):
        for _ in range(8):  # one breast in training, the other in the test
            name = patient()
            images.append((kind, "train", name, "LEFT", "CC", [pathology(rng.random() < 0.4)]))
            images.append((kind, "test", name, "RIGHT", "CC", [pathology(rng.random() < 0.4)]))
    for table, counts in ALONE.items():
        in_one_table(*table, *counts)
    images.sort(key=lambda i: (i[2] != "P_00038", i[2:]))
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    for kind, part in ALONE:
        with open("%s/%s_case_description_%s_set.csv" % (out, kind, part), "w", newline="") as f:
            f.write(HEAD % COLUMNS[kind])
            for image in images:
                if image[:2] == (kind, part):
                    f.writelines(rows(*image))


main()
