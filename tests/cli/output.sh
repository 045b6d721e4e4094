#!/usr/bin/env bash
# Outputs: the mode and the owner of a file that is replaced, links, the umask, and the reason of a failure.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
"$PYTHON" "$ROOT/tests/cli/images.py" make
mode() { stat -c %a "$1"; }
write() { mmread --no-pg -o "$1" a.pgm; }
write want.mms

# Modes: of the replaced file, else of the umask; of the report, the picture, archives and folders too.
for m in 600 640 604 444 777; do
    printf old >f.mms && chmod $m f.mms
    check "replace $m" write f.mms
    equal "mode $m" $m "$(mode f.mms)"
    check "its content" cmp f.mms want.mms
    rm -f f.mms
done
for mask in 022 077 027 002; do
    rm -rf new.mms new.tar dir
    (umask $mask; write new.mms; mmwrite -o new.tar want.mms; mmwrite --dir dir want.mms)
    want=$(printf %o $((0666 & ~mask)))
    equal "umask $mask" "$want $want $want" "$(mode new.mms) $(mode new.tar) $(mode dir/a.json)"
done
chmod 600 new.tar dir/a.json && mmwrite -o new.tar want.mms && mmwrite --dir dir want.mms
equal "archive and folder" "600 600" "$(mode new.tar) $(mode dir/a.json)"
mkfifo feed
printf old >early.mms && chmod 600 early.mms
mmread --no-pg -o early.mms - <feed &
pid=$!
exec 3>feed
for _ in $(seq 2000); do
    fd=$(find /proc/$pid/fd -lname "$TMP/*" ! -lname '*/feed' 2>/dev/null | head -n 1)
    [ -n "$fd" ] && [ "$(stat -L -c %s "$fd" 2>/dev/null)" = 0 ] && break
    sleep 0.005
done
equal "the mode before the first byte" 600 "$(stat -L -c %a "$fd")"
cat a.pgm >&3
exec 3>&-
wait $pid
equal "and after the last" 600 "$(mode early.mms)"

# Links stay links: to a file, to none yet, through links, to another folder, where the new file appears.
mkdir there && printf old >there/real.mms && chmod 640 there/real.mms
ln -s there/real.mms link.mms && ln -s link.mms chain.mms && ln -s there/none.mms dangling.mms && ln -s "$TMP/there/whole.mms" whole.mms
for l in link:real chain:real dangling:none whole:whole; do
    check "through ${l%:*}" write "${l%:*}.mms"
    check "${l%:*} is a link still" test -L "${l%:*}.mms"
    check "what it leads to" cmp "there/${l#*:}.mms" want.mms
done
equal "its mode" 640 "$(mode there/real.mms)"
equal "nothing else" "none.mms real.mms whole.mms" "$(find there -type f -printf '%f\n' | LC_ALL=C sort | xargs)"
ln -s loop.mms loop.mms
expect_exit 1 write loop.mms
message "loop.mms"
ln -s /dev/null null.mms
check "a link to a device" write null.mms
check "is there still" test -L null.mms

# A failure has its reason, however much was written before.
mmphantom -n 150 --size 96 -o many.mms
printf 'key\timage\tpatient\n' >many.tsv
for i in $(seq 3000); do printf 'k%d\timage.png\tp%d\n' "$i" "$i"; done >>many.tsv
for command in "mminfo many.mms" "mminfo --keys many.mms" "mmsplit --ratio 60:20:20 many.tsv" "mmread --help" "mmread many.mms" \
    "mmwrite many.mms" "mmview --columns 5 many.mms"; do
    expect_exit 1 bash -c "$command >/dev/full"
    message "No space left on device"
    refuse "no Success" grep -q Success .err
done
finish
