#!/bin/bash
# Progress on a terminal: what mmtrain's line tells, and that a line that is longer than the terminal is wide is drawn over
# itself all the same.
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH
need_python pty
mmtoy --records 40 -o toy.mms && mmread --shuffle --epochs 2 toy.mms >epochs.mms || exit 1
cat >screen.py <<'PY'
"""screen.py COLUMNS PIPE COMMAND...: runs the command on a terminal of so many columns, its input fed in pieces through PIPE;
prints what the screen showed in the end, and the fullest row of progress that it showed before."""
import fcntl, os, pty, re, struct, sys, termios, time

columns, pipe, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]


class Screen:
    def __init__(self):
        self.rows, self.x, self.y = [""], 0, 0

    def put(self, c):
        if self.x == columns:
            self.x, self.y = 0, self.y + 1
        while self.y >= len(self.rows):
            self.rows.append("")
        row = self.rows[self.y].ljust(self.x)
        self.rows[self.y] = row[:self.x] + c + row[self.x + 1:]
        self.x += 1

    def feed(self, text):
        for m in re.finditer(r"\x1b\[(\d*)([A-Z])|(.)", text, re.S):
            n, code, c = int(m[1] or 1), m[2], m[3]
            if code == "A":
                self.y -= n
                assert self.y >= 0, "above the screen"
            elif code == "J":
                self.rows = self.rows[:self.y + 1]
                self.rows[self.y] = self.rows[self.y][:self.x]
            elif code:
                sys.exit("FAILED: unknown sequence %r" % m[0])
            elif c == "\r":
                self.x = 0
            elif c == "\n":
                self.y += 1
                self.x = 0
            else:
                self.put(c)


os.mkfifo(pipe)
child, terminal = pty.fork()
if child == 0:
    time.sleep(0.1)
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
feeder = os.fork()
if feeder == 0:
    data = open("epochs.mms", "rb").read()
    with open(pipe, "wb") as f:
        for i in range(0, len(data), len(data) // 16 + 1):
            f.write(data[i:i + len(data) // 16 + 1])
            f.flush()
            time.sleep(0.15)
    os._exit(0)
screen, fullest = Screen(), []
while True:
    try:
        data = os.read(terminal, 1 << 16).decode()
    except OSError:
        break
    if not data:
        break
    for part in re.split(r"(?=\r|\x1b\[\d+A\r)", data):
        screen.feed(part)
        shown = "".join(r.ljust(columns) for r in screen.rows)
        if len(shown) >= len("".join(fullest)) and " left" in shown:
            fullest = list(screen.rows)
os.waitpid(feeder, 0)
_, status = os.waitpid(child, 0)
print("\n".join(fullest))
print("----")
print("\n".join(screen.rows))
sys.exit(os.waitstatus_to_exitcode(status))
PY
for columns in 80 37; do
    check "$columns columns" "$PYTHON" screen.py $columns pipe.$columns mmtrain -j 1 --net resnet8-cifar --classes none,left,middle,right --batch 4 \
        --mean 80 --stage 'train=fc lr=1e-3 epochs=1 bn=frozen' --stage 'train=all lr=1e-3 epochs=1' -o model pipe.$columns
    sed -n '/^----/,$!p' .out >before
    sed -n '1,/^----/!p' .out >after
    all=$(tr -d '\n' <before)
    for what in 'stage [12]/2' 'epoch [12]/2' 'step [0-9]*' 'loss [0-9.]*' 'accuracy [01][.0-9]*' '[0-9.]* images/s' '[0-9?:]* left' '[0-9.]* GiB'; do
        grep -Eq -- "$what" <<<"$all" || { echo "FAILED: $columns columns: no '$what' in"; cat before; failures=$((failures + 1)); }
    done
    # A warning that comes while the line is there is not drawn over.
    equal "warnings, $columns columns" 1 "$(tr -d '\n' <after | tr -s ' ' | grep -c "warning: no record is of class 3, 'right'")"
    equal "lines of progress at once, $columns columns" 1 "$(grep -o 'mmtrain: stage' <<<"$all" | wc -l)"
    equal "what is left in the end, $columns columns" "mmtrain: epoch 1/2 mmtrain: epoch 2/2" "$(tr -d '\n' <after | grep -o 'mmtrain: epoch [12]/2' | xargs)"
    grep -q ' left' after && { echo "FAILED: progress is left on the screen"; cat after; failures=$((failures + 1)); }
done
finish
