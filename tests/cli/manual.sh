#!/bin/bash
# Manual pages: clean by mandoc, a page for each program, --help and --version of each, options of --help told in the
# page, and every example run and its answer checked: lines of the EXAMPLES sections that begin with "$ ", and what
# tests/cli/manual_answers says must hold after each.
. "$ROOT/tests/cli/lib.sh"
need_command mandoc
need_python numpy PIL

for program in "$BIN"/mm*; do
    name=$(basename "$program")
    page=$ROOT/man/$name.1
    if [ ! -e "$page" ]; then
        echo "FAILED: no manual page for $name"
        failures=$((failures + 1))
        continue
    fi
    expect_exit 0 "$program" --help
    cp .out help
    check "$name --help begins with its usage" grep -q "^usage: $name" help
    grep -q -- '--seed' help && check "$name says its default seed, 1" grep -q -- '--seed=.*(1)$' help
    expect_exit 0 "$program" --version
    mv .out version
    check "$name --version" grep -q "^$name (mmpipe) [0-9]" version
    expect_exit 2 "$program" --no-such-option
    # Options of its own (up to the first empty line after them) stand in the page.
    sed -n '4,/^$/p' help | sed '/-o, --output/,$d' | grep -oE -- '--[a-z0-9-]+' | sort -u | while read -r option; do
        grep -qE -- "Fl -${option#--}( |$)" "$page" || echo "$option"
    done >missing
    [ ! -s missing ] || { echo "FAILED: $name.1 does not tell of: $(tr '\n' ' ' <missing)"; failures=$((failures + 1)); }
done

# text PAGE: as it is read, a paragraph a line.
text() { mandoc -Tutf8 -Owidth=900 "$1" | sed 's/.\x08//g'; }

for page in "$ROOT"/man/*.[157]; do
    check "mandoc on $(basename "$page")" mandoc -Tlint -Wwarning "$page"
    check "$(basename "$page"): of mmpipe" grep -qx '.Os mmpipe' "$page"
    # shellcheck disable=SC1112
    refuse "$(basename "$page"): a quotation within another" grep -qE '‘[^’]*‘|“[^”]*“|’’|””' <(text "$page" | tr '\n' ' ')
    refuse "$(basename "$page"): a line that swallows the next" grep -nE '(^|[^\\])\\$' "$page"
    check "$(basename "$page") has examples" grep -q '^.Sh EXAMPLES' "$page"
done

# What apropos finds.
for word in dicom png jpeg manifest; do
    check "apropos $word finds mmread" grep -qi "^\.Nd.*$word" "$ROOT/man/mmread.1"
done

# What the examples work on.
mkdir examples && cd examples || exit 1
mmphantom -n 6 --size 288x224 --seed 1 | mmsegment --keep-mask -o phantoms.mms || failures=$((failures + 1))
mmpatch --set s,s10 --size 56 -o patches.mms phantoms.mms || failures=$((failures + 1))
mmwrite --dir films phantoms.mms && cp films/P_00001_RIGHT_CC.image.png film.png || failures=$((failures + 1))
mmread --shuffle --seed 1 --epochs 1 patches.mms | mmtrain -q --net resnet18 --classes 5 --mean patches.mms --batch 16 \
    --stage 'train=all lr=1e-3 wd=1e-4 epochs=1' -o patch.safetensors || failures=$((failures + 1))
cd ..

export OUT=$TMP/example.out ERR=$TMP/example.err PYTHON
py() { "$PYTHON" "$ROOT/tests/cli/manual_answers.py" "$1"; }
export -f py

# run SCRIPT: in the folder of the examples.
run() { (cd run && timeout 600 bash -eu -o pipefail -c "$1") </dev/null; }

# HEAD='= PAGE COMMAND' answer: what must hold after the example.
answer() { awk '/^= / {on = $0 == ENVIRON["HEAD"]; next} on && !/^#/' "$ROOT/tests/cli/manual_answers"; }

# example PAGE COMMAND: runs it and checks its answer.
example() {
    local name=$1 command=$2 must
    must=$(HEAD="= $name ${command%%$'\n'*}" answer)
    checks=$((checks + 1))
    if ! run "$command" >"$OUT" 2>"$ERR"; then
        echo "FAILED: $name: $command"
        tail -n 3 "$OUT" "$ERR"
    elif [ -z "${must//[[:space:]]/}" ]; then
        echo "FAILED: $name: no answer in tests/cli/manual_answers: $command"
    elif ! run "$must" >"$TMP/answer.out" 2>&1; then
        echo "FAILED: $name: another answer: $command"
        tail -n 4 "$TMP/answer.out"
        head -n 3 "$OUT"
    else
        return 0
    fi
    failures=$((failures + 1))
}

for page in "$ROOT"/man/*.[157]; do
    name=$(basename "$page")
    rm -rf run
    cp -r examples run
    mandoc -Tutf8 -Owidth=300 "$page" | sed 's/.\x08//g' | awk '/^[A-Z]/ {on = /^EXAMPLES/} on && /^ +\$ / {sub(/^ +\$ /, ""); print; more = /\\$/; next} on && more {print; more = /\\$/}' >commands
    while IFS= read -r -d '' command; do
        example "$name" "${command%$'\n'}"
    done < <(awk '{line = line $0 "\n"} !/\\$/ {printf "%s%c", line, 0; line = ""}' commands)
done

# Each answer belongs to an example that is there.
for page in "$ROOT"/man/*.[157]; do
    text "$page" | awk -v name="$(basename "$page")" '/^[A-Z]/ {on = /^EXAMPLES/} on && /^ +\$ / {sub(/^ +\$ /, ""); print "= " name " " $0}'
done | sort >asked
equal "answers to no example" "" "$(grep '^= ' "$ROOT/tests/cli/manual_answers" | sort | comm -23 - asked)"
finish
