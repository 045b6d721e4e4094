#!/bin/bash
# Every program on input that is no good: the right exit code, a line on stderr that names the subject, no crash, and
# nothing half-written.
. "$ROOT/tests/cli/lib.sh"
mmphantom -n 2 --size 288x224 --seed 3 -o good.mms || exit 1
size=$(stat -c %s good.mms)
head -c $((size / 2)) good.mms >cut.mms
head -c $((size - 64)) good.mms >no-done.mms
{ head -c $((size / 2)) good.mms; printf 'X'; tail -c +$((size / 2 + 2)) good.mms; } >flipped.mms
: >empty
printf '\x89PNG\r\n\x1a\n%s' "$(head -c 300 /dev/zero | tr '\0' x)" >picture.png
printf 'some text\n' >text.txt
printf 'hello' | gzip >packed.gz
mkdir folder

# Programs that read a stream: NAME and the options they cannot do without.
filters=("mmresize --size 72x56" "mmpatch --size 56" "mmaugment" "mmsegment" "mmwrite --dir written" "mminfo --check" "mmview"
         "mmeval --baseline good.mms" "mmread")
present() { [ -x "$BIN/${1%% *}" ]; }
clean() { # PROGRAM: nothing of a failed run is left
    if [ -e out ] || [ -n "$(find . -maxdepth 1 -name '.out.*')" ]; then
        echo "FAILED: $1 left something behind: $(echo out .out.*)"
        failures=$((failures + 1))
    fi
    rm -rf out .out.* written
}
for filter in "${filters[@]}"; do
    present "$filter" || continue
    read -ra program <<<"$filter"
    out=(-o out)
    case $filter in *--dir* | *--check*) out=() ;; esac
    for bad in empty cut.mms no-done.mms flipped.mms picture.png text.txt packed.gz; do
        expect_exit 3 "${program[@]}" "${out[@]}" $bad
        message "$bad"
        clean "$filter $bad"
    done
    expect_exit 3 "${program[@]}" "${out[@]}" <cut.mms
    message "standard input"
    expect_exit 1 "${program[@]}" "${out[@]}" nowhere.mms
    message "cannot open 'nowhere.mms'"
    clean "$filter nowhere.mms"
    expect_exit 1 "${program[@]}" "${out[@]}" folder # mmread reads folders, and finds nothing in this one
    [ "$filter" = mmread ] || message "folder"
    expect_exit 2 "${program[@]}" --no-such-option good.mms
    message "no-such-option"
    expect_exit 2 "${program[@]}" -j none good.mms
    clean "$filter"
done

# Foreign input to mmread is what it reads: only what is none of it is refused there.
# Outputs: a full disk, a folder that is not there, a pipe whose reader has gone; an old file stays as it was.
echo old >old
for filter in "${filters[@]}"; do
    present "$filter" || continue
    case $filter in *--dir* | *--check*) continue ;; esac
    read -ra program <<<"$filter"
    expect_exit 1 "${program[@]}" -o /dev/full good.mms
    message "/dev/full"
    expect_exit 1 "${program[@]}" -o nowhere/out good.mms
    message "nowhere/out"
    cp old kept
    expect_exit 3 "${program[@]}" -o kept cut.mms
    check "$filter: an old file stays" cmp old kept
    rm -f .kept.*
    "${program[@]}" good.mms 2>/dev/null | :
    code=${PIPESTATUS[0]}
    [ "$code" -eq 0 ] || [ "$code" -eq 141 ] || { echo "FAILED: $filter into a closed pipe: exit $code"; failures=$((failures + 1)); }
done

# Closed standard descriptors: the next file to be opened must not take their place, where messages are written.
printf 'P6 2 1 255\n\377\0\0\0\0\377' >colour.ppm
mmread -o closed.mms colour.ppm <&- >&- 2>&-
check "messages go nowhere, not into the output" mminfo --check closed.mms
expect_exit 1 sh -c 'mmread good.mms >&-'
expect_exit 1 sh -c 'mmresize <&-'

# A limit of file sizes, a signal, and an input that is cut while it is mapped: an error, and no temporary file.
mmphantom -n 3 --size 600x500 --seed 3 -o larger.mms
expect_exit 1 sh -c 'ulimit -f 100; exec mmread -o out larger.mms'
message "File too large"
clean "mmread beyond ulimit -f"
for signal in TERM BUS; do
    mkfifo feeder
    mmresize --size 300 -o out feeder 2>.err &
    pid=$!
    exec 3>feeder
    head -c 1000000 larger.mms >&3
    for _ in {1..100}; do
        [ -z "$(find . -maxdepth 1 -name '.out.*')" ] || break
        sleep 0.05
    done
    kill -$signal $pid
    wait $pid 2>/dev/null
    code=$?
    exec 3>&-
    if [ $code -ne 3 ] && [ $code -ne 143 ]; then
        echo "FAILED: signal $signal: exit $code"
        failures=$((failures + 1))
    fi
    [ $signal = TERM ] || message "an input file became shorter"
    clean "mmresize, signal $signal"
    rm feeder
done
{
    mmread --shuffle --epochs 2 larger.mms 2>.err
    echo $? >code
} | {
    head -c 1000 >/dev/null
    truncate -s 10000 larger.mms
    cat >/dev/null
}
message "an input file became shorter"
check "cut while it was read" test "$(cat code)" = 3

# Memory: an image that does not fit into what the program may have.
{ printf 'P5 10000 6000 65535\n'; head -c 120000000 /dev/zero; } >large.pgm
printf "key\timage\tlabel\nlarge\tlarge.pgm\t1\n" >large.tsv
mmread -q --manifest large.tsv -o large.mms
rm large.pgm
for filter in "${filters[@]}"; do
    present "$filter" || continue
    case $filter in *--dir* | *--check* | mmread | mmresize*) continue ;; esac
    (ulimit -v 100000; "$BIN/${filter%% *}" --version) >.out 2>&1 || continue # sanitizers want terabytes
    read -ra program <<<"$filter"
    (ulimit -v 100000; exec "${program[@]}" -j 1 -o out large.mms) >.out 2>.err
    code=$?
    if [ $code -ne 1 ] || ! grep -q 'out of memory' .err; then
        echo "FAILED: $filter with little memory: exit $code: $(head -n 2 .err)"
        failures=$((failures + 1))
    fi
    clean "$filter with little memory"
done
# mmresize does not hold it: only a result may be too large.
if (ulimit -v 100000; mmresize --version) >.out 2>&1; then
    check "mmresize with little memory" bash -c 'ulimit -v 100000; mmresize -q -j 1 --size 72x56 -o little.mms large.mms'
    check "mmresize with enough" mmresize -q -j 1 --size 72x56 -o enough.mms large.mms
    check "the same from little memory" cmp little.mms enough.mms
    expect_exit 1 bash -c 'ulimit -v 100000; mmresize -q -j 1 --size 12000x9000 -o out large.mms'
    message "out of memory"
    rm -f little.mms enough.mms
    clean "mmresize with little memory"
fi

# mmread: images of all kinds. A colour image is made grey, with a note; grey values of an odd type are named.
pgm() { printf 'P5 %d %d 255\n' "$1" "$2"; head -c $(($1 * $2)) /dev/zero | tr '\0' "${3:-a}"; }
pgm 8 6 >a.pgm
pgm 8 6 b >b.pgm
pgm 8 6 c >c.pgm
printf 'P6 2 1 255\n\377\0\0\0\0\377' >colour.ppm
expect_exit 0 mmread -o colour.mms colour.ppm
grep -qi 'colour\|grey\|luminance' .err || { echo "FAILED: no note about colour: $(cat .err)"; failures=$((failures + 1)); }
head -c 30 a.pgm >cut.pgm
printf 'P5 8 6 70000\n' >deep.pgm
printf 'P5 0 6 255\n' >flat.pgm
for bad in cut.pgm deep.pgm flat.pgm; do
    expect_exit 3 mmread -o out $bad
    message "$bad"
    clean "mmread $bad"
done
# What is no image is not read to an end that it may not have.
for endless in /dev/zero -; do
    expect_exit 3 timeout 60 mmread -o out $endless </dev/zero
    message "'$([ $endless = - ] && echo standard input || echo $endless)': is of no format that mmpipe knows"
done
equal "pipes are told apart" 2 "$(mmread <(cat a.pgm) <(cat b.pgm) | mminfo --keys | sort -u | wc -l)"
expect_exit 1 mmread -o out a.pgm nowhere.pgm
message "nowhere.pgm"
clean "mmread nowhere.pgm"

# A manifest with a file missing in its middle: stop, or skip it and say so to the end of the pipeline.
printf 'key\timage\tpatient\tlabel\nka\ta.pgm\tp1\t0\nkx\tmissing.pgm\tp2\t1\nkb\tb.pgm\tp3\t1\nkc\tc.pgm\tp4\t0\n' >m.tsv
expect_exit 1 mmread --manifest m.tsv -o out
message "missing.pgm"
clean "mmread --manifest"
expect_exit 0 mmread --manifest m.tsv --on-error skip -o three.mms
message "missing.pgm"
check "the last line counts" test "$(tail -n 1 .err)" = "mmread: 1 record skipped"
check "three are left" mminfo --check --records 3 three.mms
expect_exit 0 mmresize --size 6x8 -o small.mms three.mms
message "1 record skipped before"
expect_exit 0 mmview -o sheet.png three.mms
message "1 record skipped before"
printf 'key\timage\nkx\tmissing.pgm\nky\tnowhere.pgm\n' >none.tsv
expect_exit 1 mmread --manifest none.tsv --on-error skip -o out
message "every record was skipped"
clean "mmread, all skipped"
printf 'key\timage\tlabel\nka\ta.pgm\t0\nka\tb.pgm\t0\n' >clash.tsv
expect_exit 3 mmread --manifest clash.tsv -o out
message "ka"
printf 'key\timage\tmask\nka\ta.pgm\tcircle:2,2\n' >shape.tsv
expect_exit 3 mmread --manifest shape.tsv -o out
message "circle:2,2"
printf 'key\timage\tnote\nka\ta.pgm\tS\343o\n' >latin.tsv
expect_exit 3 mmread --manifest latin.tsv -o out
message "line 2: column 'note' is not UTF-8"
printf 'key\tpicture\nka\ta.pgm\n' >columns.tsv
expect_exit 3 mmread --manifest columns.tsv -o out
message "image"
pgm 5 5 z >mask.pgm
printf 'key\timage\tmask\tabnormality\tpathology\nka\ta.pgm\tmask.pgm\tmass\tmalignant\n' >size.tsv
expect_exit 0 mmread --manifest size.tsv -o out
message "mask.pgm"; message "lesion left without a mask"
rm -f out
for bad in cut.mms text.txt empty; do
    expect_exit 3 mmsplit $bad
done
expect_exit 1 mmsplit nowhere.tsv
expect_exit 1 mmindex mias folder
expect_exit 2 mmindex nonsense folder

# mmsegment: an image without a breast, stop or skip.
if present mmsegment; then
    pgm 100 80 '\0' >black.pgm
    mmread -q -o black.mms black.pgm
    expect_exit 1 mmsegment -o out black.mms
    message "record 'black'"
    clean "mmsegment, black"
    cat >/dev/null <good.mms
    mmread -o both.mms good.mms black.pgm 2>/dev/null && {
        expect_exit 0 mmsegment --on-error skip -o part.mms both.mms
        message "1 record skipped"
    }
fi
finish
