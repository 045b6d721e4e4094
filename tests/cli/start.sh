#!/usr/bin/env bash
# Programs load what they need. Those that run networks load oneDNN and OpenMP, which are behind a plugin, when they run one;
# threads that wait for one another then do so asleep.
. "$ROOT/tests/cli/lib.sh"
for program in "$BIN"/mm*; do
    ldd "$program" >libraries || { echo "FAILED: ldd $program"; exit 1; }
    refuse "${program##*/} starts with oneDNN or OpenMP" grep -E 'lib(dnnl|gomp)' libraries
done
for program in mm{info,resize,segment,patch,augment,split,phantom}; do
    ldd "$BIN/$program" >libraries
    refuse "$program starts with libraries of pictures, archives or weights" grep -E 'lib(cairo|archive|jansson|hdf5)' libraries
done

# OpenMP prints its settings where it is loaded.
unset OMP_WAIT_POLICY GOMP_SPINCOUNT
settings() { OMP_DISPLAY_ENV=verbose "$@" 2>&1 >/dev/null | sed -n "s/.*GOMP_SPINCOUNT = '\(.*\)'/\1/p"; }
"$SUPPORT/mmtoy" --records 8 --size 16x16 -o toy.mms || exit 1
train() { mmtrain -q -j 2 --device cpu --net resnet8-cifar --classes 3 --mean 80 --std 50 --batch 4 --stage 'train=fc lr=1e-3 epochs=1' "$@" toy.mms; }
check "a small training" train -o toy.safetensors
predict() { mmpredict -q -j 2 --device cpu --model toy.safetensors toy.mms; }
equal "--help loads no OpenMP" "" "$(settings mmtrain --help)"
equal "threads of a training wait asleep, and OpenMP is loaded once" 10000 "$(settings train -o again.safetensors)"
equal "those of a prediction too" 10000 "$(settings predict)"
equal "as the user wants" 500 "$(GOMP_SPINCOUNT=500 settings predict)"
equal "by either setting" 0 "$(OMP_WAIT_POLICY=passive settings predict)"

# The plugin is found beside the programs, also where they are installed; a program without it says so in one line.
mkdir -p usr/bin usr/lib/mmpipe && cp "$BIN/mmpredict" usr/bin || exit 1
for device in cpu auto; do
    expect_exit 1 usr/bin/mmpredict --device $device --model toy.safetensors toy.mms
    message "device 'cpu': this installation has no mmpipe-cpu.so"
    equal "one line" 1 "$(wc -l <.err)"
done
cp "$BIN/../lib/mmpipe-cpu.so" usr/lib/mmpipe
check "installed" usr/bin/mmpredict --device cpu --model toy.safetensors toy.mms
echo "no library" >usr/lib/mmpipe/mmpipe-cpu.so
expect_exit 1 usr/bin/mmpredict --device cpu --model toy.safetensors toy.mms
message "usr/bin/../lib/mmpipe/mmpipe-cpu.so' cannot be used: "
finish
