#!/usr/bin/env bash
# DICOM whose header and samples are at odds, or which lacks what it must have: the right values, a warning where one is due, and
# silence where all is well.
. "$ROOT/tests/cli/lib.sh"
need_python pydicom numpy
check "formats" "$PYTHON" "$ROOT/tests/cli/dicom_format.py"
[ "$failures" -eq 0 ] || cat .out
finish
