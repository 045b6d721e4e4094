"""Packs the traces that tests/validate/*.mk leave, a table for each experiment: pack.py TRACES FOLDER writes FOLDER/NAME.tsv.gz, the
same bytes for the same traces. tests/agreement/validate/verdict.py describes the tables."""
import glob
import gzip
import os
import sys


def traces(folder):
    """Yields the name of each file without its ending, and its lines as lists of cells."""
    for path in sorted(glob.glob(os.path.join(folder, "*.tsv"))):
        with open(path) as f:
            yield os.path.basename(path)[:-len(".tsv")], [line.rstrip("\n").split("\t") for line in f]


def side_by_side(folder, head, ends=("",)):
    """One table of files that agree in their first two columns: the others follow each other, named after their files."""
    table = None
    for name, lines in traces(folder):
        table = table or [head] + [line[:2] for line in lines]
        assert [line[:2] for line in table[1:]] == [line[:2] for line in lines], name + " is of other lines"
        table = [old + new for old, new in zip(table, [[name + end for end in ends]] + [line[2:] for line in lines])]
    return table


def one_below_the_other(folder, head):
    """One table of all lines, each with the parts of its file's name before it. The last columns may be missing."""
    rows = [name.split(".") + line for name, lines in traces(folder) for line in lines]
    return [head[:len(rows[0])]] + rows


def pack(name, folder):
    if name.startswith("twins"):
        return side_by_side(folder, ["quantity", "name"])
    if name == "equivalence":
        return side_by_side(folder, ["patient", "label"], (".ours", ".torch"))
    if name == "null":
        return one_below_the_other(folder, ["split", "patient", "label", "ours"])
    return one_below_the_other(folder, ["fold", "background", "patient", "label", "ours", "torch", "grey", "probe"])


def main():
    source, out = sys.argv[1:]
    for name in sorted(os.listdir(source)):
        text = "".join("\t".join(line) + "\n" for line in pack(name, os.path.join(source, name)))
        with open(os.path.join(out, name + ".tsv.gz"), "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as packed:
            packed.write(text.encode())


main()
