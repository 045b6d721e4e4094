#!/usr/bin/env bash
# mmpatch on phantoms: the same bytes for any number of threads, the same patches in any order of images, sets and
# counts, messages.
. "$ROOT/tests/cli/lib.sh"

mmphantom -n 4 --size 288x224 -o films.mms || exit 1
films=$(mminfo --keys films.mms | wc -l)
lesions=$(mminfo films.mms | grep -o 'lesion\.[0-9]*\.class=' | wc -l)

# threads and order change nothing
check "one thread" mmpatch -j1 --size 56 films.mms -o one.mms
check "two threads" mmpatch -j2 --size 56 films.mms -o two.mms
check "the same bytes for one and two threads" cmp one.mms two.mms
"$SUPPORT/mmorder" reverse films.mms >reversed.mms
check "reversed images" mmpatch -j2 --size 56 reversed.mms -o reversed-patches.mms
equal "the same patches in any order" "$(digest one.mms)" "$(digest reversed-patches.mms)"
check "another seed" mmpatch --seed 9 --size 56 films.mms -o seed.mms
refuse "another seed, other patches" cmp -s one.mms seed.mms

# counts: per lesion a centre, ten over it, ten of background
equal "patches in all" $((21 * lesions)) "$(mminfo --keys one.mms | wc -l)"
equal "set s" $((2 * lesions)) "$(mminfo one.mms | grep -cP '\tset=s(,s10)?(\t|$)')"
equal "set s10" $((20 * lesions)) "$(mminfo one.mms | grep -cP '\tset=(s,)?s10(\t|$)')"
equal "lesion patches by their key" $((10 * lesions)) "$(mminfo --keys one.mms | grep -cE '_l[0-9]+_[0-9]{2}$')"
for set in s s10; do
    check "--set $set" mmpatch --set $set --size 56 films.mms -o set.mms
    equal "--set $set is that part of both" "$(mminfo one.mms | grep -P "\tset=([^\t]*,)?$set(,|\t|$)" | cut -f1-3)" \
        "$(mminfo set.mms | grep image: | cut -f1-3)"
done
check "--per=image" mmpatch --per image --set s10 --size 56x40 films.mms -o image.mms
equal "--per=image" $((20 * films)) "$(mminfo image.mms | grep -c 'image:u16:56x40')"

# what a patch carries
line=$(mminfo one.mms | grep -m1 -P '_l0_03\t')
for attribute in label class patient side view set source lesion centre overlap c to_original; do
    [[ $line == *$'\t'$attribute=* ]] || { echo "FAILED: no $attribute in $line"; failures=$((failures + 1)); }
done

# --as=published is recorded, and options after it win
check "published" mmpatch --as=published --set s --size 56 films.mms -o published.mms
equal "published options" 1 "$(mminfo --head published.mms | grep -c -- '--per image --background uniform --avoid own --min-tissue 0 ')"
check "published, but" mmpatch --min-tissue 0.5 --as=published --set s --size 56 films.mms -o published.mms
equal "an option wins" 1 "$(mminfo --head published.mms | grep -c -- '--min-tissue 0.5')"

# messages
expect_exit 2 mmpatch --set s11 films.mms
message "s11"
expect_exit 2 mmpatch --size 0 films.mms
expect_exit 2 mmpatch --min-tissue 1.5 films.mms
expect_exit 3 mmpatch </dev/null
expect_exit 1 mmpatch -o /dev/full films.mms
"$SUPPORT/mmsample" --records 2 --size 64x64 -o plain.mms
expect_exit 0 mmpatch --size 16 --set s plain.mms -o plain-patches.mms
message "lesion without a place"
equal "an image labelled malignant without a lesion gives no background" 1 "$(mminfo --keys plain-patches.mms | wc -l)"
expect_exit 3 mmpatch -o half.mms <(head -c 100000 films.mms)
[ ! -e half.mms ] || { echo "FAILED: half a stream was left"; failures=$((failures + 1)); }

# Lesions of which little is known: each patch has the class that is certain, a label only if that is one of the five or --classes says.
"$PYTHON" - <<'PY'
import numpy as np, mms
image = np.full((300, 300), 9000, "u2")
with open("known.mms", "wb") as f:
    records = []
    for name in ("lesion", "mass", "calc", "malignant", "benign", "calc_mal", "mass_ben", ""):
        mask = np.zeros((1, 300, 300), "u1")
        mask[0, 100:140, 100:140] = 1
        records.append(("k" + name, {"image": image, "mask": mask}, {"label": "1", "class": "malignant", **({"lesion.0.class": name} if name else {})}))
    mms.write_segment(f, records)
    f.flush()
PY
of() { mminfo "$1" | grep "^$2" | grep -oP "\t$3=\K[^\t]*" | sort -u | xargs; }
expect_exit 0 mmpatch --on-error=skip --set s --size 56 -o known-patches.mms known.mms
message "record 'k': lesion 0 has no class"
for class in lesion mass calc malignant benign; do
    equal "class $class" $class "$(of known-patches.mms k${class}_l class)"
    equal "class $class has no number" "" "$(of known-patches.mms k${class}_l label)"
done
equal "calc_mal" 1 "$(of known-patches.mms kcalc_mal_l label)"
equal "background" 0 "$(of known-patches.mms kmass_b00 label)"
check "--classes background,lesion" mmpatch --classes background,lesion --set s --size 56 -o two.mms known.mms
equal "all lesions are one class" "0 background|1 lesion" "$(mminfo two.mms | grep label= | sed -E 's/.*\tlabel=([^\t]*).*\tclass=([^\t]*).*/\1 \2/' | sort -u | paste -sd'|')"
equal "eight of them" 8 "$(mminfo two.mms | grep -cP '\tclass=lesion')"
expect_exit 0 mmpatch --on-error=skip --classes background,mass,calc --set s --size 56 -o kinds.mms known.mms
message "record 'klesion': lesion 0 is of class 'lesion', which is not exactly one of --classes"
equal "kinds" "kcalc_l0_c=calc kcalc_mal_l0_c=calc kmass_ben_l0_c=mass kmass_l0_c=mass" "$(mminfo kinds.mms | grep _l | sed -E 's/^([^\t]*)\t.*\tclass=([^\t]*).*/\1=\2/' | sort | xargs)"
expect_exit 2 mmpatch --classes lesion,mass films.mms
message "has no class 'background'"
expect_exit 2 mmpatch --classes background films.mms
finish
