#!/bin/bash
# Segments and epochs: a segment with @EP begins an epoch, those without go on with it, for every program that counts epochs; mmread
# --join makes one segment of many.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
PATH=$SUPPORT:$PATH
train() { mmtrain -q -j 1 --net resnet8-cifar --classes 3 --batch 8 --mean 80 --stage "train=all lr=1e-2 wd=1e-4 epochs=$1" "${@:2}"; }
numbers() { "$PYTHON" -c '
import hashlib, json, struct, sys
raw = open(sys.argv[1], "rb").read()
print(hashlib.md5(raw[8 + struct.unpack("<Q", raw[:8])[0]:]).hexdigest())' "$1"; }
segments() { mminfo --head "$1" | grep -c '^@MM'; }

mmtoy --records 30 --epoch 0 -o all.mms
"$PYTHON" - <<'PY' || exit 1
import mms
records = [r for s in mms.read_stream(open("all.mms", "rb")) for r in s.records]
def write(name, *segments):
    with open(name, "wb") as f:
        for epoch, part in segments:
            mms.write_segment(f, [(r.key, r.tensors, r.attrs) for r in part], ["@MM\tVN:1.0"] + ["@EP\tN:%d" % epoch] * (epoch > 0))
a, b, c = records[:13], records[13:27], records[27:]
write("a.mms", (0, a))
write("b.mms", (0, b))
write("c.mms", (0, c))
write("whole.mms", (0, records))
write("parts.mms", (0, a), (0, []), (0, b), (0, c))
write("epochs.mms", (1, records), (2, records))
write("epochs-parts.mms", (1, a), (0, b + c), (2, a + b), (0, c))
write("first.mms", (1, a), (0, b + c))
write("repeats.mms", (1, a), (1, b))
write("falls.mms", (2, a), (1, b))
write("first-later.mms", (0, a), (1, b))
PY

# A training on segments is the training on their records in a row, batches across the seam included.
cat a.mms b.mms >both.mms
check "one segment" train 1 -o merged.safetensors a.mms b.mms
check "two segments" train 1 -o cat.safetensors both.mms
equal "cat a b and a b: the same weights" "$(numbers merged.safetensors)" "$(numbers cat.safetensors)"
check "whole" train 1 -o whole.safetensors whole.mms
check "four segments, one of them empty" train 1 -o parts.safetensors parts.mms
equal "the same weights" "$(numbers whole.safetensors)" "$(numbers parts.safetensors)"
check "two epochs" train 2 --checkpoint ck -o two.safetensors epochs.mms
check "two epochs of two segments" train 2 -o parts.safetensors epochs-parts.mms
equal "the same weights" "$(numbers two.safetensors)" "$(numbers parts.safetensors)"
expect_exit 1 train 2 --checkpoint half.ck -o resumed.safetensors whole.mms
message "the stream ends after epoch 1, the schedule has 2: mmread --epochs=2 makes as many of a file"
check "resumed in the second epoch of segments" train 2 --checkpoint half.ck --resume -o resumed.safetensors epochs-parts.mms
equal "the same weights" "$(numbers two.safetensors)" "$(numbers resumed.safetensors)"

# Epochs that repeat or fall are damage, for every reader.
for bad in repeats falls first-later; do
    for command in "mminfo --check" mmaugment "mmread" "mmread --join" "mmread --shuffle" mmresize; do
        # shellcheck disable=SC2086
        expect_exit 3 $command -o out $bad.mms
        message "$bad.mms' block 0: epoch 1 begins"
    done
    [ $bad = falls ] || { expect_exit 3 train 1 -o out $bad.mms; message "epoch 1 begins again"; }
done

# mmaugment draws by the epoch.
check "one epoch, two segments" mmaugment -o drawn.mms both.mms
check "the same as one segment" mmaugment -o merged.mms a.mms b.mms
equal "the same draws" "$(mminfo --stats merged.mms)" "$(mminfo --stats drawn.mms)"

# mmread --epochs repeats all segments; --join makes them one.
check "epochs of segments" mmread --epochs 2 -o repeated.mms parts.mms
equal "a segment each" 2 "$(segments repeated.mms)"
equal "all records in each" 60 "$(mminfo --keys repeated.mms | wc -l)"
for input in both.mms -; do
    check "join $input" eval "cat both.mms | mmread --no-pg --join -o joined.mms $input"
    equal "$input: one segment" 1 "$(segments joined.mms)"
    check "$input: with the records of all" cmp joined.mms <(mmread --no-pg a.mms b.mms)
done
check "join an epoch" mmread --join --no-pg -o j.mms first.mms
equal "with all its segments" 30 "$(mminfo --keys j.mms | wc -l)"
check "no @EP" eval '! mminfo --head j.mms | grep -q "^@EP"'
expect_exit 1 mmread --join -o out epochs.mms
message "appears twice"
expect_exit 1 eval 'cat epochs.mms | mmread --join -o out'
message "is in two segments"

# Provenance of segments that came through different programs.
mmread a.mms | mmaugment -o a2.mms
cat b.mms a2.mms >mixed.mms
check "of a file" mmread --join -o joined.mms mixed.mms
equal "no warning" "" "$(cat .err)"
check "all programs" eval 'mminfo --head joined.mms | grep -q ID:mmaugment'
expect_exit 0 eval 'cat mixed.mms | mmread --join -o joined.mms'
message "warning: 'standard input': a later segment came through other programs than the first"
expect_exit 0 mmresize --size 8 -o out.mms c.mms mixed.mms
message "warning: 'mixed.mms': a later segment came through other programs"
expect_exit 0 mmresize --size 8 -o out.mms c.mms both.mms
equal "no warning where all have the same" "" "$(cat .err)"
expect_exit 0 eval 'cat both.mms | mmread --join -o joined.mms'
equal "no warning where all have the same" "" "$(cat .err)"
finish
