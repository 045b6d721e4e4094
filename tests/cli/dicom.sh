#!/usr/bin/env bash
# DICOM: values (bits, sign, windows, tables, colours, frames), attributes, ways in; patients' identifiers under a key.
. "$ROOT/tests/cli/lib.sh"
need_python pydicom numpy
check "values and attributes" "$PYTHON" "$ROOT/tests/cli/dicom.py"

# Every way in gives the same record.
cat >films.py <<'PY'
from dicom_forge import *
v = np.random.RandomState(1).randint(0, 4096, (20, 16))
for i, side in enumerate("LR"):
    write("film%d.dcm" % i, v + i, 12, PatientID="Patient%d" % i, ImageLaterality=side, ViewPosition="CC")
PY
check "films" "$PYTHON" films.py
mkdir -p tree && cp film0.dcm tree/film0 && cp film1.dcm tree/
check "a file" mmread --no-pg -o file.mms film0.dcm
check "a folder" mmread --no-pg -o folder.mms tree
check "two files" mmread --no-pg -o both.mms film0.dcm film1.dcm
check "a folder as files" cmp folder.mms both.mms
tar -cf films.tar film0.dcm film1.dcm
check "an archive" mmread --no-pg -o tar.mms films.tar
check "an archive as files" cmp tar.mms both.mms
check "an archive from a pipe" bash -c 'cat films.tar | mmread --no-pg -o pipe.mms && cmp pipe.mms both.mms'
check "a file from a pipe" bash -c 'cat film0.dcm | mmread --no-pg | mminfo | grep -q "^image"'
printf 'key\timage\nfilm0\tfilm0.dcm\nfilm1\tfilm1.dcm\n' >films.tsv
check "a manifest" bash -c 'mmread --no-pg --manifest films.tsv -o manifest.mms && cmp manifest.mms both.mms'
check "threads" bash -c 'mmread --no-pg -j 3 film0.dcm film1.dcm | cmp - both.mms'
for where in tree films.tar "--manifest films.tsv"; do
    # shellcheck disable=SC2086
    check "--where on what only the header says: $where" \
        bash -c "[ \"\$(mmread --where side=RIGHT $where | mminfo --keys)\" = film1 ]"
done
check "tar and back" bash -c 'mmwrite --no-pg both.mms | mmread --no-pg -o back.mms && cmp back.mms both.mms'
expect_exit 2 mmread --window=wide film0.dcm
message "--window"
expect_exit 2 mmread --window=10,0 film0.dcm
expect_exit 2 mmread --frame=0 film0.dcm
expect_exit 3 mmread --frame=2 -o x.mms film0.dcm
message "1 frame"

# Identifiers under a key: the same from every source, HMAC-SHA256 as Python computes it, and never the old ones.
head -c 32 /dev/zero >key
hash_of() { "$PYTHON" -c 'import hmac, sys; print(hmac.new(open("key", "rb").read(), sys.argv[1].encode(), "sha256").hexdigest()[:32])' "$1"; }
attributes() { "$PYTHON" -c 'from dicom_forge import *; [print(r.attrs.get("patient")) for r in records(sys.argv[1])]' "$1"; }
want="$(hash_of Patient0) $(hash_of Patient1)"
for from in "film0.dcm film1.dcm" tree films.tar "--manifest films.tsv" "- <films.tar"; do
    check "hashed: $from" bash -c "mmread --hash-ids key -o hashed.mms $from"
    got=$(attributes hashed.mms | xargs)
    [ "$got" = "$want" ] || { echo "FAILED: identifiers from $from are $got, not $want"; failures=$((failures + 1)); }
    refuse "an identifier in the stream of $from" grep -q Patient hashed.mms
done
check "from a pipe" bash -c 'cat films.tar | mmread --hash-ids key -o hashed.mms'
[ "$(attributes hashed.mms | xargs)" = "$want" ] || { echo "FAILED: identifiers from a pipe"; failures=$((failures + 1)); }
printf 'key\timage\tpatient\nfilm0\tfilm0.dcm\tPatient1\n' >other.tsv
check "of a manifest" mmread --hash-ids key -o hashed.mms --manifest other.tsv
[ "$(attributes hashed.mms)" = "$(hash_of Patient1)" ] || { echo "FAILED: identifier of a manifest"; failures=$((failures + 1)); }
check "a hash is chosen by" bash -c "mmread --hash-ids key --where patient=$(hash_of Patient1) tree | mminfo --keys | grep -qx film1"
mmwrite -o films-written.tar both.mms
check "of an archive's JSON" mmread --hash-ids key -o hashed.mms films-written.tar
[ "$(attributes hashed.mms | xargs)" = "$want" ] || { echo "FAILED: identifiers of JSON"; failures=$((failures + 1)); }
expect_exit 2 mmread --hash-ids key -o x.mms both.mms
message "tensor stream"
expect_exit 2 bash -c 'cat both.mms | mmread --hash-ids key -o x.mms'
printf 'short' >weak
expect_exit 1 mmread --hash-ids weak -o x.mms film0.dcm
message "at least 16 are needed"
cp film0.dcm Patient0.dcm
expect_exit 0 mmread --hash-ids key -o x.mms Patient0.dcm
message "the key holds"

# Pixels that need no change go from the file into a pipe without a copy: the same stream as in a file, also by threads, with what
# lies at odd places in the file, and with files of the other byte order and of fewer bits among them.
cat >large.py <<'PY'
from dicom_forge import *
v = np.random.RandomState(2).randint(0, 65536, (1500, 1201))
write("large16.dcm", v, 16)
write("odd.dcm", v[:777, :601], 16, PatientID="12")
write("large8.dcm", v[:, :1199] % 256, 8)
write("big.dcm", v, 16, syntax=ExplicitVRBigEndian)
write("twelve.dcm", v % 4096, 12)
write("inverse.dcm", v, 16, photometric="MONOCHROME1")
values = {r.key: r.tensors["image"] for r in records("large.mms")} if os.path.exists("large.mms") else None
if values:
    for key, wanted in ("large16", v), ("odd", v[:777, :601]), ("large8", v[:, :1199] % 256), ("big", v), ("inverse", 65535 - v):
        assert (values[key] == wanted).all(), key
PY
large=(large16.dcm odd.dcm large8.dcm big.dcm twelve.dcm inverse.dcm)
check "large films" "$PYTHON" large.py
check "large films in a file" mmread -q -j 1 -o large.mms "${large[@]}"
check "their values" "$PYTHON" large.py
for j in 1 3; do
    check "the same through a pipe, $j threads" bash -c "mmread -q -j $j \"\$@\" | cat | cmp - large.mms" - "${large[@]}"
done
check "another white in a pipe" bash -c 'mmread -q --full-scale=4095 large16.dcm | cat >white.mms; mmread -q --full-scale=4095 -o - large16.dcm | cmp - white.mms'
refuse "another white is the same" bash -c 'mmread -q large16.dcm | tail -c 3600000 | cmp - <(tail -c 3600000 white.mms)'
# The pages in the pipe are the file's: what changes in it meanwhile does not pass for data.
meanwhile() { # COMMAND...: run when pixels of mmread large16.dcm come, so that their checksum is said; its exit code in `code`, its reader's in `codes`
    { mmread large16.dcm 2>.err; echo $? >code; } | { head -c 2000 >begin; "$@"; cat begin - | mminfo --check 2>.err-reader; echo $? >codes; }
}
meanwhile true
equal "undisturbed" "0 0" "$(cat code codes | xargs)"
meanwhile dd if=/dev/zero of=large16.dcm bs=1 seek=3600000 count=8 conv=notrunc status=none
equal "changed while it was read" "0 3" "$(cat code codes | xargs)"
check "the checksum tells" grep -q "checksum of a record's data" .err-reader
meanwhile truncate -s 3000000 large16.dcm
equal "cut while it was read" "3 3" "$(cat code codes | xargs)"
message "an input file became shorter"
finish
