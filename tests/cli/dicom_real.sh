#!/bin/bash
# Real DICOM files, many of them malformed: indexed beside what pydicom says of them, read, damaged.
. "$ROOT/tests/cli/lib.sh"
need_shared data/dicom
need_python numpy PIL pydicom
files=$SHARED/data/dicom

# Real files, as far as pydicom reads them: whatever has pixels is there, and side, view, patient and spacing agree.
mmindex dicom -v "$files" -o real.tsv 2>real.err || { echo "FAILED: real files"; cat real.err; failures=$((failures + 1)); }
cat >real.py <<'PY'
import os, sys, warnings, logging, pydicom
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
lines = [l.rstrip("\n").split("\t") for l in open("real.tsv")]
rows = {r["image"]: r for r in (dict(zip(lines[0], l)) for l in lines[1:])}
told = open("real.err").read()
agreed = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        try:
            d = pydicom.dcmread(path, force=True)
            pixels = "PixelData" in d and d.get("Rows", 0) > 0 and d.get("Columns", 0) > 0
            patient = str(d.get("PatientID", ""))
        except Exception:
            continue
        if path in rows:
            assert rows[path]["patient"] == patient.strip() or "%" in rows[path]["patient"] or not patient.isascii(), (path, patient)
            if d.get("PixelSpacing"):
                assert [float(v) for v in rows[path]["spacing"].split()] == [float("%g" % v) for v in d.PixelSpacing], path
            agreed += 1
        elif pixels and open(path, "rb").read(132)[128:] == b"DICM":
            assert path in told, path
assert agreed > 80, agreed
PY
check "real files" "$PYTHON" real.py "$files"
# Segmentations and reports are named and left out.
for what in "liver_1frame.dcm' is a segmentation" "test-SR.dcm' is a structured report" "rtplan.dcm' is a plan of treatment"; do
    check "left out: $what" grep -q "$what, not an image of a breast: left out" real.err
done
refuse "a segmentation in the manifest" grep -q liver_ real.tsv
# What the manifest names is read, but for what only decoding shows.
expect_exit 0 mmread --on-error=skip --manifest real.tsv -o real.mms
! grep -q "422_uncompressed" real.err || { echo "FAILED: colours at half width"; failures=$((failures + 1)); }
[ "$(mminfo real.mms | grep -c image:)" -ge 80 ] || { echo "FAILED: records of real files"; failures=$((failures + 1)); }

# Truncated and bit-flipped (damage.sh), of every coding; and as seeds of the fuzz target.
d=$files/test_files
# A segmentation under a class that is read: pixels of one bit.
sed 's/1\.2\.840\.10008\.5\.1\.4\.1\.1\.66\.4/1.2.840.10008.5.1.4.1.1.4\x00\x00\x00/g; s/SEG /OT  /g' "$d/liver_1frame.dcm" >one_bit.dcm
for f in "$d"/{CT_small,MR_small_expb,MR_small_implicit,MR_small_RLE,image_dfl,rtdose_rle,SC_rgb_jpeg_gdcm}.dcm \
    "$d"/{JPEGLSNearLossless_16,MR_small_jp2klossless,SC_rgb_small_odd_jpeg,SC_ybr_full_422_uncompressed}.dcm one_bit.dcm; do
    check "$(basename "$f")" "$PYTHON" "$ROOT/tests/cli/damage.py" "$f" && { [ -z "${VERBOSE:-}" ] || cat .out; }
done
mkdir seeds
find "$files" -type f -size -9 -exec cp -t seeds {} +
check "small files through the fuzz target" timeout 60 env ASAN_OPTIONS=allocator_may_return_null=1 "$BIN/../fuzz/dicom" seeds
finish
