#!/usr/bin/env bash
# Masks: label maps and their lesions, soft edges, what is refused; the orientation of EXIF, for images and masks, as Pillow turns them.
. "$ROOT/tests/cli/lib.sh"
need_python numpy PIL
cat >make.py <<'PY'
import numpy as np
from PIL import Image
rng = np.random.RandomState(3)
image = rng.randint(90, 256, (60, 50)).astype("u1")
labels = np.zeros((60, 50), "u1")
labels[5:15, 5:15] = 1
labels[30:40, 20:35] = 3
save = lambda name, a, **o: Image.fromarray(a).save(name, **o)
save("i.png", image)
save("labels.png", labels)
save("labels16.png", labels.astype("u2") * 700)
save("double.png", np.kron(labels, np.ones((2, 2), "u1")))
save("binary.png", (labels > 0).astype("u1"))
save("soft.png", np.asarray(Image.fromarray((labels > 0).astype("u1") * 255).resize((100, 120), Image.BILINEAR)))
save("soft.jpg", (labels > 0).astype("u1") * 255, quality=60)
Image.fromarray(labels).convert("P").save("grey-palette.png")
def palette(name, *colours):
    p = Image.fromarray(np.where(labels == 3, 2, labels).astype("u1"), "P")
    p.putpalette([v for c in colours for v in c])
    p.save(name)
palette("palette.png", (0, 0, 0), (128, 0, 0), (0, 128, 0)) # as of Pascal VOC; luminance 38 and 75
palette("one-light.png", (0, 0, 0), (255, 0, 0), (0, 130, 0)) # both 76
white, clear = np.full((60, 50), 255, "u1"), (labels > 0).astype("u1") * 255
Image.fromarray(np.dstack([white, white, white, clear])).save("alpha-colour.png")
Image.fromarray(np.dstack([white, clear]), "LA").save("alpha-grey.png")
Image.fromarray((labels > 0).astype("u1")).save("key-grey.png", transparency=0)
p = Image.fromarray((labels > 0).astype("u1"), "P")
p.putpalette([255] * 6)
p.save("key-palette.png", transparency=0)
save("picture.png", rng.randint(0, 256, (60, 50)).astype("u1"))
PY
"$PYTHON" make.py || exit 1
table() { printf 'key\timage\tmask\tpathology\tabnormality\tnote\n'; for m; do printf 'a\ti.png\t%s\tMALIGNANT\tmass\tn%d\n' "$m" $((++n)); done; }

cat >look.py <<'PY'
import sys
import numpy as np, images
from PIL import Image
want = np.asarray(Image.open("labels.png"))
name, *numbers = sys.argv[1:]
(r,) = images.tensors("o.mms")[0].values()
m = r.tensors["mask"]
planes = [want == int(v) if v != "all" else want > 0 for v in numbers]
assert m.shape == (len(planes), 60, 50) and m.max() == 1, m.shape
for k, p in enumerate(planes):
    assert name == "near" or (m[k] == p).all(), k
    assert (m[k] != p).sum() <= 30, (m[k] != p).sum()
print(*["%s=%s" % (k, v) for k, v in sorted(r.attrs.items()) if k.endswith(".value") or k.endswith(".class")])
PY
look() { "$PYTHON" look.py "$@"; }
read_mask() { n=0; table "$@" | mmread --no-pg --manifest - -o o.mms; }
for m in labels labels16 double; do
    expect_exit 0 read_mask $m.png
    scale=1
    [ $m = labels16 ] && scale=700
    equal "$m" "lesion.0.class=mass_mal lesion.0.value=$scale lesion.1.class=mass_mal lesion.1.value=$((3 * scale))" "$(look same 1 3 | sed 's/ class=[a-z]*//; s/^class=[a-z]* //')"
done
expect_exit 0 read_mask binary.png
[ ! -s .err ] || { echo "FAILED: a word about a good mask"; failures=$((failures + 1)); }
equal "two values" "lesion.0.class=mass_mal" "$(look same all | sed 's/^class=[a-z]* //')"
for m in alpha-colour alpha-grey key-grey key-palette; do
    expect_exit 0 read_mask $m.png
    equal "transparent, $m" "lesion.0.class=mass_mal" "$(look same all | sed 's/^class=[a-z]* //')"
done
for m in soft.png soft.jpg; do
    expect_exit 0 read_mask $m
    equal "$m" "lesion.0.class=mass_mal" "$(look near all | sed 's/^class=[a-z]* //')"
done
expect_exit 0 read_mask palette.png
equal "a palette" "lesion.0.class=mass_mal lesion.0.value=38 lesion.1.class=mass_mal lesion.1.value=75" "$(look same 1 3 | sed 's/ class=[a-z]*//; s/^class=[a-z]* //')"
expect_exit 3 read_mask one-light.png
message "several colours of one luminance"
expect_exit 3 read_mask picture.png
message "neither labels of areas nor soft edges"
expect_exit 3 read_mask labels.png box:1,1,5,5 labels.png
message "lines 2 and 4: 'labels.png' has 2 labels"
expect_exit 0 read_mask labels.png box:1,1,5,5 binary.png
check "lesions keep their order" "$PYTHON" -c 'import images; r = images.tensors("o.mms")[0]["a"]; assert r.tensors["mask"].shape[0] == 4 and [r.attrs["lesion.%d.note" % k] for k in range(4)] == ["n1", "n1", "n2", "n3"] and r.tensors["mask"][2].sum() == 16'

# The same of a folder, an archive and a pipe.
mkdir f && cp i.png f/a.png && cp labels.png f/a.mask.png && cp i.png f/b.image.png && cp binary.png f/b.mask.0.png && cp soft.png f/b.mask.1.png && cp soft.png f/b.breast.png
tar cf f.tar --sort=name -C f .
for way in 'mmread f' 'mmread f.tar' 'cat f.tar | mmread'; do
    expect_exit 0 bash -c "$way >o.mms"
    check "masks by $way" "$PYTHON" -c 'import images, numpy as np; from PIL import Image
breast = images.tensors("o.mms")[0]["b"].tensors["breast"]; assert breast.shape == (60, 50) and breast.max() == 1 and 180 < breast.sum() < 320
a, b = (r.tensors["mask"] for _, r in sorted(images.tensors("o.mms")[0].items())); w = np.asarray(Image.open("labels.png"))
assert a.shape == b.shape == (2, 60, 50) and (a == [w == 1, w == 3]).all() and (b[0] == (w > 0)).all() and b.max() == 1'
done
cp labels.png f/b.mask.1.png
expect_exit 3 mmread -o no.mms f
message "has 2 planes"

# EXIF: all orientations, of JPEG and PNG, images and masks.
cat >exif.py <<'PY'
import subprocess, sys
import numpy as np, images
from PIL import Image, ImageOps
rng = np.random.RandomState(5)
mask = np.zeros((60, 40), "u1")
mask[3:20, 5:9] = mask[3:7, 5:30] = 255 # an L: each orientation looks different
stored = rng.randint(0, 256, (60, 40)).astype("u1")
def run(*command):
    p = subprocess.run(command, capture_output=True, text=True)
    assert p.returncode == 0, p.stderr
    return p.stderr
def tensor(name):
    return next(iter(images.tensors("e.mms")[0].values())).tensors[name]
box = np.zeros((60, 40), "u1"); box[10:30, 5:12] = 1
for o in range(1, 9):
    exif = Image.Exif()
    exif[274] = o
    turned = lambda a: np.asarray(ImageOps.exif_transpose(with_exif(a)))
    def with_exif(a):
        im = Image.fromarray(a)
        im.getexif()[274] = o
        return im
    Image.fromarray(mask).save("plain.png")
    Image.fromarray(turned(mask)).save("shown.png")
    for kind in ("e.jpg", "e.png"):
        Image.fromarray(stored).save(kind, exif=exif.tobytes())
        Image.fromarray(mask).save("own." + kind[2:], exif=exif.tobytes(), **({"quality": 95} if kind == "e.jpg" else {}))
        want = np.asarray(ImageOps.exif_transpose(Image.open(kind)))
        assert run("mmread", "-o", "e.mms", kind) == ""
        assert (tensor("image") == want).all(), (kind, o)
        for m in ("plain.png", "own." + kind[2:], "shown.png", "box:5,10,12,30"):
            if m == "shown.png" and o < 5:
                continue # of the stored size: it counts as such
            open("e.tsv", "w").write("key\timage\tmask\na\t%s\t%s\n" % (kind, m))
            words = run("mmread", "--manifest", "e.tsv", "-o", "e.mms")
            good = turned(box) if m[:3] == "box" else turned(mask) > 0
            got = tensor("mask")[0]
            assert got.shape == good.shape and (got == good).all(), (kind, o, m)
            unknown = o > 1 and (m[:3] == "box" or (m == "plain.png" and o < 5))
            assert ("EXIF orientation is %d" % o in words) == unknown and (unknown or words == ""), (kind, o, m, words)
    run("bash", "-c", "rm -rf x; mkdir x; cp e.jpg x/k.jpg; cp plain.png x/k.mask.png; mmread x -o e.mms")
    assert (tensor("mask")[0] == (turned(mask) > 0)).all(), o
    run("bash", "-c", "printf 'image\tpatient\ne.jpg\tp\n' >t.tsv; mmindex table t.tsv >/dev/null")
PY
check "EXIF" "$PYTHON" exif.py
finish
