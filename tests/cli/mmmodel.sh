#!/bin/bash
# mmmodel: what it shows, what it converts, what it refuses.
. "$ROOT/tests/cli/lib.sh"
need_python numpy

# A safetensors file of one tensor of two floats; $1 is its metadata, e.g. '"net":"resnet18",'.
weights() {
    local json="{\"__metadata__\":{$1},\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"
    printf "\\x$(printf %02x $((${#json} % 256)))\\x$(printf %02x $((${#json} / 256)))\\0\\0\\0\\0\\0\\0%s\\0\\0\\x80\\x3f\\0\\0\\0\\x40" "$json"
}

# check overwrites .out
show() {
    expect_exit 0 mmmodel show "$1"
    cp .out shown
}

weights '"author":"nobody"' >plain.safetensors
show plain.safetensors
check "shows the metadata" grep -q "^author	nobody$" shown
check "shows the tensor" grep -q "^tensor	fc.bias	f32	2$" shown

# As they are, through every format and back.
check "to npz" mmmodel convert plain.safetensors a.npz
check "to pth" mmmodel convert a.npz a.pth
check "to safetensors" mmmodel convert a.pth b.safetensors
show b.safetensors
check "nothing lost" grep -q "^tensor	fc.bias	f32	2$" shown
check "same bytes" test "$(tail -c 8 b.safetensors | od -An -tx1)" = "$(tail -c 8 plain.safetensors | od -An -tx1)"
check "again" mmmodel convert a.npz a2.pth
check "reproducible" cmp a.pth a2.pth

# A model from them: one of its 62 tensors is there.
expect_exit 2 mmmodel convert --net resnet18 plain.safetensors m.safetensors
message "--classes"
expect_exit 2 mmmodel convert --net resnet18 --classes 2 --mean 40 plain.safetensors m.safetensors
message "--std"
expect_exit 2 mmmodel convert --net resnet18 --classes 2 --std 57.6 plain.safetensors m.safetensors
message "--mean"
expect_exit 2 mmmodel convert --mean 40 plain.safetensors m.safetensors
message "need --net"
expect_exit 2 mmmodel convert --net resnet19 --classes 2 --mean 40 --std 57.6 plain.safetensors m.safetensors
message "resnet19"
expect_exit 2 mmmodel convert --net resnet18 --classes 1 --mean 40 --std 57.6 plain.safetensors m.safetensors
expect_exit 1 mmmodel convert --net resnet18 --classes 2 --mean 40 --std 57.6 plain.safetensors m.safetensors
message "lacks 101 tensors"
expect_exit 1 mmmodel convert --partial --net resnet18 --classes 5 --mean 40 --std 57.6 plain.safetensors m.safetensors
message "none of its 1 tensors matches"
check "nothing half-written" test ! -e m.safetensors
expect_exit 0 mmmodel convert --partial --net resnet18 --classes 2 --mean 40 --std 57.6 plain.safetensors m.safetensors
message "1 of 102 tensors"
show m.safetensors
check "net" grep -q "^net	resnet18$" shown
check "classes" grep -q "^classes	benign	malignant$" shown
check "mean" grep -q "^mean	40$" shown
check "origin" grep -q "^init	plain.safetensors: 1 of 102 tensors" shown
check "all tensors" test "$(grep -c ^tensor shown)" -eq 123 # 122 and their number

# A model file describes itself; options replace parts of it.
check "model to pth" mmmodel convert m.safetensors m.pth
check "model to model" mmmodel convert --mean 41.5 --classes left,right m.safetensors n.safetensors
show n.safetensors
check "new mean" grep -q "^mean	41.5$" shown
check "new classes" grep -q "^classes	left	right$" shown
check "from pth" mmmodel convert --net resnet18 --classes 2 --mean 40 --std 57.6 m.pth o.safetensors
check "same weights" cmp <(tail -c 1000000 m.safetensors) <(tail -c 1000000 o.safetensors)

# Wrong files and places.
expect_exit 2 mmmodel
expect_exit 2 mmmodel show
expect_exit 2 mmmodel show a.npz b.npz
expect_exit 2 mmmodel convert plain.safetensors x.bin
message "x.bin"
expect_exit 1 mmmodel show missing.pth
message "missing.pth"
expect_exit 3 mmmodel show /dev/null
head -c 100 a.pth >cut.pth
expect_exit 3 mmmodel show cut.pth
head -c 80 plain.safetensors >cut.safetensors
expect_exit 3 mmmodel show cut.safetensors
expect_exit 1 mmmodel show "$ROOT/Makefile"
message "not a file of weights"
weights '"mmpipe":"0.1.0","net":"resnet18","classes":"a,b","mean":"x","std":"1"' >bad.safetensors
expect_exit 3 mmmodel show bad.safetensors
message "mean"
printf '\x80\x02cposix\nsystem\nX\x02\0\0\0id\x85R.' >evil.pth
expect_exit 1 mmmodel show evil.pth
message "posix.system"
expect_exit 1 mmmodel show -o /dev/full m.safetensors
ln -s /dev/full full.npz
expect_exit 1 mmmodel convert m.safetensors full.npz

# Files as published ones are.
check "weights" "$PYTHON" "$ROOT/tests/cli/weights.py" cifar 20 cifar.npz
check "weights" "$PYTHON" "$ROOT/tests/cli/weights.py" partial partial.npz
expect_exit 0 mmmodel convert --net resnet20-cifar --classes 10 --mean 120 --std 60 cifar.npz c.safetensors
message "97 of 97 tensors"
expect_exit 1 mmmodel convert --net resnet50 --classes 5 --mean 40 --std 57.6 partial.npz c.safetensors
message "lacks"
printf '\xe8\x03\0\0\0\0\0\0{"weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}  %16s' '' >long.safetensors
expect_exit 3 mmmodel show long.safetensors # its header would be longer than the file
finish
