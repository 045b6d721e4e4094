#!/bin/bash
# The Makefile's goals for users: help, an archive that makes itself again, nothing installed with DEPS=0.
. "$ROOT/tests/cli/lib.sh"
unset MAKEFLAGS MFLAGS DEPS
mkdir tree
tar -c -C "$ROOT" --exclude=./build --exclude=./demo --exclude=./.git . | tar -x -C tree
check "help" make -s -C tree help && cp .out help
for goal in check demo dist install; do check "help names $goal" grep -q "^make $goal  *[a-z]" help; done
check "an archive" make -s -C tree dist
archive=$(basename tree/build/mmpipe-*.tar.gz)
tar -xzf "tree/build/$archive" || exit 1
folder=${archive%.tar.gz}
check "an archive of what it holds" make -s -C "$folder" dist
check "is the same" cmp "tree/build/$archive" "$folder/build/$archive"
check "the sources are in it" test -x "$folder/.ci/run" -a -f "$folder/filters/mmread.c" -a -x "$folder/tests/run"
printf '#!/bin/sh\nexit 1\n' >tree/pipelines/install-deps
check "nothing is installed" make -s -C tree DEPS=0 deps deps-test deps-lint
refuse "otherwise it is" make -s -C tree deps
finish
