#!/usr/bin/env bash
# mmsegment: phantoms with labels and borders, cropping and geometry, threads, an image without a breast, messages.
. "$ROOT/tests/cli/lib.sh"

# 7 x 8 pixels: a shape with a hole, something small beside it, all strictly above 5 % of 200 = 10 or not
printf 'P2 8 7 255\n0 0 0 0 0 0 0 0\n0 0 99 99 99 0 0 0\n0 0 99 10 200 11 0 0\n0 0 99 99 99 0 0 50\n0 0 0 0 0 0 0 0\n9 0 0 0 0 0 0 0\n0 0 0 0 0 0 0 0\n' >a.pgm
printf 'key\timage\tmask\tpatient\tlabel\na\ta.pgm\tbox:3,2,8,3\tp\t0\n' >a.tsv
check "mmread" mmread -q --manifest a.tsv -o a.mms
check "threshold" mmsegment --method threshold --keep-mask -o t.mms a.mms
equal "the hole is filled, the rest is cleared" \
    "0 0 0 0 0 0 0 0 0 0 99 99 99 0 0 0 0 0 99 10 200 11 0 0 0 0 99 99 99 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0" \
    "$(pixels t.mms image)"
equal "breast_area" 10 "$(attribute t.mms breast_area)"
equal "lesion masks stay" "$(pixels a.mms mask)" "$(pixels t.mms mask)"
check "crop" mmsegment --method threshold --crop --keep-mask -o c.mms a.mms
equal "cropped" "99 99 99 0 99 10 200 11 99 99 99 0" "$(pixels c.mms image)"
equal "all are cropped" "0 0 0 0 0 1 1 1 0 0 0 0" "$(pixels c.mms mask)"
equal "and the breast" "1 1 1 0 1 1 1 1 1 1 1 0" "$(pixels c.mms breast)"
equal "to_original" "1 0 2 0 1 1" "$(attribute c.mms to_original)"
check "threshold in percent" mmsegment --method threshold --threshold 50 --keep-mask -o p.mms a.mms
equal "above half of the maximum" 1 "$(attribute p.mms breast_area)"
mmresize -q --size 14x16 --filter area a.mms | mmsegment --method threshold --crop -o rc.mms || exit 1
equal "to_original is composed" "0.5 0 1.75 0 0.5 0.75" "$(attribute rc.mms to_original)"
# The check is one that fails: a mask moved by one column
refuse "a shifted mask" test "1 1 1 0 1 1 1 1 1 1 1 0" = "$(pixels c.mms breast | sed 's/^\(.*\) 0$/0 \1/')"

# Phantoms: threads, provenance, the border of films
mmphantom -n 4 --size 576x448 --seed 2 -o in.mms || exit 1
check "one thread" mmsegment -j1 --keep-mask -o one.mms in.mms
check "three threads" mmsegment -j3 --keep-mask -o three.mms in.mms
check "the same bytes for one and three threads" cmp one.mms three.mms
equal "every record has its mask and area" 8 "$(mminfo one.mms | grep -c 'image:u16:576x448.*mask:u8.*breast:u8:576x448.*breast_area=[1-9]')"
check "twice" mmsegment --keep-mask -o again.mms one.mms
check "published" mmsegment --as=published -o published.mms in.mms
equal "published" 1 "$(mminfo --head published.mms | grep -c 'CL:mmsegment --as published --method threshold')"
for options in '--threshold otsu' '--threshold 4' '--open 0' '--open 12' '--method threshold --open 3' '--crop'; do
    # shellcheck disable=SC2086
    check "$options" mmsegment -q $options -o o.mms in.mms
    check "$options" mminfo --check o.mms
done

# What would be lost: a film with grain whose fat is hardly above the background, and one whose background is above 5 %
film() { # FAT BACKGROUND: a half disc of fat with a bright core
    awk -v fat="$1" -v bg="$2" 'BEGIN { print "P2 200 240 255"; for (y = 0; y < 240; y++) for (x = 0; x < 200; x++) {
        r = sqrt(x ^ 2 + (y - 120) ^ 2); print r < 30 ? 240 : (r < 100 ? fat : bg) + (7 * x + 13 * y + x * y) % 3 } }'
}
film 22 3 >fat.pgm
film 120 22 >fog.pgm
film 120 0 | awk 'NR > 1 && $1 < 3 { $1 = 0 } 1' >digital.pgm
film 120 3 >film.pgm
mmread -q -o fat.mms fat.pgm
check "fat" mmsegment --keep-mask -o kept.mms fat.mms
message "record 'fat'"
message "it is kept"
check "the fat is kept" test "$(attribute kept.mms breast_area)" -gt 15000
mmread -q -o fog.mms fog.pgm
check "fog" mmsegment --keep-mask -o fog-mask.mms fog.mms
message "record 'fog'"
message "cleared as background"
check "the background goes" test "$(attribute fog-mask.mms breast_area)" -lt 16500
mmread -q -o good.mms film.pgm digital.pgm
check "good input" mmsegment --keep-mask -o good-mask.mms good.mms
equal "nothing is said" "" "$(cat .err)"
mmread -q digital.pgm | mmsegment --no-pg --keep-mask -o digital.mms || exit 1
mmread -q digital.pgm | mmsegment --no-pg --method threshold --keep-mask -o digital-t.mms || exit 1
equal "a digital image is left to the threshold" "$(pixels digital-t.mms breast)" "$(pixels digital.mms breast)"

# No breast
printf 'P2 4 4 255\n0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n' >black.pgm
check "mmread" mmread -q -o black.mms black.pgm a.pgm
expect_exit 1 mmsegment --method threshold -o none.mms black.mms
message "record 'black'"
message "no breast found"
[ ! -e none.mms ] || { echo "FAILED: a stream was left"; failures=$((failures + 1)); }
expect_exit 0 mmsegment --method threshold --on-error=skip -o rest.mms black.mms
equal "the other is there" 1 "$(mminfo rest.mms | grep -c '^a')"

# Messages
expect_exit 2 mmsegment --threshold 101 in.mms
message "101"
expect_exit 2 mmsegment --threshold much in.mms
expect_exit 2 mmsegment --open -1 in.mms
expect_exit 2 mmsegment --method magic in.mms
expect_exit 3 mmsegment </dev/null
expect_exit 1 mmsegment -o /dev/full in.mms
finish
