#!/usr/bin/env bash
# Every file of data/dicom is read as pydicom or GDCM's tools read it, or refused as the table beside this file says.
. "$ROOT/tests/cli/lib.sh"
need_shared data/dicom
need_python pydicom numpy PIL
command -v gdcmconv >/dev/null || skip "no gdcmconv"
PATH=$SUPPORT:$PATH
check "all files" "$PYTHON" "$ROOT/tests/agreement/dicom_check.py" "$SHARED/data/dicom" "$ROOT/tests/agreement/dicom_refused.tsv"
[ "$failures" -eq 0 ] || cat .out
finish
