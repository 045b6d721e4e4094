#!/usr/bin/env bash
# Truncated and bit-flipped JPEG and DICOM files: no crash, no hang, no wrong pixels where it can be told. dicom_real.sh has
# real files of every coding.
. "$ROOT/tests/cli/lib.sh"
need_python numpy PIL pydicom
need_command gdcmconv
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
"$PYTHON" -c 'import numpy as np
from dicom_forge import write
y, x = np.mgrid[:90, :70]
v = x * 40 + y * 9 + np.random.RandomState(1).randint(0, 60, x.shape)
write("plain.dcm", v.astype("u2"), 12)
write("bytes.dcm", (v // 16).astype("u1"))' || exit 1
for coding in rle:--rle jpegls:--jpegls j2k:--j2k lossless:--jpeg; do
    check "${coding%:*}" gdcmconv "${coding#*:}" plain.dcm "${coding%:*}.dcm"
done
for f in baseline.jpg progressive.jpg colour.jpg plain.dcm bytes.dcm rle.dcm jpegls.dcm j2k.dcm lossless.dcm; do
    check "$f" "$PYTHON" "$ROOT/tests/cli/damage.py" "$f" && { [ -z "${VERBOSE:-}" ] || cat .out; }
done
finish
