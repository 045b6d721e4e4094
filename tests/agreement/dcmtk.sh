#!/usr/bin/env bash
# Compressed frames as DCMTK decodes them: its own codings and GDCM's, whole, cut and with other ends; and all real files.
. "$ROOT/tests/cli/lib.sh"
need_shared data/dicom
need_python pydicom numpy PIL
need_command gdcmconv
need_command dcmdjpls
need_command dcmdjpeg
need_command dcmdrle
check "code streams" "$PYTHON" "$ROOT/tests/agreement/dcmtk_streams.py"
[ "$failures" -eq 0 ] || cat .out
check "real files" "$PYTHON" "$ROOT/tests/agreement/dcmtk_files.py" "$SHARED/data/dicom"
[ "$failures" -eq 0 ] || cat .out
finish
