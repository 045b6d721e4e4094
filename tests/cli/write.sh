#!/bin/bash
# mmwrite: archives and folders that read back as the same records, the same bytes each time, nothing half-written.
. "$ROOT/tests/cli/lib.sh"
need_command mandoc
need_python numpy PIL
images() { "$PYTHON" "$ROOT/tests/cli/images.py" "$@"; }
images make
images stream s.mms 7

for format in png npy; do
    expect_exit 0 mmwrite --format $format -o $format.tar s.mms
    mmread -o $format.mms $format.tar
    check "archive of $format and back" images same s.mms $format.mms
    cat $format.tar | mmread -o pipe.mms
    check "through a pipe" images same s.mms pipe.mms
    expect_exit 0 mmwrite --format $format --dir $format s.mms
    mmread -o dir.mms $format
    check "folder of $format and back" images same s.mms dir.mms
done
mmwrite -j 3 s.mms >again.tar
check "the same bytes each time, for any number of threads" cmp png.tar again.tar
gzip -k npy.tar
cat npy.tar.gz | mmread -o gz.mms
check "a packed archive through a pipe" images same s.mms gz.mms
expect_exit 1 mmread -o gz2.mms npy.tar.gz
message "is packed"

# What stands in it: the stream's order, JSON last, no owner, no time, names that WebDataset's readers understand.
cat >layout.py <<'PY'
import io, json, sys, tarfile
import numpy as np
head, *members = tarfile.open(sys.argv[1]).getmembers()
assert head.name == "__mmpipe__" and head.uid == head.mtime == 0
assert all(m.uid == m.gid == m.mtime == 0 and m.uname == m.gname == "" and m.mode == 0o644 for m in members)
stems = [m.name.split(".")[0] for m in members]
assert [s for i, s in enumerate(stems) if i == 0 or s != stems[i - 1]] == ["key%%2E%02d %%25é" % i for i in range(7)]
first = [m.name.split(".", 1)[1] for m in members if m.name.split(".")[0] == stems[0]]
assert first == ["image.png", "mask.0.png", "mask.1.png", "prob.npy", "odd%2Ename%2Fx%25.npy", "scalar.npy", "half.npy", "flat.npy", "json"], first
tar = tarfile.open(sys.argv[1])
meta = json.load(tar.extractfile(stems[0] + ".json"))
assert meta["key"] == "key.00 %é" and list(meta["attributes"]) == ["label", "patient", "note", "set", "zz", "aa"]
assert meta["tensors"][0] == {"name": "image", "dtype": "u16", "shape": [11, 13]}
assert np.load(io.BytesIO(tar.extractfile(stems[0] + ".prob.npy").read())).shape == (5,)
PY
check "layout" "$PYTHON" layout.py png.tar
SOURCE_DATE_EPOCH=1700000000 mmwrite -o dated.tar s.mms
check "time of members" "$PYTHON" -c "import tarfile; assert {m.mtime for m in tarfile.open('dated.tar')} == {1700000000}"
long=$(printf "éx%.0s" {1..80})
"$PYTHON" - "$long" <<'PY'
import sys
import numpy as np, mms
with open("long.mms", "wb") as f:
    mms.write_segment(f, [(sys.argv[1], {"image": np.zeros((2, 2), "u1")}, {})])
with open("bf16.mms", "wb") as f:
    lines, data = ["key\tk", "T\tw\tbf16\t2,3", "Z\tsome future line"], bytes(range(12)) + bytes(52)
    f.write(mms.block("HEAD", 0, ["@MM\tVN:1.0"]) + mms.block("RECD", 1, lines, data) + mms.block("DONE", 2, ["records\t1", "bytes\t64"]))
PY
check "long keys" bash -c 'mmwrite long.mms >long.tar; LC_ALL=C mmwrite long.mms | cmp - long.tar; mmread -o long2.mms long.tar; LC_ALL=C mmread long.tar | cmp - long2.mms' && check "and back" images same long.mms long2.mms
check "bf16 and lines of unknown kind" bash -c 'mmread --no-pg bf16.mms -o want.mms; mmwrite --no-pg bf16.mms | mmread --no-pg -o got.mms; cmp want.mms got.mms'

# Provenance: the stream's programs, mmwrite, mmread; from a file, a pipe and a folder.
mmphantom -n 5 --size 144x112 -o p.mms
mmwrite -o p.tar p.mms && mmwrite --dir p p.mms
programs() { mminfo --head "$1" | grep -o 'PN:[a-z]*' | tr '\n' ' '; }
is() { [ "$2" = "$3" ] || { echo "FAILED: $1: '$2', not '$3'"; failures=$((failures + 1)); }; }
mmread -o back-file.mms p.tar
cat p.tar | mmread -o back-pipe.mms
mmread -o back-folder.mms p
for way in file pipe folder; do
    is "programs by a $way" "$(programs back-$way.mms)" "PN:mmphantom PN:mmwrite PN:mmread "
    check "phantoms by a $way" images same p.mms back-$way.mms
done
mmphantom -n 1 --size 144x112 | mmwrite --dir odd
printf 'key\timage\tmask\tpathology\tabnormality\n%s\t%s\tcircle:50,70,9\tBENIGN\tmass\n' 'ö.%2E "k".json ~2' odd/*CC.image.png |
    mmread --manifest - | mmpatch --size 28 --set s,s10 -o odd.mms
check "patches with odd keys" bash -c 'mmwrite --no-pg odd.mms | mmread --no-pg | cmp - odd.mms; mminfo --keys odd.mms | grep -c "ö.%2E" | grep -qx 21'
check "without a trace" bash -c 'mmwrite --no-pg p.mms | mmread --no-pg | cmp - p.mms'
tar xf p.tar __mmpipe__
tar cf plain-late.tar --sort=name --exclude=__mmpipe__ -C p . && tar rf plain-late.tar __mmpipe__
expect_exit 0 bash -c 'cat plain-late.tar | mmread -o late.mms'
message "follows records"
mmread -o early.mms plain-late.tar
is "programs of an archive that was packed anew" "$(programs early.mms)" "PN:mmphantom PN:mmwrite PN:mmread "
sed 's/^@MM/MM/' __mmpipe__ >p/__mmpipe__
expect_exit 3 mmread -o broken-head.mms p
message "__mmpipe__"
cat s.mms p.mms >two.mms
expect_exit 0 mmwrite -o two.tar two.mms
message "different programs"

# The reader of the manual page, beside an independent reader of the stream.
mandoc -Tascii -Owidth=200 "$ROOT/man/mmwrite.1" | sed 's/.\x08//g' | awk 'index($0, "import ast") {on = match($0, /[^ ]/)}
    on && /[^ ]/ && match($0, /[^ ]/) < on {exit} on {print substr($0, on)}' >reader.py
cat >compare.py <<'PY'
import numpy as np
import images
text = open("reader.py").read()
assert len([line for line in text.split("\n") if line]) <= 20
exec(text[:text.index("\nfor ")])
for stream, archive in (("s.mms", "png.tar"), ("s.mms", "npy.tar"), ("p.mms", "p.tar")):
    (want,) = images.tensors(stream)
    got = list(records(open(archive, "rb")))
    assert [key for key, _, _ in got] == list(want)
    for key, tensors, attributes in got:
        assert attributes == want[key].attrs, key
        flat = {}
        for name, t in want[key].tensors.items():
            encoded = name.replace("%", "%25").replace(".", "%2E").replace("/", "%2F")
            planes = t.ndim == 3 and all(t.shape[1:]) and t.dtype in ("u1", "u2") and archive != "npy.tar"
            flat.update({encoded + ".%d" % i: p for i, p in enumerate(t)} if planes else {encoded: t})
        assert list(tensors) == list(flat), (list(tensors), list(flat))
        for name, t in flat.items():
            assert (np.asarray(tensors[name]).ravel() == t.ravel()).all(), name
PY
check "the reader of the manual" "$PYTHON" compare.py
check "as a program" bash -c '"$PYTHON" reader.py <png.tar | wc -l | grep -qx 7'

# The decoder that the manual gives for WebDataset, with samples cut at the first dot as WebDataset cuts them: no bit of 16 is lost,
# where its own decoders convert to 8.
mandoc -Tascii -Owidth=200 "$ROOT/man/mmwrite.1" | sed 's/.\x08//g' | awk 'index($0, "import io, numpy") {on = match($0, /[^ ]/)}
    on && /[^ ]/ && match($0, /[^ ]/) < on {exit} on {print substr($0, on)}' >decoder.py
cat >whole.py <<'PY'
import json, re, sys, tarfile, types
import numpy as np
import images
sys.modules["webdataset"] = types.SimpleNamespace()
text = open("decoder.py").read()
assert ".decode(whole)" in text and 'WebDataset("patches.tar")' in text
exec(text[:text.index("\nfor ")])
(want,) = images.tensors("s.mms")
samples, tar = {}, tarfile.open("png.tar")
for m in tar:
    key, field = re.match(r"^((?:.*/|)[^.]+)[.]([^/]*)$", m.name + ("." if m.name == "__mmpipe__" else "")).groups()
    samples.setdefault(key, {})[field] = tar.extractfile(m).read()
del samples["__mmpipe__"]
assert len(samples) == len(want) == 7
for key, sample in samples.items():
    true = want[json.loads(sample["json"])["key"]]
    image = whole("image.png", sample["image.png"])
    assert (image == true.tensors["image"]).all() and image.max() > 255 and whole("prob.npy", b"") is None
    assert (whole("mask.1.png", sample["mask.1.png"]) == true.tensors["mask"][1]).all()
PY
check "the decoder of the manual" "$PYTHON" whole.py

# Shards: whole records in each, together the stream, the same bytes for any number of threads, none or all.
expect_exit 0 mmwrite --shard-size 4 -j 1 -o 'n-%06d.tar' p.mms
is "shards by records" "$(echo n-*)" "n-000000.tar n-000001.tar n-000002.tar"
for i in 0 1 2; do is "records of shard $i" "$(mmread n-00000$i.tar | mminfo --keys | wc -l)" $((i < 2 ? 4 : 2)); done
mmread -o shards.mms n-*.tar
check "shards are one stream" images same p.mms shards.mms
is "programs of shards" "$(programs shards.mms)" "PN:mmphantom PN:mmwrite PN:mmread "
check "shards through a pipe" bash -c 'cat n-*.tar | mmread -o cat.mms && cmp cat.mms shards.mms'
mmwrite --shard-size 60K -j 1 -o 'b-%d.tar' p.mms
mmwrite --shard-size 60K -j 3 -o 'c-%d.tar' p.mms
check "shards by bytes" bash -c 'ls b-*.tar | wc -l | grep -qx 5; for i in 0 1 2 3 4; do cmp b-$i.tar c-$i.tar || exit 1; [ $(stat -c %s b-$i.tar) -le 71680 ] || exit 1; done'
mmread -o shards.mms b-?.tar
check "and back" images same p.mms shards.mms
expect_exit 1 mmwrite --shard-size 6 -o 'n-%06d.tar' p.mms
message "n-000002.tar"
mmread -o shards.mms n-*.tar
check "shards are as they were" images same p.mms shards.mms
head -c 200000 p.mms >cut.mms
expect_exit 3 mmwrite --shard-size 1 -o 'd-%06d.tar' cut.mms
is "nothing of a failure" "$(find . -name '*d-0*')" ""
for wrong in "--shard-size 0 -o x-%d.tar" "--shard-size 5 -o x.tar" "--shard-size 5 -o x-%s.tar" "--shard-size 5 -o %d-%d.tar" \
    "--shard-size 5T -o x-%d.tar" "--shard-size 5KK -o x-%d.tar" "--shard-size 5" "--shard-size 5 --dir x"; do
    # shellcheck disable=SC2086 # words
    expect_exit 2 mmwrite $wrong p.mms
done

# Other archives: plain images, labels and JSON of others, in any order; what is not a record is left out.
mkdir plain && cp a.pgm plain/one.pgm && cp b.pgm plain/two.part.pgm && cp deep.pgm plain/three.image.pgm && cp mask.pgm plain/three.mask.0.pgm
echo 1 >plain/three.cls; echo '{"age": 50, "note": "x", "deep": {}}' >plain/one.json; echo prose >plain/readme.txt
tar cf plain.tar -C plain three.cls readme.txt one.json two.part.pgm three.image.pgm one.pgm three.mask.0.pgm
expect_exit 0 mmread -o plain.mms plain.tar
message "1 files are not images"
cat >plain.py <<'PY'
import images
(r,) = images.tensors("plain.mms")
assert list(r) == ["three", "one", "two.part"], list(r)
assert r["three"].attrs["label"] == "1" and list(r["three"].tensors) == ["image", "mask"] and r["three"].tensors["mask"].shape == (1, 30, 40)
assert r["one"].attrs["age"] == "50" and r["one"].attrs["note"] == "x" and "deep" not in r["one"].attrs and list(r["two.part"].tensors) == ["image"]
PY
check "archives of others" "$PYTHON" plain.py

# Damage: every cut of an archive, a lost plane, a JSON that lies.
size=$(stat -c %s png.tar)
for at in 0 100 512 700 1536 $((size / 2)) $((size / 2 / 512 * 512)) $((size - 10240)); do
    head -c $at png.tar >cut.tar
    rm -f cut.mms
    expect_exit 3 mmread -o cut.mms cut.tar
    expect_exit 3 bash -c 'cat cut.tar | mmread -o cut.mms'
    [ ! -e cut.mms ] || { echo "FAILED: an output is left, cut at $at"; failures=$((failures + 1)); }
done
cp -r png lost && rm "lost/key%2E03 %25é.mask.1.png"
expect_exit 3 mmread -o lost.mms lost
message "plane 1 is missing"
expect_exit 0 mmread --on-error=skip -o lost.mms lost
message "1 record skipped"
cp -r png lies && sed -i 's/"u16"/"u8"/' "lies/key%2E02 %25é.json"
expect_exit 3 mmread -o lies.mms lies
message "other files describe"
cp -r png broken && echo '{"key":' >"broken/key%2E02 %25é.json"
expect_exit 3 mmread -o broken.mms broken
message "is not a JSON object"
cp -r png swapped && sed -i 's/"label": "2"/"label": "1"/' "swapped/key%2E02 %25é.json"
mmread -o swapped.mms swapped
refuse "a swapped label" images same s.mms swapped.mms

# More values than a record can hold are refused before they are looked at one by one.
mkdir values && cp a.pgm values/k.pgm
"$PYTHON" -c 'import json; json.dump({"v%d" % i: "" for i in range(200000)}, open("values/k.json", "w"))'
expect_exit 3 mmread values
message "more values in JSON than a record can hold"

# Failure leaves nothing half-written.
head -c 3000 s.mms >half.mms
expect_exit 3 mmwrite -o half.tar half.mms
[ ! -e half.tar ] || { echo "FAILED: a half archive is left"; failures=$((failures + 1)); }
expect_exit 3 mmwrite --dir half half.mms
check "whole files alone" bash -c 'for f in half/*.png; do mmread -o /dev/null "$f" || exit 1; done; ! ls half/.[!.]* half/*tmp* 2>/dev/null'
expect_exit 3 bash -c 'mmwrite <half.mms | mmread -o half2.mms; exit ${PIPESTATUS[1]}'
expect_exit 1 mmwrite -o twice.tar <(cat s.mms s.mms)
message "two segments"
expect_exit 2 mmwrite --dir x -o y.tar s.mms
expect_exit 3 mmwrite -o no.tar a.pgm
message "PNM"
expect_exit 1 mmwrite -o /nowhere/x.tar s.mms
message "/nowhere/x.tar"
expect_exit 1 bash -c 'mmwrite s.mms >/dev/full'
message "No space left"
check "a closed pipe ends it" bash -c 'mmread --epochs 1 s.mms >/dev/null; for i in 1 2 3; do cat long.mms; done >/dev/null; mmwrite --format npy png.mms | head -c 1 >/dev/null; true'
finish
