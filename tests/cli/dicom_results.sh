#!/usr/bin/env bash
# DICOM objects that are made from images, and are none: named and left out by mmread, from wherever they come, and by mmindex. Captures
# that are films stay.
. "$ROOT/tests/cli/lib.sh"
need_python pydicom numpy
cat >make.py <<'PY'
from dicom_forge import *
root = "1.2.840.10008.5.1.4.1.1."
v = np.random.RandomState(1).randint(0, 4096, (20, 16))
rgb = np.random.RandomState(1).randint(0, 256, (20, 16, 3))
os.makedirs("d", exist_ok=True)
def film(name, sop, v=v, bits=12, modality="MG", pixels=True, **elements):
    d = dataset(v, bits, photometric="RGB" if v.ndim == 3 else "MONOCHROME2", SOPClassUID=sop, Modality=modality, PatientID="p1", ImageLaterality="L",
                ViewPosition="CC", **elements)
    d.file_meta.MediaStorageSOPClassUID = sop
    if not pixels:
        del d.PixelData
    d.save_as("d/%s.dcm" % name, write_like_original=False)
# Images.
film("a-presentation", root + "1.2", PresentationIntentType="FOR PRESENTATION")
film("b-processing", root + "1.2.1", ImageType=["ORIGINAL", "PRIMARY", ""])
film("c-cbis", root + "7", SeriesDescription="full mammogram images", ConversionType="WSD")
film("d-capture", root + "7", ImageType=["DERIVED", "SECONDARY"], ConversionType="DF")
film("e-tomo", root + "13.1.3", ImageType=["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"])
film("e-redacted", root + "7", SeriesDescription="masked full mammogram")
film("f-sound", root + "6.1", rgb, 8, "US")
# What is none.
film("g-seg", root + "66.4", np.where(v > 2000, 255, 0), 8, "SEG")
film("h-labels", root + "66.7", v % 3, 8, "SEG")
film("i-map", root + "30", v, 12, "MG")
film("j-report", root + "88.50", modality="SR", pixels=False)
film("k-state", root + "11.1", modality="PR", pixels=False)
film("l-overlay", root + "7", v % 256, 8, "MG", ImageType=["DERIVED", "SECONDARY", "OVERLAY"])
film("m-colour", root + "7.4", rgb, 8, "MG")
film("n-mask", root + "7", v % 2 * 255, 8, "MG", SeriesDescription="ROI mask images")
film("n-mask2", root + "7", v % 2, 8, "MG", SeriesDescription="Lesion mask 1")
film("n-map", root + "7", v % 256, 8, "MG", SeriesDescription="Probability map")
film("o-key", root + "88.59", modality="KO", pixels=False)
film("p-screen", root + "7", v % 256, 8, "MG", ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])
d = dataset(v, 12, Modality="SEG", PatientID="p1", ImageLaterality="L")
del d.SOPClassUID, d.file_meta.MediaStorageSOPClassUID
d.save_as("d/q-classless.dcm", write_like_original=True)
open("all.tsv", "w").write("key\timage\n" + "".join("%s\td/%s\n" % (n[:-4], n) for n in sorted(os.listdir("d"))))
PY
check "files" "$PYTHON" make.py
want="a-presentation b-processing c-cbis d-capture e-redacted e-tomo f-sound"
named() { # FILE: all objects that are no images are named in it, and nothing else is left out
    local what
    for what in "g-seg.dcm': is a segmentation" "h-labels.dcm': is a segmentation" "i-map.dcm': is a parametric map" \
        "j-report.dcm': is a structured report" "k-state.dcm': is a presentation state" "l-overlay.dcm': is a capture of an overlay" \
        "m-colour.dcm': is a capture of an overlay" "n-mask.dcm': is a capture of a segmentation" \
        "n-mask2.dcm': is a capture of a segmentation" "n-map.dcm': is a capture of an overlay" "o-key.dcm': is a key object selection" \
        "p-screen.dcm': is a capture of an overlay" "q-classless.dcm': is a segmentation"; do
        grep -qF "$what, not an image of a breast: left out" "$1" || { echo "not named: $what"; return 1; }
    done
    [ "$(grep -c ': left out$' "$1")" = 13 ]
}
tar -cf d.tar -C d .
export -f named
for from in "d" "d.tar" "d/*.dcm" "--manifest all.tsv" "--where side=LEFT d" "--shuffle d" "--balance view d"; do
    # shellcheck disable=SC2086
    expect_exit 0 mmread -o x.mms $from
    cp .err err
    check "named from $from" named err
    keys=$(mminfo --keys x.mms | sed 's/~.*//' | LC_ALL=C sort -u | xargs)
    [[ $from == --balance* ]] && keys=$want # drawn at random
    equal "records of $from" "$want" "$keys"
done
check "from a pipe" bash -c 'cat d.tar | mmread -o x.mms 2>err'
check "named from a pipe" named err
equal "records of a pipe" "$want" "$(mminfo --keys x.mms | LC_ALL=C sort | xargs)"
for j in 1 3; do mmread -j $j d 2>$j.err | cat >$j.mms; done
check "threads change nothing" bash -c 'cmp 1.mms 3.mms && cmp 1.err 3.err'
expect_exit 1 mmread -o none.mms d/g-seg.dcm d/j-report.dcm
message "is a structured report, not an image of a breast: left out"
message "every record was left out"
[ ! -e none.mms ] || { echo "FAILED: an output without records is left"; failures=$((failures + 1)); }
expect_exit 0 mmread -o quiet.mms d/a-presentation.dcm d/b-processing.dcm d/c-cbis.dcm d/d-capture.dcm d/e-tomo.dcm
equal "nothing is said of images" "" "$(cat .err)"
check "no record counts as skipped" bash -c '! mminfo x.mms 2>&1 | grep skipped'
tar -cf none.tar -C d g-seg.dcm
expect_exit 1 bash -c 'cat none.tar | mmread -o none.mms'
message "is a segmentation, not an image of a breast: left out"
# A segmentation is a mask all the same.
printf 'key\timage\tmask\nk\td/a-presentation.dcm\td/g-seg.dcm\n' >mask.tsv
expect_exit 0 mmread --manifest mask.tsv -o mask.mms
"$PYTHON" -c 'from dicom_forge import *; v = np.zeros((2, 20, 16), "u1"); v[0, 3:9, 3:9] = v[1, 12:, :5] = 1; write("parts.dcm", v, 8, SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4", Modality="SEG")'
printf 'key\timage\tmask\nk\td/a-presentation.dcm\tparts.dcm\n' >parts.tsv
expect_exit 0 mmread --manifest parts.tsv -o parts.mms
message "'parts.dcm': a mask of 2 frames, of which the first is read"
check "a segmentation as a mask" bash -c 'mminfo mask.mms | grep -q "mask:u8:1x20x16"'
expect_exit 0 mmindex dicom d -o index.tsv
sed "s/' is a /': is a /" .err >err
message "7 images of 1 patients"
message "13 DICOM files are left out: they are not images of a breast"
check "named by mmindex" named err
equal "images of mmindex" "$want" "$(tail -n +2 index.tsv | cut -f 1 | xargs)"

# What is packed may be DICOM, and is named with what unpacks it.
mkdir packed
gzip -c d/a-presentation.dcm >packed/a.dcm.gz
gzip -c quiet.mms >packed/q.mms.gz
cp d/b-processing.dcm packed
expect_exit 0 mmindex dicom packed
message "'packed/a.dcm.gz' is gzip data, which may hold an image: unpack it with gzip -d first"
for f in packed/a.dcm.gz packed/q.mms.gz; do
    expect_exit 3 mmread -o x.mms $f
    message "'$f' is gzip data, but not a packed tar archive: unpack it with gzip -d first"
    expect_exit 3 bash -c "cat $f | mmread -o x.mms"
    message "is gzip data, but not a packed tar archive: unpack it with gzip -d first"
done
printf 'key\timage\nk\tpacked/a.dcm.gz\n' >packed.tsv
expect_exit 3 mmread --manifest packed.tsv -o x.mms
message "'packed/a.dcm.gz': is gzip data: unpack it with gzip -d first"
expect_exit 3 mminfo packed/q.mms.gz
message "unpack it with gzip -d first"
if command -v zstd >/dev/null; then
    zstd -q quiet.mms -o packed/q.mms.zst
    expect_exit 3 mmread -o x.mms packed/q.mms.zst
    message "'packed/q.mms.zst' is zstd data, but not a packed tar archive: unpack it with zstd -d first"
fi
finish
