#!/bin/bash
# mmread: images, folders, manifests and streams; selection, order, epochs, shards, balance; all that is refused.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
images() { "$PYTHON" "$ROOT/tests/cli/images.py" "$@"; }
keys() { images keys "$1"; }
is() { # NAME GOT WANTED
    [ "$2" = "$3" ] || { echo "FAILED: $1: '$2', not '$3'"; failures=$((failures + 1)); }
}
images make

# Images, by content and not by name.
cp a.pgm misnamed.png
expect_exit 0 mmread -o one.mms misnamed.png deep.pgm grey.npy float.npy
cat >pixels.py <<'PY'
import sys
import images, numpy as np
(r,) = images.tensors(sys.argv[1])
def pgm(p, t, h, w): return np.fromfile(p, t)[-h * w:].reshape(h, w)
a = r["misnamed"].tensors["image"]; raw = open("a.pgm", "rb").read()
assert a.dtype == np.uint8 and a.tobytes() == raw[-1200:] and a.shape == (30, 40)
d = r["deep"].tensors["image"]; raw = open("deep.pgm", "rb").read()
assert d.dtype == np.uint16 and (d == np.frombuffer(raw[-1200:], ">u2").reshape(20, 30)).all()
assert (r["grey"].tensors["image"] == np.load("grey.npy")).all() and (r["float"].tensors["image"] == np.load("float.npy")).all()
assert r["deep"].attrs["to_original"] == "1 0 0 0 1 0"
PY
check "pixels" "$PYTHON" pixels.py one.mms
for j in 1 3; do mmread -j $j -o j$j.mms ?.pgm; done
check "threads change nothing" cmp j1.mms j3.mms
check "a pipe is read like a file" bash -c 'mmread --no-pg a.pgm -o x.mms; cat a.pgm | mmread --no-pg -o y.mms && mmread --no-pg <a.pgm -o z.mms && cmp y.mms z.mms'
is "key of an image from a pipe" "$(keys y.mms)" image

mkdir -p tree/sub tree/.hidden
cp a.pgm tree/x.pgm; cp b.pgm tree/sub/x.pgm; cp c.pgm tree/.hidden/c.pgm; echo prose >tree/readme.txt
expect_exit 0 mmread -o tree.mms tree
message "1 files are not images"
is "keys of a folder" "$(keys tree.mms)" "sub_x x"
expect_exit 1 mmread -o clash.mms tree/x.pgm tree/sub/x.pgm
message "key 'x'"
[ ! -e clash.mms ] || { echo "FAILED: an output is left"; failures=$((failures + 1)); }

expect_exit 0 mmread -o dark.mms dark.pgm
message "below a quarter of full scale"
expect_exit 0 mmread --full-scale 4095 -o scaled.mms dark.pgm
cat >scaled.py <<'PY'
import images, numpy as np
a = images.tensors("dark.mms")[0]["dark"].tensors["image"]; b = images.tensors("scaled.mms")[0]["dark"].tensors["image"]
assert b.max() > 65000 and (b == np.floor(a * (65535 / 4095) + 0.5)).all()
PY
check "full scale" "$PYTHON" scaled.py

# Manifests: masks, shapes, attributes.
printf 'key\timage\tmask\tpatient\tside\tview\tabnormality\ttype\tpathology\tlabel\tsplit\tage\n' >m.tsv
row() { printf '%s\t%s\t%s\t%s\tLEFT\tCC\t%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>m.tsv; }
row A a.pgm mask.pgm p1 mass oval BENIGN "" train 50
row B b.pgm "" p2 normal "" "" "" val 61
row A a.pgm circle:20,20,3 p1 calcification fine MALIGNANT "" train 50
row A a.pgm "" p1 mass lost BENIGN_WITHOUT_CALLBACK "" train 50
row C c.pgm box:1,2,5,6 p3 mass "" BENIGN 0 train ""
expect_exit 0 mmread --manifest m.tsv -o m.mms
cat >manifest.py <<'PY'
import sys
import images, numpy as np
(r,) = images.tensors(sys.argv[1])
assert list(r) == ["A", "B", "C"]
m = r["A"].tensors["mask"]; y, x = np.mgrid[:30, :40]
assert m.dtype == np.uint8 and m.shape == (2, 30, 40) and r["A"].tensors["image"].shape == (30, 40)
want = np.zeros((30, 40), bool); want[5:12, 8:20] = 1
assert (m[0] == want).all() and (m[1] == ((x - 20) ** 2 + (y - 20) ** 2 <= 9)).all()
a = r["A"].attrs
assert a["label"] == "1" and a["class"] == "malignant" and a["patient"] == "p1" and a["age"] == "50" and a["split"] == "train"
assert [a["lesion.%d.class" % i] for i in range(3)] == ["mass_ben", "calc_mal", "mass_ben"]
assert a["lesion.2.pathology"] == "BENIGN_WITHOUT_CALLBACK" and a["lesion.1.type"] == "fine" and a["to_original"] == "1 0 0 0 1 0"
assert "mask" not in r["B"].tensors and r["B"].attrs["label"] == "0" and r["B"].attrs["class"] == "benign"
c = r["C"].tensors["mask"][0]; assert c.sum() == 16 and c[2:6, 1:5].all() and "age" not in r["C"].attrs
PY
check "manifest" "$PYTHON" manifest.py m.mms
# Wrong on purpose: a mask that is shifted by a pixel, a class that is swapped.
sed 's/circle:20,20,3/circle:21,20,3/' m.tsv | mmread --manifest - -o wrong.mms
refuse "a shifted mask" "$PYTHON" manifest.py wrong.mms
sed 's/calcification/mass/' m.tsv | mmread --manifest - -o wrong.mms
refuse "a swapped class" "$PYTHON" manifest.py wrong.mms
expect_exit 0 mmread --manifest m.tsv --where split=train -o w.mms
is "--where on a manifest" "$(keys w.mms)" "A C"
(mkdir -p elsewhere && cd elsewhere && expect_exit 0 mmread --root .. --manifest ../m.tsv -o ../root.mms)
check "--root" cmp m.mms root.mms

head -1 m.tsv >head.tsv
one() { cp head.tsv one.tsv; printf 'X\t%s\t%s\tp\tLEFT\tCC\t%s\t\t%s\t%s\ttrain\t\n' "$@" >>one.tsv; }
bad() { # CODE MESSAGE image mask abnormality pathology label
    local code=$1 text=$2
    shift 2
    one "$@"
    rm -f one.mms
    expect_exit "$code" mmread --manifest one.tsv -o one.mms
    message "$text"
    [ ! -e one.mms ] || { echo "FAILED: an output is left: $text"; failures=$((failures + 1)); }
}
one a.pgm mask-double.pgm mass BENIGN ""
expect_exit 0 mmread --manifest one.tsv -o double.mms
message "resized"
cat >double.py <<'PY'
import images
m = images.tensors("double.mms")[0]["X"].tensors["mask"]
assert m.sum() == 84 and m[0, 5:12, 8:20].all()
PY
check "a mask of twice the size" "$PYTHON" double.py
bad 3 "the mask is empty" a.pgm mask-empty.pgm mass BENIGN ""
bad 3 "outside of the image" a.pgm circle:90,5,3 mass BENIGN ""
bad 3 "is not a shape" a.pgm circle:9,5 mass BENIGN ""
bad 1 "cannot open 'lost.pgm'" a.pgm lost.pgm mass BENIGN ""
bad 1 "cannot open 'lost.pgm'" lost.pgm "" mass BENIGN ""
bad 3 "is not a pathology" a.pgm "" mass MALIGN ""
bad 3 "is not an abnormality" a.pgm "" lump BENIGN ""
bad 3 "is not a whole number" a.pgm "" mass BENIGN -1
bad 3 "label 0, but a lesion" a.pgm "" mass MALIGNANT 0
one a.pgm mask-wide.pgm mass BENIGN ""
expect_exit 0 mmread --manifest one.tsv -o wide.mms
message "record 'X': line 2: lesion left without a mask: 'mask-wide.pgm': a mask of 30 x 80 pixels for an image of 30 x 40: another aspect"
one a.pgm mask-empty.pgm mass BENIGN ""
expect_exit 0 mmread --on-error=skip --manifest one.tsv -o kept.mms
message "lesion left without a mask"
check "a lesion without a plane" cmp wide.mms kept.mms
sed 's/b.pgm/lost.pgm/' m.tsv >lost.tsv
expect_exit 1 mmread --manifest lost.tsv -o lost.mms
message "record 'B': cannot open 'lost.pgm'"
[ ! -e lost.mms ] || { echo "FAILED: an output is left"; failures=$((failures + 1)); }
expect_exit 0 mmread --on-error=skip --manifest lost.tsv -o lost.mms
message "1 record skipped"
is "the others" "$(keys lost.mms)" "A C"
expect_exit 1 mmread --on-error=skip -o lost2.mms nothing.pgm nowhere.pgm
message "every record was skipped"

# Streams: chosen, ordered, dealt out.
images stream s.mms 11
expect_exit 0 mmread --where set=s -o w.mms s.mms
is "--where on a list" "$(keys w.mms | wc -w)" 10 # five keys of two words
expect_exit 1 mmread --where split=nowhere -o none.mms s.mms
message "no record meets"
images stream t.mms 12
"$PYTHON" - <<'PY'
import numpy as np, mms
with open("t.mms", "wb") as f:
    mms.write_segment(f, [("k%03d" % i, {"x": np.full(4, i, "u1")}, {"label": "1" if i % 5 == 0 else "0"}) for i in range(100)])
PY
mmread --shuffle --seed 4 --epochs 3 -o e.mms t.mms
keys e.mms >e.txt
is "epochs" "$(cut -d' ' -f1 e.txt | tr '\n' ' ')" "@1 @2 @3 "
is "each a permutation" "$(cut -d' ' -f2- e.txt | while read -r l; do tr ' ' '\n' <<<"$l" | sort | uniq | wc -l; done | tr '\n' ' ')" "100 100 100 "
is "each another" "$(cut -d' ' -f2- e.txt | sort -u | wc -l)" 3
mmread --shuffle --seed 4 --epochs 2-3 -o late.mms t.mms
is "epochs alone are the same" "$(keys late.mms)" "$(tail -2 e.txt)"
mmread -j 3 --shuffle --seed 4 --epochs 3 -o e3.mms t.mms
check "threads change nothing" cmp e.mms e3.mms
mmread --shuffle --seed 5 --epochs 1 -o other.mms t.mms
refuse "another seed, another order" cmp <(keys other.mms) <(head -1 e.txt)
for k in 0 1 2; do mmread -q --shuffle --seed 4 --epochs 3 --shard $k/3 t.mms | images keys /dev/stdin >shard$k.txt; done
is "shards are as long" "$(awk '{print NF - 1}' shard?.txt | sort -u)" 33
is "shards share nothing" "$(for k in 0 1 2; do head -1 shard$k.txt | tr ' ' '\n' | grep k; done | sort | uniq -d | wc -l)" 0
is "shards are every third" "$(head -1 shard1.txt | cut -d' ' -f2-4)" "$(head -1 e.txt | cut -d' ' -f3,6,9)"
# Work that is shared and put together again: uneven shards leave nothing out, in files, pipes and manifests; one may be empty.
for n in 7 120; do
    files=()
    for ((k = 0; k < n; k++)); do
        mmread --no-pg --shard $k/$n --uneven -o part$k.mms t.mms
        [ $n -gt 7 ] || cat t.mms | mmread --no-pg --shard $k/$n --uneven | cmp - part$k.mms || failures=$((failures + 1))
        files+=("part$k.mms")
    done
    is "records of the first and last of $n" "$(for k in 0 $((n - 1)); do mminfo --keys part$k.mms | wc -l; done | xargs)" "$([ $n = 7 ] && echo 15 14 || echo 1 0)"
    check "$n shards together" bash -c 'mmread --no-pg --interleave "$@" | cmp - <(mmread --no-pg t.mms)' _ "${files[@]}"
done
refuse "shards in another order" bash -c 'mmread --no-pg --interleave part1.mms part0.mms $(printf "part%d.mms " {2..119}) | cmp - t.mms'
is "the folders' turn" "$(mkdir -p fa fb && cp a.pgm c.pgm fa && cp b.pgm d.pgm fb && mmread --interleave fa fb | mminfo --keys | xargs)" "a b c d"
mmread --balance label --epochs 2 -o b.mms t.mms
cat >balance.py <<'PY'
import images
for segment in images.tensors("b.mms"):
    labels = [r.attrs["label"] for r in segment.values()]
    assert labels.count("0") == labels.count("1") == 50
    assert len({k.split("~")[0] for k, r in segment.items() if r.attrs["label"] == "1"}) == 20
    assert all("~" not in k for k, r in segment.items() if r.attrs["label"] == "0")
PY
check "balance" "$PYTHON" balance.py
expect_exit 1 mmread --balance nothing -o none.mms t.mms
message "has no 'nothing'"

# A pipe: bounded buffer, no epochs; a single stream keeps its segments.
check "shuffle on a pipe" bash -c 'cat t.mms | mmread --shuffle --buffer 10 -o p1.mms; cat t.mms | mmread -j 3 --shuffle --buffer 10 -o p2.mms; cmp p1.mms p2.mms'
is "all of them" "$(keys p1.mms | tr ' ' '\n' | sort -u | wc -l)" 100
refuse "another order" cmp <(keys p1.mms) <(keys t.mms)
is "none far before its time" "$(keys p1.mms | tr ' ' '\n' | awk '{n = substr($1, 2) + 0; if (n > NR + 10) print}' | wc -l)" 0
is "shards of a pipe" "$(cat t.mms | mmread -q --shard 2/7 | images keys /dev/stdin | cut -d' ' -f1-3)" "k002 k009 k016"
expect_exit 2 bash -c 'cat t.mms | mmread --epochs 2 -o p3.mms'
message "is a pipe"
cat t.mms t.mms >two.mms
is "segments of a stream" "$(mmread two.mms | images keys /dev/stdin | wc -l)" 2
is "segments of a pipe" "$(cat two.mms | mmread --where label=1 | images keys /dev/stdin | awk '{print NF}' | tr '\n' ' ')" "20 20 "
expect_exit 1 mmread --shuffle -o clash.mms two.mms
message "two segments of one"
expect_exit 1 mmread -o clash.mms t.mms t.mms
message "k000"
is "two streams are one segment" "$(mmread s.mms t.mms | images keys /dev/stdin | wc -l)" 1
is "a stream and an image" "$(mmread s.mms a.pgm | images keys /dev/stdin | awk '{print $NF}')" a
check "records go through unchanged" bash -c 'mmread --shuffle s.mms | mmread -o back.mms --where note=x 2>/dev/null; mmread --epochs 1 s.mms -o back.mms'
check "bytes of records" images same s.mms back.mms

# What is refused.
: >empty.png
head -c 300 deep.pgm >cut.pgm
head -c 5000 t.mms >cut.mms
refused() { rm -f r.mms; local code=$1 text=$2; shift 2; expect_exit "$code" mmread -o r.mms "$@"; message "$text"
    [ ! -e r.mms ] || { echo "FAILED: an output is left: $text"; failures=$((failures + 1)); }; }
refused 3 "empty" empty.png
refused 3 "truncated" cut.pgm
refused 3 "cut.mms" cut.mms
refused 3 "cut.mms" --shuffle cut.mms
refused 3 "i64" wrong.npy
refused 3 "is text" m.tsv
refused 1 "cannot open 'nowhere.png'" nowhere.png
refused 2 "--where" --where label t.mms
refused 2 "--epochs" --epochs 0 t.mms
refused 2 "--epochs" --epochs 3-2 t.mms
refused 2 "--shard" --shard 3/3 t.mms
refused 2 "no launcher" --shard env t.mms
shard() { env "$@" mmread --no-pg --shard=env t.mms | cmp - <(mmread --no-pg --shard 2/3 t.mms); }
check "a shard by Open MPI" shard OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=3 SLURM_PROCID=0 SLURM_NTASKS=1
check "a shard by PMI" shard PMI_RANK=2 PMI_SIZE=3
check "a shard by Slurm" shard SLURM_PROCID=2 SLURM_NTASKS=3
refuse "another shard" shard SLURM_PROCID=1 SLURM_NTASKS=3
expect_exit 2 env PMI_RANK=3 PMI_SIZE=3 mmread --shard=env t.mms
message "PMI_RANK=3"
refused 1 "too few for 200 shards" --shard 0/200 t.mms
printf 'II*\0\10\0\0\0' >x.tif
refused 3 "is a TIFF image" x.tif
expect_exit 3 bash -c 'printf "\377\330\377\340 jpeg" | mmread -o r.mms'
message "JPEG"
expect_exit 1 bash -c 'mmread t.mms >/dev/full'
message "No space left"
check "a closed pipe ends it" bash -c 'mmread --epochs 1000 t.mms | head -c 100 >/dev/null; [ ${PIPESTATUS[0]} -eq 141 ]'
finish
