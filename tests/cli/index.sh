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
printf 'key\timage\tpatient\tside\tmask\tpathology\tabnormality\tlabel\tRemark, long\tclass\n' >want.tsv
printf 'a\tdata/a.pgm\tp1\tLEFT\tdata/mask.pgm\tBENIGN\tmass\t\ttwo  lines, "quoted"\t\n' >>want.tsv
printf 'b\tdata/b.pgm\tp2\tRIGHT\tbox:1,1,4,4\tMALIGNANT\tcalcification\t1\t\tmalignant\n' >>want.tsv
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

# What pandas and spreadsheets write.
same() { # NAME TABLE WANTED [OPTION...]: the manifest of a table, '|' for tabs.
    local name=$1 want=$3
    table "$2"
    shift 3
    expect_exit 0 mmindex -q "$@" table bad.csv -o same.tsv
    equal "$name" "$(printf "$want" | tr '|' '\t')" "$(cat same.tsv)"
}
same "pandas' index" ',image,label\n0,a.pgm,1\n7,b.pgm,0\n' 'key|image|label\na|a.pgm|1\nb|b.pgm|0\n'
same "pandas' index, read again" 'Unnamed: 0,image\n0,a.pgm\n' 'key|image\na|a.pgm\n'
same "empty columns and rows" 'image,label,,\na.pgm,1,,\n,,,\nb.pgm,0,,,,\n,\n' 'key|image|label\na|a.pgm|1\nb|b.pgm|0\n'
same "pandas' index, twice" 'Unnamed: 0.1,Unnamed: 0,image\n0,3,a.pgm\n' 'key|image\na|a.pgm\n'
same "pandas' empty rows" 'image,label\na.pgm,1\nnan,<NA>\nNaT,#N/A\n' 'key|image|label\na|a.pgm|1\n'
same "R's names of rows" '"image"\t"label"\t"side"\n"1"\t"a.pgm"\t1\tNA\n"2"\t"b.pgm"\tNA\t"L"\n' 'key|image|label|side\na|a.pgm|1|\nb|b.pgm||LEFT\n'
same "Excel's separator" 'sep=|\r\nimage|label\r\na.pgm|1\r\n' 'key|image|label\na|a.pgm|1\n'
same "the Mac's lines" 'image,label\ra.pgm,1\r' 'key|image|label\na|a.pgm|1\n'
same "Unicode text" '\xff\xfei\0m\0a\0g\0e\0\t\0S\0i\0d\0e\0\r\0\n\0a\0.\0p\0g\0m\0\t\0L\0\r\0\n\0' 'key|image|side\na|a.pgm|LEFT\n'
same "blanks beside quotes" '"image" , "note, long"\na.pgm, "b, c" \n' 'key|image|note, long\na|a.pgm|b, c\n'
same "blanks that do not break" 'image,split\na.pgm,\xc2\xa0Test\xc2\xa0\n' 'key|image|split\na|a.pgm|test\n'
bad 3 'PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0xl/workbook.xml' "'bad.csv': not text but a spreadsheet: save the table as CSV"
bad 3 '\x1f\x8b\0\0' "not text but gzip data: unpack it with gzip -d first"
bad 3 'image\na.pgm\0\n' "a zero byte: this is not text"
bad 1 '"image","label"\n"x","a.pgm",1\n' "line 2: 3 cells where the header names 2 columns"
same "fractions, nan" 'image,label,side\na.pgm,1.0,nan\nb.pgm,,NaN\n' 'key|image|label|side\na|a.pgm|1|\nb|b.pgm||\n'
same "truth" 'image,label\na.pgm,True\nb.pgm,False\n' 'key|image|label\na|a.pgm|1\nb|b.pgm|0\n'
same "semicolons and decimal commas" 'image;x;y;radius;label\na.pgm;10,5;20;3;1,0\n' 'key|image|label|mask\na|a.pgm|1|circle:10.5,20,3\n'
same "Windows' paths" 'image,mask\ndata\\a.pgm,\n' 'key|image|mask\na|data/a.pgm|\n'
same "quoted commas" 'image,"note, long"\na.pgm,"b, ""c"""\n' 'key|image|note, long\na|a.pgm|b, "c"\n'
bad 3 'image,\na.pgm,x\n' "column 2 has no name"
bad 3 ',image\np1,a.pgm\n' "column 1 has no name"

# Words in any case and spelling; a word that is none is an error that lists the words.
same "words" 'image,Split,SIDE,view,Pathology,abnormality\na.pgm,Holdout,left breast,Medio-lateral oblique,cancer,Masses\n' \
    'key|image|split|side|view|pathology|abnormality\na|a.pgm|test|LEFT|MLO|MALIGNANT|mass\n'
bad 1 'image,split\na.pgm,eval\n' "line 2: 'eval' is not a split: expected one of train, val, test"
bad 1 'image,view\na.pgm,side\n' "'side' is not a view: expected one of CC, MLO"

# Places: boxes in columns, polygons, several of one image; nothing that reads like a place becomes an attribute.
same "several boxes" 'image,XMIN,YMin,xmax,ymax,finding\na.pgm,1,2,5,6,Mass\na.pgm,3,3,7.5,9,Calcification\nb.pgm,,,,,No Finding\n' \
    'key|image|abnormality|mask\na|a.pgm|mass|box:1,2,5,6\na|a.pgm|calcification|box:3,3,7.5,9\nb|b.pgm|normal|\n' --map finding=abnormality
same "x y width height" 'image,x,y,width,height\na.pgm,1,2,5,6\n' 'key|image|mask\na|a.pgm|box:1,2,6,8\n'
same "a polygon" 'image,mask\na.pgm,"polygon:1,1,9,1,9,9"\n' 'key|image|mask\na|a.pgm|polygon:1,1,9,1,9,9\n'
same "a column is left out" 'image,bbox\na.pgm,"[1, 2, 3, 4]"\n' 'key|image\na|a.pgm\n' --map bbox=
bad 3 'image,bbox\na.pgm,"[1, 2, 3, 4]"\n' "column 'bbox' holds '[1, 2, 3, 4]', a place that is not understood"
same "a list that is said to be corners" 'image,bbox\na.pgm,"[1, 2, 3, 4]"\n' 'key|image|mask\na|a.pgm|box:1,2,3,4\n' --map bbox=xyxy
same "a list that is said to be a corner and a size" 'image,bbox\na.pgm,1 2 3 4\n' 'key|image|mask\na|a.pgm|box:1,2,4,6\n' --map bbox=xywh
bad 1 'image,polygon\na.pgm,"[[1,2,3,4,5,0],[6,7,8,9,7,6]]"\n' "line 2: '[[1,2,3,4,5,0],[6,7,8,9,7,6]]' holds several places"
bad 3 'image,bbox-0,bbox-1\na.pgm,1,2\n' "column 'bbox-0' holds '1', a place that is not understood"
bad 3 'image,x_center,y_center\na.pgm,1,2\n' "column 'x_center'"
bad 1 'image,mask\na.pgm,"ellipse:1,2,3,4"\n' "is not a shape"
bad 1 'image,xmin,ymin,xmax,ymax\na.pgm,5,5,1,9\n' "line 2: 'box:5,5,1,9' is not a shape"
expect_exit 2 mmindex --map nothing=label table bad.csv
message "the table has no column 'nothing'"
expect_exit 2 mmindex --map nothing table bad.csv
same "two images of one name" 'image\ndata/a.pgm\na.pgm\nb.pgm\n' 'key|image\ndata_a|data/a.pgm\na.pgm|a.pgm\nb|b.pgm\n'

# Labels: numbers have no name, words have; --classes and a column class name numbers; contradictions are errors.
same "words as labels" 'image,label\na.pgm,Malignant\nb.pgm,normal\n' 'key|image|label|class\na|a.pgm|1|malignant\nb|b.pgm|0|benign\n'
same "--classes" 'image,label\na.pgm,2\nb.pgm,B\n' 'key|image|label|class\na|a.pgm|2|c\nb|b.pgm|1|b\n' --classes a,b,c
bad 1 'image,label,pathology\na.pgm,2,benign\n' "neither 0 (benign) nor 1 (malignant)"
bad 3 'image,label,class\na.pgm,0,dense\nb.pgm,0,fatty\n' "lines 2 and 3: label 0 is class 'dense', and label 0 is class 'fatty'"
table 'image,label\na.pgm,0\nb.pgm,3\n'
check "a scale of one's own" bash -o pipefail -c 'mmindex -q table bad.csv | mmread -q --manifest - -o scale.mms'
refuse "has no benign images" bash -c 'mminfo scale.mms | grep class='
check "--classes of mmread" bash -o pipefail -c 'mmindex -q table bad.csv | mmread -q --manifest - --classes a,b,c,d -o scale.mms'
equal "which names them" 2 "$(mminfo scale.mms | grep -cE 'class=(a|d)')"
expect_exit 3 mmread --classes a,b --manifest same.tsv -o x.mms
expect_exit 2 mmread --classes a a.pgm
expect_exit 2 mmread --classes a,b a.pgm

# A folder per class, with and without a level of sets.
mkdir -p folders/{train,valid,Test}/{benign,Cancer/deep} folders/train/.hidden plain/{dense,fatty} && cp a.pgm folders/train/benign/x.y.pgm &&
    cp a.pgm folders/train/Cancer/deep/x.y.pgm && cp b.pgm folders/valid/benign/ && cp b.pgm folders/valid/Cancer/ &&
    cp b.pgm folders/Test/benign/B.PGM && cp b.pgm folders/Test/Cancer/deep/ && cp a.pgm folders/train/.hidden/ && echo text >folders/train/Thumbs.db
expect_exit 0 mmindex folders folders -o folders.tsv
message "6 images"
message "1 files are not images"
message "no column 'patient'"
{ printf 'key\timage\tlabel\tclass\tsplit\n'
  while read -r path label class split; do
      key=${path%.*} && printf '%s\tfolders/%s\t%s\t%s\t%s\n' "${key//\//_}" "$path" "$label" "$class" "$split"
  done <<'T'
Test/Cancer/deep/b.pgm 1 malignant test
Test/benign/B.PGM 0 benign test
train/Cancer/deep/x.y.pgm 1 malignant train
train/benign/x.y.pgm 0 benign train
valid/Cancer/b.pgm 1 malignant val
valid/benign/b.pgm 0 benign val
T
} >want.tsv
check "labels and sets by folders" diff folders.tsv want.tsv
check "and through mmread" bash -o pipefail -c 'mmread -q --manifest folders.tsv --where split=test --where class=malignant | mminfo --keys | grep -qx Test_Cancer_deep_b'
cp a.pgm plain/dense/ && cp a.pgm b.pgm plain/fatty/
expect_exit 0 mmindex folders plain -o plain.tsv
message "3 images have no label: --classes numbers the names of their folders"
equal "names of their own" "dense fatty fatty" "$(tail -n +2 plain.tsv | cut -f4 | xargs)"
expect_exit 0 mmindex folders --classes fatty,dense plain -o plain.tsv
equal "numbered" "1 0 0" "$(tail -n +2 plain.tsv | cut -f3 | xargs)"
expect_exit 3 mmindex folders --classes fatty,other plain
message "class 'dense' is none of the 2 classes"
mkdir plain/empty
expect_exit 3 mmindex folders plain
message "'plain/empty': the class has no image"
rmdir plain/empty && mkdir plain/train
expect_exit 3 mmindex folders plain
message "beside the folders of sets"
rmdir plain/train && cp a.pgm plain/ && head -c 10 a.pgm >plain/dense/cut.pgm
expect_exit 0 mmindex folders plain
message "'plain/a.pgm' is in no folder of a class"
message "plain/dense/cut.pgm"
message "2 images are left out"
expect_exit 1 mmindex folders nowhere
expect_exit 2 mmindex folders --map a=b plain
finish
