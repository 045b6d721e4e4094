"""From Nsight Compute's raw table (CSV) to time and memory by kernel: kernels.py FILE.csv, most time first."""
import collections
import csv
import re
import sys

TIMES = {"nsecond": 1e-3, "ns": 1e-3, "usecond": 1, "us": 1, "msecond": 1e3, "ms": 1e3, "second": 1e6, "s": 1e6}
BYTES = {"byte": 1e-9, "Kbyte": 1e-6, "Mbyte": 1e-3, "Gbyte": 1}


def number(text):
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return 0.0


def main():
    with open(sys.argv[1], newline="") as f:
        lines = [line for line in f if not line.startswith("==")]
    rows = csv.reader(lines[next(i for i, line in enumerate(lines) if "Kernel Name" in line):])
    names = next(rows)
    units = next(rows)
    name, time, moved = (names.index(n) for n in ("Kernel Name", "gpu__time_duration.sum", "dram__bytes.sum"))
    sums = collections.defaultdict(lambda: [0, 0.0, 0.0])
    for row in rows:
        if len(row) == len(names):
            s = sums[re.sub(r"\(.*", "", row[name])[:90]]
            s[0] += 1
            s[1] += number(row[time]) * TIMES.get(units[time], 1)
            s[2] += number(row[moved]) * BYTES.get(units[moved], 1)
    total = sum(s[1] for s in sums.values()) or 1
    print("kernel\tcalls\tms\tshare\tGB\tGB/s")
    for kernel, (calls, us, gb) in sorted(sums.items(), key=lambda item: -item[1][1]):
        print(f"{kernel}\t{calls}\t{us / 1e3:.3f}\t{us / total:.3f}\t{gb:.3f}\t{gb / (us * 1e-6 or 1):.0f}")
    print(f"all\t{sum(s[0] for s in sums.values())}\t{total / 1e3:.3f}\t1\t{sum(s[2] for s in sums.values()):.3f}\t")


main()
