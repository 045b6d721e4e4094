#!/usr/bin/env bash
# Includes point one way: filters -> formats -> common, and inside of common from what programs share down to the stream; the
# networks know no stream. Only what programs share may speak, and no library ends a program.
. "$ROOT/tests/cli/lib.sh"

# What the files of a folder may include from, beside itself and common/ (error.h, dtype.h).
data='common/stream common/data common/image' # one layer: records' values and pixels
# nn/cuda/plugin.h and nn/mpi/plugin.h are the doors to what is opened at run time
declare -A may=(
    [common]='' [common/stream]='' [common/data]=$data [common/image]=$data [common/phantom]='common/data common/image'
    [common/nn]='common/data common/image common/nn/cuda' [common/nn/cpu]='common/nn common/image' [common/nn/plain]=common/nn
    [common/nn/cuda]='common/nn common/image' [common/nn/mpi]=common/nn
    [common/cli]="$data common/nn common/nn/mpi"
    [formats]="$data common/nn common/cli" [filters]="$data common/nn common/cli common/phantom formats"
)

# layers TREE: names every include that points the wrong way; fails when there is one.
layers() {
    local tree=$1 wrong=0 file from included place
    while IFS=: read -r file included; do
        from=${file%/*}
        for place in "$from/$included" "common/$included" "$included"; do
            [ -e "$tree/$place" ] && break
        done
        case " $from common ${may[$from]-} " in
        *" ${place%/*} "*) ;;
        *) echo "$file includes $included" && wrong=1 ;;
        esac
    done < <(cd "$tree" && grep -ro '^#include "[^"]*"' common formats filters | sed 's/#include "\(.*\)"/\1/')
    return $wrong
}

# silent TREE: prints and exits in libraries, but for what programs share and the program in a comment of a header.
silent() {
    ! (cd "$1" && grep -rnE '(^|[^a-z_])(exit|abort|printf|puts|perror)\(|[^a-z_](stdout|stderr)[^a-z_]' --include='*.c' common formats |
        grep -v '^common/cli/')
}

check "includes point one way" layers "$ROOT"
check "libraries neither print nor exit" silent "$ROOT"

# The checks are ones that fail.
mkdir tree && cp -r "$ROOT/common" "$ROOT/formats" "$ROOT/filters" tree/
spoil() { # FILE LINE CHECK
    cp "tree/$1" kept
    echo "$2" >>"tree/$1"
    refuse "$2 in $1" "$3" tree
    cp kept "tree/$1"
}
spoil common/nn/net.c '#include "stream/record.h"' layers
spoil common/data/split.c '#include "formats/csv.h"' layers
spoil common/stream/record.c '#include "data/random.h"' layers
spoil formats/csv.c '#include "../filters/mmread.c"' layers
spoil formats/csv.c 'void f(void) { printf("x"); }' silent
finish
