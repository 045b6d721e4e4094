# What both benches share; sourced by them, in the folder that they measure in. A figure that cannot be had is nan.
# shellcheck shell=bash

calc() { case "$*" in *nan*) echo nan ;; *) awk "BEGIN { printf \"%.6g\\n\", $* }" ;; esac; }
median() { grep -v nan | sort -g | awk '{v[NR] = $1} END {if (!NR) print "nan"; else print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# wall COMMAND...: seconds that it takes.
wall() {
    local a=$EPOCHREALTIME
    "$@" >/dev/null 2>>err.log || { echo nan; return; }
    calc "$EPOCHREALTIME - $a"
}
