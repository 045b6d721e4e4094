#!/usr/bin/env bash
# Every file of data/dicom is read as pydicom or GDCM's tools read it, or refused as the table beside this file says.
. "$ROOT/tests/cli/lib.sh"
need_shared data/dicom
need_python pydicom numpy PIL
need_command gdcmconv
PATH=$SUPPORT:$PATH
check "all files" "$PYTHON" "$ROOT/tests/agreement/dicom_check.py" "$SHARED/data/dicom" "$ROOT/tests/agreement/dicom_refused.tsv"
[ "$failures" -eq 0 ] || cat .out
# Compressed frames are decoded in processes of their own, from any number of threads.
check "threads change nothing" bash -c 'for j in 1 4; do mmread -q --no-pg --on-error=skip --manifest all.tsv -j $j 2>$j.err | sha256sum >$j.sum; done; cmp 1.sum 4.sum && cmp 1.err 4.err'
check "codings" "$PYTHON" "$ROOT/tests/agreement/dicom_codings.py"
check "code streams" "$PYTHON" "$ROOT/tests/agreement/dicom_streams.py" "$SHARED/data/dicom"
[ "$failures" -eq 0 ] || cat .out
finish
