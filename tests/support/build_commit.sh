#!/usr/bin/env bash
# Builds the programs of another commit, without CUDA: build_commit.sh COMMIT FOLDER [FILE...], and these files of its build.
# FOLDER/build is the build, FOLDER.log what make printed. A folder that holds that commit's build already is left as it is.
set -euo pipefail
commit=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "'$1' is not a commit" >&2; exit 2; }
folder=$2
shift 2
made="$commit $*"
[ "$(cat "$folder/commit" 2>/dev/null)" != "$made" ] || exit 0
rm -rf "$folder"
mkdir -p "$folder"
git archive "$commit" | tar -x -C "$folder"
env -u MAKEFLAGS -u MAKELEVEL make -s -j "$(nproc)" -C "$folder" BUILD=build CUDA=0 SANITIZE= CC="${CC:-gcc}" CXX="${CXX:-g++}" all "${@/#/build/}" >"$folder.log" 2>&1 ||
    { tail "$folder.log" >&2; echo "commit $commit cannot be built: $folder.log" >&2; exit 2; }
echo "$made" >"$folder/commit"
