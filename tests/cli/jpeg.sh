#!/usr/bin/env bash
# JPEG: grey and luminance as Pillow decodes them, ways in, what is refused.
. "$ROOT/tests/cli/lib.sh"
need_python numpy PIL
cat >jpegs.py <<'PY'
import subprocess
import numpy as np
from PIL import Image
import mms
y, x = np.mgrid[:90, :71]
v = ((np.sin(x / 9.0) + np.cos(y / 7.0)) * 60 + 128 + np.random.RandomState(1).randint(-9, 9, x.shape)).astype("u1")
rgb = np.dstack([v, v[::-1], v[:, ::-1]])
for name, a, options in (("grey", v, {}), ("progressive", v, dict(progressive=True)), ("optimised", v, dict(quality=30, optimize=True)),
                         ("colour", rgb, {}), ("colour-progressive", rgb, dict(progressive=True, subsampling=0))):
    Image.fromarray(a).save(name + ".jpg", **options)
    subprocess.run(["mmread", "-q", "--no-pg", "-o", name + ".mms", name + ".jpg"], check=True)
    (r,) = list(mms.read_stream(open(name + ".mms", "rb")))[0].records
    p = Image.open(name + ".jpg")
    p.draft("L", p.size)  # the luminance that is stored
    want = np.asarray(p)
    got = r.tensors["image"]
    assert r.key == name and got.dtype == np.uint8 and want.ndim == 2 and (got == want).all(), name
Image.fromarray(np.dstack([v, v, v, v]), "CMYK").save("print.jpg")
d = bytearray(open("grey.jpg", "rb").read())
at = d.index(b"\xff\xc0")
wide = bytes(d[:at + 5]) + b"\xff\xff\xff\xff" + bytes(d[at + 9:])
open("wide.jpg", "wb").write(wide)
open("deep.jpg", "wb").write(bytes(d[:at + 4]) + b"\x0c" + bytes(d[at + 5:]))
open("headless.jpg", "wb").write(bytes(d[:at]))
open("cut.jpg", "wb").write(bytes(d[:len(d) * 2 // 3]))
spread = open("progressive.jpg", "rb").read()
open("scans.jpg", "wb").write(spread[:spread.rindex(b"\xff\xda")] + b"\xff\xd9")
open("tail.jpg", "wb").write(bytes(d) + b"trailing bytes")
PY
check "pixels" "$PYTHON" jpegs.py
expect_exit 0 mmread -o x.mms colour.jpg
message "colour converted to luminance"
check "in a folder" bash -c 'mkdir t && cp grey.jpg t/grey.JPEG && cp grey.jpg t/nameless && [ "$(mmread t | mminfo --keys | xargs)" = "grey nameless" ]'
check "bytes behind the image" bash -c 'mmread --no-pg tail.jpg -o tail.mms'
refused() {
    expect_exit 3 mmread -o none.mms "$1"
    message "$2"
    [ ! -e none.mms ] || { echo "FAILED: $1 leaves an output"; failures=$((failures + 1)); }
}
refused print.jpg "4 components"
refused wide.jpg "65535 x 65535 pixels in"
refused deep.jpg "12 bits"
refused headless.jpg "before its frame header"
refused cut.jpg "damaged JPEG"
refused scans.jpg "some of its scans are missing"
refused "$ROOT/tests/fuzz/found/image/lossless-of-gigabytes" "process c3" # before memory is taken for its pixels
expect_exit 0 mmread --on-error=skip -o some.mms cut.jpg grey.jpg
message "cut.jpg"
message "1 record skipped"
finish
