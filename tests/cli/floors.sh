#!/usr/bin/env bash
# The floors of the house hold: see floors.py. All headers compile in one unit, so no public name means two things.
. "$ROOT/tests/cli/lib.sh"

# one_unit TREE: compiles every header that C can read, in one file.
one_unit() {
    local flags
    read -ra flags < <(pkg-config --cflags cairo)
    (cd "$1" && find common formats filters -name '*.h' ! -name kernels_body.h ! -name lanes.h ! -path 'common/nn/cuda/cuda.h' | sort |
        sed 's/.*/#include "&"/' >all_headers.c && "${CC:-cc}" -std=c11 -D_GNU_SOURCE -I. -w "${flags[@]}" -fsyntax-only all_headers.c)
}

mkdir tree && cp -r "$ROOT/common" "$ROOT/formats" "$ROOT/filters" tree/
check "arrows, circles, silence, names" "$PYTHON" "$ROOT/tests/cli/floors.py" tree
check "all headers in one unit" one_unit tree

# The checks are ones that fail.
floors() { "$PYTHON" "$ROOT/tests/cli/floors.py" tree; }
spoil() { # FILE LINE CHECK...
    local file=$1 line=$2
    shift 2
    cp "tree/$file" kept
    echo "$line" >>"tree/$file"
    refuse "$line in $file" "$@"
    cp kept "tree/$file"
}
spoil common/nn/net.c '#include "common/stream/record.h"' floors
spoil common/stats/auc.c '#include "common/table/where.h"' floors
spoil common/base/csv.c '#include "common/stream/record.h"' floors
spoil formats/image/png.c '#include "common/cli/message.h"' floors
spoil formats/dataset/mias.c '#include "formats/archive/tar.h"' floors
spoil filters/read/sequence.c '#include "filters/train/run.h"' floors
spoil common/base/error.h '#include "common/base/csv.h"' floors
spoil common/base/csv.c 'void f(void) { printf("x"); }' floors
spoil formats/image/png.c 'void f(void) { exit(1); }' floors
spoil common/base/csv.h 'typedef struct mm_record mm_record;' floors
spoil common/base/csv.h 'int mm_record(void);' one_unit tree
finish
