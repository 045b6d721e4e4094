#!/usr/bin/env bash
# Outputs beside other users: whose links are followed, and whose file a new one is. Only root can make what others own.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
need_command setpriv
[ "$(id -u)" = 0 ] || skip "only root can give files away"
"$PYTHON" "$ROOT/tests/cli/images.py" make
write() { mmread --no-pg -o "$1" a.pgm; }
write want.mms
mkdir there && printf old >there/real.mms

ln -s there/real.mms other.mms && chown -h 1234 other.mms && ln -s there/no.mms gone.mms && chown -h 1234 gone.mms
ln -s other.mms chain.mms
for l in other gone chain; do
    expect_exit 1 write $l.mms
    message "another user"
done
check "nothing was written" test ! -e there/no.mms
equal "nor changed" old "$(cat there/real.mms)"
printf old >owned.mms && chown 1234:5678 owned.mms && chmod 660 owned.mms
check "another's file" write owned.mms
equal "its owner" "1234:5678 660" "$(stat -c '%u:%g %a' owned.mms)"

# Whoever cannot give a file away: its new group gets no more than others had.
for m in 664:644 640:600 606:606; do
    printf old >kept.mms && chown 1234:5678 kept.mms && chmod "${m%:*}" kept.mms
    check "without the right to" setpriv --bounding-set -chown --inh-caps -chown "$BIN/mmread" --no-pg -o kept.mms a.pgm
    equal "the mode for ${m%:*}" "0:0 ${m#*:}" "$(stat -c '%u:%g %a' kept.mms)"
    check "its content" cmp kept.mms want.mms
done
finish
