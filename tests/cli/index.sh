#!/bin/bash
# mmindex: folders in the manner of mini-MIAS, good and bad; tables of users, good and bad, and through mmread.
. "$ROOT/tests/cli/lib.sh"
need_python numpy cv2
# Films in the manner of mini-MIAS (mias.sh has the real ones): some of them, PNG and PGM; another Info.txt.
mkdir some
cat >some/Info.txt <<'T'
Prose comes first, in the file that is published, too.

mdb001 G CIRC B 500 400 100
mdb002 G CIRC B 510 300 60
mdb003 D NORM
mdb005 F CIRC B 400 200 30
mdb005 F CIRC B 450 250 25
mdb216 D CALC M
T
"$PYTHON" -c "import cv2, numpy as np; film = np.random.RandomState(1).randint(0, 256, (1024, 1024)).astype('u1')
cv2.imwrite('some/mdb001.png', film); cv2.imwrite('some/mdb005.pgm', film)"
cp some/Info.txt some/mdb001.png .
expect_exit 0 mmindex mias some -o some.tsv
message "2 films with 3 lesions"
message "3 films that Info.txt lists are not in 'some'"
check "PGM film, y from the top" grep -q 'some/mdb005.pgm.circle:400,824,30' some.tsv
head -c 20 mdb001.png >some/mdb001.png
expect_exit 3 mmindex mias some
message "some/mdb001.png"
mkdir none && cp Info.txt none/
expect_exit 3 mmindex mias none
message "none of the 5 films"
echo prose >none/Info.txt
expect_exit 3 mmindex mias none
expect_exit 1 mmindex mias nowhere
sed 's/^mdb001 G CIRC B/mdb001 G CIRC X/' Info.txt >some/Info.txt
rm some/mdb001.png; cp mdb001.png some/
expect_exit 3 mmindex mias some
message "'X' is not a severity"

# Tables of users.
"$PYTHON" "$ROOT/tests/cli/images.py" make
mkdir -p data && cp a.pgm b.pgm mask.pgm data/
printf '\xef\xbb\xbfImage,Patient,Side,Mask,Pathology,Abnormality,Label,"Remark, long"\r\na.pgm,p1,L,mask.pgm,benign,mass,,"two\r\nlines, ""quoted"""\r\n' >data/t.csv
printf 'b.pgm,p2,right," box:1,1,4,4 ",M,CALC,malignant,\r\n\r\n' | sed 's/" box:1,1,4,4 "/" box:1,1,4,4 "/' >>data/t.csv
expect_exit 0 mmindex table data/t.csv -o t.tsv
printf 'key\timage\tpatient\tside\tmask\tpathology\tabnormality\tlabel\tRemark, long\n' >want.tsv
printf 'a\tdata/a.pgm\tp1\tLEFT\tdata/mask.pgm\tbenign\tmass\t\ttwo  lines, "quoted"\n' >>want.tsv
printf 'b\tdata/b.pgm\tp2\tRIGHT\tbox:1,1,4,4\tM\tCALC\t1\t\n' >>want.tsv
sed -i 's/^a\tdata\/a.pgm/a\ta.pgm/; s/^b\tdata\/b.pgm/b\tb.pgm/; s/\tdata\/mask.pgm/\tmask.pgm/' want.tsv # they are here, too
check "a table" cmp t.tsv want.tsv
(cd data && rm -rf deep && mkdir deep && cd deep && mmindex table ../t.csv >../deep.tsv)
check "paths from the table's folder" grep -q "$(printf '\t../a.pgm\t')" data/deep.tsv
check "and through mmread" mmread --manifest t.tsv -o t.mms
tr ',' ';' <<<'image,patient' >semi.csv; echo 'a.pgm;p1' >>semi.csv
check "semicolons" mmindex table semi.csv

table() { printf '%b' "$1" >bad.csv; }
bad() { # CODE TABLE MESSAGE...
    local code=$1
    table "$2"
    shift 2
    rm -f bad.tsv
    expect_exit "$code" mmindex table bad.csv -o bad.tsv
    for text in "$@"; do message "$text"; done
    [ ! -e bad.tsv ] || { echo "FAILED: an output is left"; failures=$((failures + 1)); }
}
bad 3 'patient,label\np1,0\n' "no column 'image'"
bad 3 '' "empty"
bad 3 'image,image\na.pgm,b.pgm\n' "twice"
bad 3 'image,label\n"a.pgm,0\n' "never closed"
bad 3 'image,label\n' "no line below its header"
bad 1 'image,patient,label\nlost.pgm,p,0\na.pgm,p,5x\nb.pgm,p,0\nwrong.npy,p\n' "line 2: cannot read image 'lost.pgm'" \
    "label '5x'" "line 5: 2 cells" "3 of 4 lines cannot be used"
bad 1 'image,patient,pathology\na.pgm,p,malignent\n' "'malignent' is not a pathology"
bad 1 'image,patient,label,pathology\na.pgm,p,0,malignant\n' "label 0, but a lesion"
bad 1 'image,patient,side\na.pgm,p,middle\n' "is not a side"
bad 1 'image,patient,mask\na.pgm,p,circle:1\n' "is not a shape"
bad 1 'image,patient,mask\na.pgm,p,lost.pgm\n' "cannot read mask 'lost.pgm'"
bad 1 'key,image,patient\nk,a.pgm,p\nk,b.pgm,p\n' "lines 2 and 3: key 'k' has the image 'a.pgm' and 'b.pgm'"
bad 1 'image,patient\nbad.csv,p\n' "is text"
table 'image,patient,label\nlost.pgm,p,0\na.pgm,p,1\n'
expect_exit 0 mmindex --on-error=skip table bad.csv -o skip.tsv
message "1 line skipped"
expect_exit 0 mmindex table semi.csv
expect_exit 2 mmindex table
expect_exit 2 mmindex inbreast x
expect_exit 1 mmindex table nowhere.csv
finish
