"""Damaged copies of image files through mmread, many in one run: python3 damage.py FILE...

Of each file: cut at many offsets, and with single bits turned. mmread must not crash nor hang, says in one line what is
wrong with each that it refuses, and what it still reads of a cut file are the pixels of the whole one. Bits may be turned
where the format cannot tell; of these only the shape must stay, where the damage lies in the pixels."""
import os
import subprocess
import sys

import numpy as np
import mms

CUTS, FLIPS = 60, 60
rng = np.random.RandomState(11)
failed = 0


def run(name, paths):
    with open("damaged.tsv", "w") as f:
        f.write("key\timage\n" + "".join("%d\t%s\n" % (i, p) for i, p in enumerate(paths)))
    r = subprocess.run(["mmread", "-q", "--manifest", "damaged.tsv", "--on-error=skip", "-o", "damaged.mms"], capture_output=True,
                       text=True, timeout=300)
    lines = r.stderr.splitlines()
    named = [line for line in lines if line.startswith("mmread: record '") and line.endswith(": skipped")]
    if r.returncode not in (0, 1) or any(not line.startswith("mmread: ") for line in lines):
        raise AssertionError("%s: exit %d, %s" % (name, r.returncode, lines[:3]))
    if r.returncode == 1:  # nothing was left
        return {}, len(named)
    return {int(x.key): x.tensors["image"] for s in mms.read_stream(open("damaged.mms", "rb")) for x in s.records}, len(named)


for path in sys.argv[1:]:
    name = os.path.basename(path)
    whole = open(path, "rb").read()
    paths = [path]
    ends = sorted(set(rng.randint(0, len(whole), CUTS)) | {0, 1, len(whole) - 1, len(whole) - 2, len(whole) // 2})
    bits = sorted(set(rng.randint(0, 8 * min(len(whole), 2500), FLIPS // 2)) | set(rng.randint(0, 8 * len(whole), FLIPS // 2)))
    for i, n in enumerate(list(ends) + list(bits)):
        data = bytearray(whole[:n] if i < len(ends) else whole)
        if i >= len(ends):
            data[n // 8] ^= 1 << n % 8
        paths.append("damaged.%d" % i)
        open(paths[-1], "wb").write(data)
    try:
        got, refused = run(name, paths)
        if 0 not in got:
            raise AssertionError("%s itself is not read" % name)
        if len(got) + refused != len(paths):
            raise AssertionError("%s: %d read, %d refused of %d" % (name, len(got), refused, len(paths)))
        for i in range(1, len(ends) + 1):
            if i in got and (got[i].shape != got[0].shape or (got[i] != got[0]).any()):
                raise AssertionError("%s cut at %d of %d bytes is read, wrong" % (name, ends[i - 1], len(whole)))
        print("%s: of %d cut %d, of %d turned %d read" % (name, len(ends), sum(1 <= i <= len(ends) for i in got), len(bits),
                                                         sum(i > len(ends) for i in got)))
    except (AssertionError, subprocess.TimeoutExpired) as e:
        failed += 1
        print("FAILED:", e)
sys.exit(failed > 0)
