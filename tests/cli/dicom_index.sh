#!/bin/bash
# mmindex dicom: a folder of DICOM files among others by their headers, through mmread to mmpredict and mmheatmap.
# dicom_real.sh has real files.
. "$ROOT/tests/cli/lib.sh"
need_python numpy pydicom
cat >make.py <<'PY'
import os, numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid
def film(path, patient="", side="", view="", spacing=None, rows=64, columns=48, syntax=ExplicitVRLittleEndian, pixels=True):
    d = Dataset()
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = syntax
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.2"
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID = generate_uid()
    d.Modality, d.PatientName = "MG", "Marker^Name"
    if patient: d.PatientID = patient
    if side: d.ImageLaterality = side
    if view: d.ViewPosition = view
    if spacing: d.ImagerPixelSpacing = spacing
    if pixels:
        d.SamplesPerPixel, d.PhotometricInterpretation, d.PixelRepresentation = 1, "MONOCHROME2", 0
        d.Rows, d.Columns, d.BitsAllocated, d.BitsStored, d.HighBit = rows, columns, 16, 12, 11
        y, x = np.mgrid[:rows, :columns]
        d.PixelData = ((x * 40 + y * 17) % 4096 * (x < columns // 2)).astype("<u2").tobytes()
    d.is_little_endian, d.is_implicit_VR = True, syntax == ImplicitVRLittleEndian
    os.makedirs(os.path.dirname(path), exist_ok=True)
    d.save_as(path, write_like_original=False)
film("films/a/one.dcm", "p1", "L", "CC", [0.07, 0.08])
film("films/a/two.DCM", "p1", "R", "MLO", [0.07, 0.07], syntax=ImplicitVRLittleEndian)
film("films/b/1.2.840.113.1", "p2", "R", "CC")
film("films/b/1.2.840.113.2", "p2", "", "MLO")
film("films/c/nobody.dcm")
film("films/c/report.dcm", "p3", pixels=False)
film("films/c/cut.dcm", "p3", "L", "CC")
open("films/c/cut.dcm", "r+b").truncate(200)
film("films/c/short.dcm", "p3", "L", "CC")
os.truncate("films/c/short.dcm", os.path.getsize("films/c/short.dcm") - 100)
open("films/c/notes.txt", "w").write("notes\n")
open("films/README", "w").write("readme\n")
open("films/c/empty.dcm", "w").close()
PY
check "films" "$PYTHON" make.py
expect_exit 0 mmindex dicom films -o films.tsv
message "5 images of 2 patients"
message "1 images name no patient"
message "3 files are not DICOM files"
message "'films/c/report.dcm': is a DICOM file without an image"
message "'films/c/cut.dcm'"
message "'films/c/short.dcm': is cut short"
message "3 DICOM files are not images"
! grep -q 'Marker' .err films.tsv || { echo "FAILED: a name"; failures=$((failures + 1)); }
printf 'key\timage\tpatient\tside\tview\tspacing\n' >want.tsv
printf '%s\tfilms/%s\t%s\t%s\t%s\t%s\n' a_one a/one.dcm p1 LEFT CC '0.07 0.08' a_two a/two.DCM p1 RIGHT MLO '0.07 0.07' \
    b_1.2.840.113.1 b/1.2.840.113.1 p2 RIGHT CC '' b_1.2.840.113.2 b/1.2.840.113.2 p2 '' MLO '' c_nobody c/nobody.dcm '' '' '' '' >>want.tsv
cut -f1-6 films.tsv >first.tsv
check "the manifest" diff first.tsv want.tsv
# Paths that would make one key: the shortest suffix that is one path's alone decides.
mkdir -p clash/A/B_C clash/A_B/C clash/D clash/E
for f in A/B_C/1.dcm A_B/C/1.dcm D/IM1 D/IM1.dcm E/1.dcm; do cp films/a/one.dcm clash/$f; done
expect_exit 0 mmindex dicom clash -o clash.tsv
equal "keys differ" "B_C_1 C_1 D_IM1 D_IM1.dcm E_1" "$(tail -n +2 clash.tsv | cut -f1 | xargs)"
check "and are read" bash -o pipefail -c 'mmread -q --manifest clash.tsv | mminfo --keys | sort -u | wc -l | grep -qx 5'

# Columns to choose by.
cat >choose.py <<'PY'
import pydicom
from pydicom.dataset import Dataset
d = pydicom.dcmread("films/a/one.dcm")
d.PresentationIntentType = "FOR PROCESSING"
d.ImageType = ["ORIGINAL", "PRIMARY", "", "LEFT"]
d.NumberOfFrames = 1
d.BreastImplantPresent = "YES"
d.Manufacturer = "HOLOGIC, Inc."
d.ManufacturerModelName = "Lorad Selenia"
d.SeriesDescription = "L CC\tspot"
d.StudyDescription = "Screening"
d.StudyDate = "20200229"
def code(value, scheme, meaning):
    c = Dataset()
    c.CodeValue, c.CodingSchemeDesignator, c.CodeMeaning = value, scheme, meaning
    return c
view = code("399162004", "SCT", "cranio-caudal")
view.ViewModifierCodeSequence = [code("399055006", "SCT", "Spot compression"), code("R-102D5", "SRT", "Implant Displaced"), code("1", "99X", "other, one")]
d.ViewCodeSequence = [view]
d.save_as("choose/x.dcm")
d.PatientID = "p9"
d.StudyDate = "20200301"
d.save_as("choose/y.dcm")
d.StudyDate = "20210301"
d.Manufacturer = "Unknown & Sons"
d.save_as("choose/z.dcm")
PY
mkdir choose
check "a film with all of them" "$PYTHON" choose.py
check "is indexed" mmindex -q dicom choose -o choose.tsv
column() { awk -F'\t' -v name="$2" -v line="${3:-2}" 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i} NR == line {print $c[name]}' "$1"; }
equal "columns" "MG|FOR PROCESSING|ORIGINAL,PRIMARY,LEFT|1|S,ID,other  one|YES|64|48|MONOCHROME2|HOLOGIC, Inc.|Lorad Selenia|Screening|20200229" \
    "$(for c in modality intent image_type frames view_modifiers implant rows columns photometric manufacturer model study_description study_date; do column choose.tsv $c; done | paste -sd'|')"
check "chosen by one" bash -o pipefail -c 'mmread -q --manifest choose.tsv --where view_modifiers=ID | mminfo --keys | wc -l | grep -qx 3'

# Under a key.
head -c 32 /dev/zero >key
hash_of() { "$PYTHON" -c 'import hmac, sys; print(hmac.new(open("key", "rb").read(), sys.argv[1].encode(), "sha256").hexdigest()[:32])' "$1"; }
check "hashed" mmindex -q --hash-ids key dicom choose -o hashed.tsv
equal "keys and patients" "$(hash_of x) - $(hash_of p1)" "$(column hashed.tsv key) $(column hashed.tsv image) $(column hashed.tsv patient)"
equal "terms stay, other texts do not" "MG|FOR PROCESSING|ORIGINAL,PRIMARY,LEFT|S,ID,$(hash_of 'other  one')|YES|MONOCHROME2|HOLOGIC INC|$(hash_of 'Lorad Selenia')" \
    "$(for c in modality intent image_type view_modifiers implant photometric manufacturer model; do column hashed.tsv $c; done | paste -sd'|')"
equal "an unknown manufacturer" "$(hash_of "Unknown & Sons")" "$(column hashed.tsv manufacturer 4)"
refuse "no descriptions" grep -qiE 'description|Screening|spot' hashed.tsv
days() { echo $((($(date -ud "$2" +%s) - $(date -ud "$1" +%s)) / 86400)); }
equal "dates of a patient keep their distance" 365 "$(days "$(column hashed.tsv study_date 3)" "$(column hashed.tsv study_date 4)")"
refuse "and are moved" grep -qE '20200229|20200301|20210301' hashed.tsv
check "mmread hides them too" mmread -q --hash-ids key --manifest choose.tsv -o read.mms
refuse "in the stream" bash -c "mminfo read.mms | grep -qiE 'description|Screening|20200229|20200301|20210301|patient=p'"
equal "with the same dates" "$(column hashed.tsv study_date)" "$(mminfo read.mms | grep '^x' | grep -o 'study_date=[0-9]*' | cut -d= -f2)"
expect_exit 2 mmindex --hash-ids key mias films
expect_exit 1 mmindex --hash-ids nokey dicom films
expect_exit 2 mmindex --map a=b dicom films
mkdir none && echo text >none/a.dcm
expect_exit 3 mmindex dicom none
message "'none' has no DICOM image"
expect_exit 1 mmindex dicom nowhere

# Ready for prediction and heatmaps.
expect_exit 0 mmread --manifest films.tsv -o films.mms
check "attributes" bash -c 'mminfo films.mms | grep "^a_one" | grep "patient=p1" | grep "side=LEFT" | grep "view=CC" | grep -q "spacing=0.07 0.08"'
check "weights" "$PYTHON" "$ROOT/tests/cli/weights.py" cifar 20 cifar.npz
check "a model" mmmodel convert --net resnet20-cifar --classes 10 --mean 100 --std 57.6 cifar.npz m.safetensors
check "mmpredict" mmpredict -q --model m.safetensors films.mms -o p.tsv
[ "$(wc -l <p.tsv)" = 6 ] || { echo "FAILED: predictions"; failures=$((failures + 1)); }
check "mmheatmap" mmheatmap -q --window 32 --model m.safetensors --stride 16 films.mms -o heat.mms
finish
