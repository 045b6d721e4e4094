#!/usr/bin/env bash
# mmpatch on real mammograms: an independent script recomputes the rules for every patch; sets that are wrong on purpose
# must not pass it.
# shellcheck disable=SC2317 # functions are called by check, refuse and expect_exit
. "$ROOT/tests/cli/lib.sh"
need_shared data/mias
need_python numpy PIL
here=$ROOT/tests/agreement
images=$TMP/images.mms

"$PYTHON" "$here/mias_stream.py" "$SHARED/data/mias" "$images" 1000 6 || exit 1

patch_check() { "$PYTHON" "$here/patch_check.py" "$images" "$@"; }
counted() { awk -F '\t' -v what="$1" '$2 == what { print $1 }' "$TMP/.out"; }
at_least() { # NAME COUNTED N
    local n
    n=$(counted "$2")
    [ "${n:-0}" -ge "$3" ] && return 0
    echo "FAILED: $1: only ${n:-none} $2"
    failures=$((failures + 1))
}

# the default: both sets, every lesion avoided
check "mmpatch" mmpatch "$images" -o default.mms
check "default set" patch_check default.mms
at_least "default set" "over a lesion" 900
at_least "default set" "background" 900
[ "$(counted "breaking the rule for another lesion")" = 0 ] || { echo "FAILED: rule broken"; failures=$((failures + 1)); }
[ "$(counted "less than a tenth tissue")" = 0 ] || { echo "FAILED: patches without tissue"; failures=$((failures + 1)); }

# as published: per image, one lesion avoided, black patches too. The broken ones are there and are counted.
check "mmpatch --as=published" mmpatch --as=published --set s10 "$images" -o published.mms
refuse "a published set held against the default's rules" patch_check published.mms --set s10 --per image
check "published set" patch_check published.mms --set s10 --per image --avoid own --min-tissue 0
at_least "published set" "breaking the rule for another lesion" 1
at_least "published set" "less than a tenth tissue" 50
echo "as published, of $(counted background) background patches $(counted "breaking the rule for another lesion") hold" \
    "another lesion and $(counted "less than a tenth tissue") are black"

images=$TMP/few.mms
"$PYTHON" "$here/mias_stream.py" "$SHARED/data/mias" "$images" 5 1 || exit 1

# background as bright as the lesions keeps the same rules
check "mmpatch --background=matched" mmpatch --background=matched --size 96x128 --seed 3 --set s "$images" -o matched.mms
check "matched set" patch_check matched.mms --size 96x128 --set s

# wrong on purpose
forge() { "$PYTHON" "$here/patch_forge.py" few-patches.mms forged.mms "$1"; }
check "mmpatch, few" mmpatch --size 96x128 --seed 4 --per image "$images" -o few-patches.mms
check "an honest copy" forge none
check "an honest copy passes" patch_check forged.mms --size 96x128 --per image
for kind in overlap c mask image breast label background centre to_original patient missing; do
    check "forging $kind" forge "$kind"
    refuse "a forged $kind" patch_check forged.mms --size 96x128 --per image
done
finish
