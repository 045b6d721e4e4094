#!/usr/bin/env bash
# mmresize: known answers, geometry, masks that move together, lesions that would vanish, threads, messages.
. "$ROOT/tests/cli/lib.sh"

# 4 x 6 pixels, a lesion of two by two and one of one pixel
printf 'P2 6 4 255\n0 2 10 10 1 1\n4 6 10 10 1 1\n0 0 7 8 255 255\n0 0 8 9 255 255\n' >a.pgm
printf 'key\timage\tmask\tpatient\tside\tview\tabnormality\ttype\tpathology\tlabel\tsplit\n' >a.tsv
printf 'a\ta.pgm\tbox:2,0,4,2\tp\tLEFT\tCC\tmass\tx\tBENIGN\t0\ttrain\na\ta.pgm\tbox:5,3,6,4\tp\tLEFT\tCC\tmass\tx\tBENIGN\t0\ttrain\n' >>a.tsv
check "mmread" mmread -q --manifest a.tsv -o a.mms

expect_exit 0 mmresize --size 2x3 -o half.mms a.mms
message "record 'a': lesion 1 would vanish"
equal "whole factors are means, halves up" "3 10 1 0 8 255" "$(pixels half.mms image)"
equal "masks move with the image" "0 1 0 0 0 0 0 0 0 0 0 1" "$(pixels half.mms mask)"
equal "to_original" "2 0 0.5 0 2 0.5" "$(attribute half.mms to_original)"
equal "attributes pass" LEFT "$(attribute half.mms side)"
check "same size" mmresize --size 4x6 -o same.mms a.mms
equal "the same size changes no pixel" "$(pixels a.mms image)" "$(pixels same.mms image)"

# Padding: the odd column goes right; wide images shrink, or are cut in the middle.
check "pad" mmresize -q --size 2x6 -o pad.mms a.mms
equal "odd padding goes right" "0 3 10 1 0 0 0 0 8 255 0 0" "$(pixels pad.mms image)"
equal "to_original of padding" "2 0 -1.5 0 2 0.5" "$(attribute pad.mms to_original)"
check "shrink" mmresize -q --size 4x3 -o shrink.mms a.mms
equal "an odd row goes below" "0 0 0 3 10 1 0 8 255 0 0 0" "$(pixels shrink.mms image)"
check "crop" mmresize -q --size 4x3 --wide crop -o crop.mms a.mms
equal "the middle is left" "2 10 10 6 10 10 0 7 8 0 8 9" "$(pixels crop.mms image)"
expect_exit 0 mmresize --size 4x3 --wide crop -o crop.mms a.mms
message "lesion 1 is in the part that is cut off"
check "stretch" mmresize -q --size 2x6 --fit stretch -o stretch.mms a.mms
equal "one axis alone" "2 4 10 10 1 1 0 0 8 9 255 255" "$(pixels stretch.mms image)"
# Two steps are composed: 4 x 6 to 2 x 3, that to one row, int(1.5) wide, with a column of padding on each side
check "twice" mmresize -q --size 1x3 -o twice.mms half.mms
equal "to_original of two steps" "6 0 -3.5 0 4 1.5" "$(attribute twice.mms to_original)"

# The check is one that fails: other pixels, another place.
check "crop by another rule" mmresize -q --size 4x3 --fit stretch -o other.mms a.mms
refuse "another rule's pixels" test "$(pixels crop.mms image)" = "$(pixels other.mms image)"

# Phantoms: breast and masks together, the same bytes for any number of threads, provenance
mmphantom -n 3 --size 288x224 | mmsegment --keep-mask -o in.mms || exit 1
check "one thread" mmresize -j1 --size 200x150 -o one.mms in.mms
check "three threads" mmresize -j3 --size 200x150 -o three.mms in.mms
check "the same bytes for one and three threads" cmp one.mms three.mms
equal "every tensor moves" 6 "$(mminfo one.mms | grep -c 'image:u16:200x150.*mask:u8:.*x200x150.*breast:u8:200x150')"
mmresize -q --as=published --size 200x150 -o /dev/null in.mms || failures=$((failures + 1))
check "published" mmresize --as=published -o published.mms in.mms
equal "published" 1 "$(mminfo --head published.mms | grep -c 'CL:mmresize --as published --size 1152x896 --fit pad --wide crop --filter bilinear')"
for filter in auto area cubic bilinear lanczos3; do
    for size in 100x77 300x250; do
        check "$filter $size" mmresize -q --size $size --filter $filter -o f.mms in.mms
        check "$filter $size" mminfo --check f.mms
    done
done

# Films that are larger arrive and are made smaller at once, the same for any number of threads; what is wrong with one is
# told of as ever, and a damaged one leaves nothing.
mmphantom -n 3 --size 1300x900 | mmsegment --keep-mask -o large.mms || exit 1
check "large, one thread" mmresize -j1 --size 200x150 -o one.mms large.mms
check "large, three threads" mmresize -j3 --size 200x150 -o three.mms large.mms
check "the same bytes of large films" cmp one.mms three.mms
check "large films are whole" mminfo --check one.mms
equal "every tensor of large films moves" 6 "$(mminfo one.mms | grep -c 'image:u16:200x150.*mask:u8:.*x200x150.*breast:u8:200x150')"
for j in 1 3; do
    cp large.mms broken.mms
    printf 'x' | dd of=broken.mms bs=1 seek=1500000 conv=notrunc status=none
    expect_exit 3 mmresize -j $j --size 200x150 -o broken-out.mms broken.mms
    message "checksum of a record's data is wrong"
    head -c 3000000 large.mms >cut.mms
    expect_exit 3 mmresize -j $j --size 200x150 -o broken-out.mms cut.mms
    message "ends inside a block"
    expect_exit 1 mmresize -j $j --size 200x150 -o broken-out.mms large.mms large.mms
    message "was in an operand before"
    [ ! -e broken-out.mms ] || { echo "FAILED: a damaged film left something"; failures=$((failures + 1)); }
done

# Messages
expect_exit 2 mmresize --size 0x5 in.mms
expect_exit 2 mmresize --size 100x in.mms
expect_exit 2 mmresize --filter nearest in.mms
message "nearest"
expect_exit 3 mmresize </dev/null
head -c 5000 in.mms >cut.mms
expect_exit 3 mmresize -o cut-out.mms cut.mms
[ ! -e cut-out.mms ] || { echo "FAILED: half a stream was left"; failures=$((failures + 1)); }
expect_exit 1 mmresize -o /dev/full in.mms
finish
