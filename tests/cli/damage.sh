#!/usr/bin/env bash
# Truncated and bit-flipped DICOM and JPEG files of every coding: no crash, no hang, no wrong pixels where it can be told.
. "$ROOT/tests/cli/lib.sh"
need_shared data/dicom
need_python numpy PIL
cat >jpegs.py <<'PY'
import numpy as np
from PIL import Image
y, x = np.mgrid[:90, :70]
v = ((np.sin(x / 9.0) + np.cos(y / 7.0)) * 60 + 128 + np.random.RandomState(1).randint(-9, 9, x.shape)).astype("u1")
Image.fromarray(v).save("baseline.jpg", quality=90)
Image.fromarray(v).save("progressive.jpg", quality=90, progressive=True)
Image.fromarray(np.dstack([v, v[::-1], v])).save("colour.jpg", quality=80)
PY
check "JPEG files" "$PYTHON" jpegs.py
d=$SHARED/data/dicom/test_files
for f in baseline.jpg progressive.jpg colour.jpg "$d"/{CT_small,MR_small_expb,MR_small_implicit,MR_small_RLE,image_dfl,rtdose_rle,SC_rgb_jpeg_gdcm}.dcm \
    "$d"/{JPEGLSNearLossless_16,MR_small_jp2klossless,SC_rgb_small_odd_jpeg,liver_1frame,SC_ybr_full_422_uncompressed}.dcm; do
    check "$(basename "$f")" "$PYTHON" "$ROOT/tests/cli/damage.py" "$f" && { [ -z "${VERBOSE:-}" ] || cat .out; }
done
finish
