#!/usr/bin/env bash
# Names with dots: as many records as the known endings say, by a folder, an archive and a pipe alike; nothing is merged or lost in
# silence.
. "$ROOT/tests/cli/lib.sh"
need_python numpy PIL
images() { "$PYTHON" "$ROOT/tests/cli/images.py" "$@"; }
images make
# listed STREAM: the key and the tensors of each record, sorted.
listed() { "$PYTHON" -c 'import images, sys; print(" ".join(sorted(k + ":" + ",".join(r.tensors) for k, r in images.tensors(sys.argv[1])[0].items())))' "$1"; }

# three WAYS: reads the folder `f` in three ways, all of which must give $2.
three() {
    local name=$1 want=$2
    tar cf f.tar --sort=name -C f .
    expect_exit 0 mmread -o folder.mms f
    cp .err folder.err
    equal "$name, folder" "$want" "$(listed folder.mms)"
    expect_exit 0 mmread -o archive.mms f.tar
    equal "$name, archive" "$want" "$(listed archive.mms)"
    expect_exit 0 bash -c 'cat f.tar | mmread -o pipe.mms'
    equal "$name, pipe" "$want" "$(listed pipe.mms)"
}

# folder NAME...: a folder `f` of images of these names; what ends in .json or .cls is text.
folder() {
    rm -rf f && mkdir f
    for name; do
        mkdir -p "f/$(dirname "$name")"
        case $name in *.json) echo '{"age": 50}' >"f/$name" ;; *.cls) echo 1 >"f/$name" ;; *mask*) cp mask.pgm "f/$name" ;; *) cp a.pgm "f/$name" ;; esac
    done
}

folder 1.2.826.0.1.1.pgm 1.2.826.0.1.2.pgm 1.2.826.0.1.pgm MG.1.2.3 MG.1.2.4
three "identifiers" "1.2.826.0.1.1:image 1.2.826.0.1.2:image 1.2.826.0.1:image MG.1.2.3:image MG.1.2.4:image"
[ ! -s folder.err ] || { echo "FAILED: a warning about good names"; failures=$((failures + 1)); }
folder a.v1.image.pgm a.v1.mask.0.pgm a.v1.mask.1.pgm a.v1.json a.v2.PGM a.v2.Mask.0.pgm a.v2.cls b/a.v2.pgm
three "dots in keys" "a.v1:image,mask a.v2:image,mask b_a.v2:image"
equal "attributes" "50 1 (1, 30, 40)" "$("$PYTHON" -c 'import images; r = images.tensors("folder.mms")[0]; print(r["a.v1"].attrs["age"], r["a.v2"].attrs["label"], r["a.v2"].tensors["mask"].shape)')"
folder x.left.pgm x.right.pgm
three "two views" "x.left:image x.right:image"
folder x.pgm x.seg.pgm
three "an image beside an image" "x.seg:image x:image"
message "record of its own"
folder y.pgm y.seg.pgm y.cls
three "WebDataset's names" "y:image,seg"
folder z.input.pgm z.cls
three "an only image" "z:image"
folder m.mask.0.pgm n.pgm
three "a mask alone" "m:mask n:image"
message "has no image"
for odd in m.mask.-1.pgm m.mask.left.pgm m.mask.12345678.pgm m.mask.0; do
    folder m.pgm "$odd"
    three "$odd, not a plane" "${odd%.pgm}:image m:image"
    message "'$odd' is a record of its own"
done
folder j.json k.pgm
three "a JSON alone" "k:image"
message "j.json"
grep -q "belong to no record.*j\.json" folder.err || { echo "FAILED: the folder's JSON is not named"; failures=$((failures + 1)); }

# Operands keep all of a name that is not an ending.
cp a.pgm 1.2.3 && cp b.pgm 1.2.4 && cp c.pgm 5.6.7.pgm
expect_exit 0 mmread -o operands.mms 1.2.3 1.2.4 5.6.7.pgm
equal "operands" "1.2.3 1.2.4 5.6.7" "$(mminfo --keys operands.mms | xargs)"

# Numbers are complete, and nothing is there twice.
refused() {
    local text=$1
    shift
    folder "$@"
    tar cf f.tar --sort=name -C f .
    rm -f no.mms
    for way in 'mmread -o no.mms f' 'mmread -o no.mms f.tar' 'cat f.tar | mmread -o no.mms'; do
        expect_exit 3 bash -c "$way"
        message "$text"
        [ ! -e no.mms ] || { echo "FAILED: $way: an output is left"; failures=$((failures + 1)); }
    done
}
refused "plane 1 of tensor 'mask' is missing" k.pgm k.mask.0.pgm k.mask.2.pgm
refused "plane 0 of tensor 'mask' is missing" k.pgm k.mask.1.pgm k.mask.2.pgm
refused "are both tensor 'mask'" k.pgm k.mask.0.pgm k.mask.00.pgm
refused "as a whole and in planes" k.pgm k.mask.0.pgm k.mask.pgm
refused "are both tensor 'image'" k.image.pgm k.pgm
expect_exit 0 mmread --on-error=skip -o kept.mms f a.pgm
message "skipped"

# Files of a record that are apart: an archive in a file joins them, a pipe refuses them.
folder a.image.pgm b.image.pgm a.mask.0.pgm
tar cf f.tar -C f a.image.pgm b.image.pgm a.mask.0.pgm
expect_exit 0 mmread -o archive.mms f.tar
equal "files apart" "a:image,mask b:image" "$(listed archive.mms)"
expect_exit 1 bash -c 'rm -f no.mms; cat f.tar | mmread -o no.mms'
message "key 'a' twice"
check "nothing is left" test ! -e no.mms

# Keys with dots are written so that the first dot ends them, with the true key in the JSON, and come back; as do odd names of tensors.
"$PYTHON" - <<'PY'
import numpy as np, mms
grey = np.arange(12, dtype="u1").reshape(3, 4)
with open("odd.mms", "wb") as f:
    mms.write_segment(f, [("1.2.840.%d" % i, {"image": grey, "5": grey, "IMAGE": grey, "mask.0": grey, "json": grey, "7": np.stack([grey, grey])}, {}) for i in range(3)])
PY
expect_exit 0 mmwrite -o odd.tar odd.mms
check "the first dot ends the key" bash -c '[ "$(tar tf odd.tar | grep -v __mmpipe__ | cut -d. -f1 | sort -u | xargs)" = "1%2E2%2E840%2E0 1%2E2%2E840%2E1 1%2E2%2E840%2E2" ]'
for way in 'mmread odd.tar' 'cat odd.tar | mmread' 'rm -rf d; mmwrite --dir d odd.mms; mmread d' 'rm d/__mmpipe__; tar c --sort=name d | mmread'; do
    check "odd names by $way" bash -c "($way) >back.mms && \"$PYTHON\" \"$ROOT/tests/cli/images.py\" same odd.mms back.mms"
done
cp a.pgm 'd/1%2E2%2E840%2E1.extra.pgm'
expect_exit 0 mmread -o back.mms d
message "does not list it"

# What macOS puts beside each file of an archive, and other hidden files; links, which hold nothing.
folder h.pgm i.pgm
mkdir f/.cache && cp a.pgm f/.cache/j.pgm && cp a.pgm f/.k.pgm && echo attributes >f/._h.pgm
three "hidden files" "h:image i:image"
for link in "ln" "ln -s"; do
    folder h.pgm
    (cd f && $link h.pgm i.pgm)
    tar cf f.tar --sort=name -C f .
    expect_exit 0 mmread -o folder.mms f
    equal "a folder's links" "h:image i:image" "$(listed folder.mms)"
    for way in 'mmread -o no.mms f.tar' 'cat f.tar | mmread -o no.mms'; do
        expect_exit 3 bash -c "rm -f no.mms; $way"
        message "i.pgm' is a link, which is not read"
        check "no output" test ! -e no.mms
    done
done

# Names that are not ASCII: GNU tar lists what mmwrite writes without a word, in any locale, and mmread reads all formats of GNU tar.
folder Müller.image.pgm 日本.pgm ü/ö.pgm
long=$(printf 'ä%.0s' {1..70})
cp a.pgm "f/$long.pgm"
want="$(printf '%s\n' "$long:image" Müller:image 日本:image ü_ö:image | "$PYTHON" -c 'import sys; print(*sorted(sys.stdin.read().split()))')"
for format in pax gnu; do
    tar cf f.tar --format=$format -C f .
    for way in 'mmread -q f.tar' 'cat f.tar | mmread -q' 'LC_ALL=C mmread -q f.tar'; do
        expect_exit 0 bash -c "$way >utf8.mms"
        equal "$format by $way" "$want" "$(listed utf8.mms)"
    done
done
mmwrite -o utf8.tar utf8.mms
LC_ALL=C mmwrite -o c.tar utf8.mms
check "the same bytes in any locale" cmp utf8.tar c.tar
for locale in C C.UTF-8; do
    expect_exit 0 env LC_ALL=$locale tar tf utf8.tar
    equal "tar is silent" "" "$(cat .err)"
done
equal "names for others" "$("$PYTHON" -c 'import tarfile; print(*sorted(m.name for m in tarfile.open("utf8.tar")))')" "$(LC_ALL=C.UTF-8 tar tf utf8.tar | "$PYTHON" -c 'import sys; print(*sorted(sys.stdin.read().split()))')"
cp a.pgm $'f/M\xfcller.pgm' && tar cf f.tar --format=pax -C f .
expect_exit 0 mmread -o latin.mms f.tar
check "a name that is not UTF-8" bash -c 'mminfo --keys latin.mms | grep -qx M_ller'
finish
