#!/usr/bin/env bash
# mmaugment: the same bytes for any number of threads, the same records in any order, epochs, everything off.
. "$ROOT/tests/cli/lib.sh"

mmphantom -n 2 --size 288x224 | mmpatch --size 56 -o in.mms || exit 1

check "one thread" mmaugment -j1 in.mms -o one.mms
check "two threads" mmaugment -j2 in.mms -o two.mms
check "the same bytes for one and two threads" cmp one.mms two.mms
"$SUPPORT/mmorder" reverse in.mms >reversed.mms
check "reversed" mmaugment reversed.mms -o reversed-out.mms
equal "the same records in any order" "$(digest one.mms)" "$(digest reversed-out.mms)"
equal "none is left as it was" 0 "$(comm -12 <(digest in.mms) <(digest one.mms) | wc -l)"
check "another seed" mmaugment --seed 5 in.mms -o seed.mms
equal "another seed, other records" 0 "$(comm -12 <(digest seed.mms) <(digest one.mms) | wc -l)"

# epochs: by @EP, which holds for the segments behind it too
"$SUPPORT/mmorder" epoch in.mms 2 >epoch2.mms
cat in.mms epoch2.mms >twice.mms
check "two epochs" mmaugment twice.mms -o twice-out.mms
cat in.mms in.mms >again.mms
check "one epoch of two segments" mmaugment again.mms -o again-out.mms
equal "the same draws in both" "$(digest again-out.mms)" "$( (digest one.mms; digest one.mms) | LC_ALL=C sort)"
check "epoch 2" mmaugment epoch2.mms -o epoch2-out.mms
equal "epoch 1 is the first segment, epoch 2 that of @EP" "$(digest twice-out.mms)" \
    "$( (digest one.mms; digest epoch2-out.mms) | LC_ALL=C sort)"
equal "epochs differ" 0 "$(comm -12 <(digest one.mms) <(digest epoch2-out.mms) | wc -l)"

# --gain acts instead of --shift, and the head tells so
check "gain" mmaugment --gain 0.8,1.2 in.mms -o gain.mms
check "shift off" mmaugment --gain 0.8,1.2 --shift 0 in.mms -o gain0.mms
check "gain takes the place of shift" cmp gain.mms gain0.mms
check "the head tells of no shift" grep -qa 'CL:mmaugment.*--shift 0 --gain 0.8,1.2' gain.mms

# everything off: the same records, from before and after
check "off" mmaugment --flip 0 --rotate 0 --zoom 1,1 --shift 0 in.mms -o off.mms
equal "all switched off changes nothing" "$(digest in.mms)" "$(digest off.mms)"
for option in '--flip 1' '--rotate 25' '--zoom 0.8,1.2' '--shift 20' '--shear 12' '--gain 0.8,1.2' '--rotate 25 --fill 0'; do
    # shellcheck disable=SC2086
    check "$option alone" mmaugment --flip 0 --rotate 0 --zoom 1,1 --shift 0 $option in.mms -o some.mms
    equal "$option alone changes every record" 0 "$(comm -12 <(digest in.mms) <(digest some.mms) | wc -l)"
done
check "twice flipped" mmaugment --flip 1 --rotate 0 --zoom 1,1 --shift 0 in.mms -o flipped.mms
check "twice flipped" mmaugment --flip 1 --rotate 0 --zoom 1,1 --shift 0 flipped.mms -o back.mms
equal "two flips undo each other" "$(digest in.mms)" "$(digest back.mms)"

check "published" mmaugment --as=published in.mms -o published.mms
equal "published has shear" 1 "$(mminfo --head published.mms | grep -c -- '--shear 12')"

# messages
expect_exit 2 mmaugment --fill=foo in.mms
message "foo"
expect_exit 2 mmaugment --fill=256 in.mms
expect_exit 2 mmaugment --zoom 1.2,0.8 in.mms
expect_exit 2 mmaugment --flip 1.5 in.mms
expect_exit 2 mmaugment --shear 89 in.mms
expect_exit 3 mmaugment </dev/null
expect_exit 1 mmaugment -o /dev/full in.mms
finish
