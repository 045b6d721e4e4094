"""Reads every #include of a tree and names what is against its floors. floors.py TREE

Arrows point down: filters -> formats -> common. Within a floor they point from room to room as in MAY, and never in a
circle, of rooms or of files. Nothing in common/ or formats/ prints or exits, but common/cli; a child process that was started
to be isolated may leave by _exit. A public name is declared in one header.
"""
import collections
import os
import re
import sys

COMMON = ["common/" + room for room in ("base", "stream", "table", "stats", "image", "phantom", "cli")]
NN = ["common/nn/" + room for room in ("layer", "net", "cpu", "cuda", "mpi", "plain")]
DATA = ["common/base", "common/stream", "common/table"]

# What the files of a room may include from, beside their own room.
MAY = {
    "common/base": [],
    "common/stream": ["common/base"],
    "common/table": ["common/base", "common/stats", "common/stream"],
    "common/stats": ["common/base"],
    "common/image": DATA,
    "common/phantom": DATA,
    "common/cli": DATA,
    "common/nn": ["common/base", "common/image", "common/stats"],
    "common/nn/layer": ["common/nn"],
    "common/nn/net": ["common/nn"],
    "common/nn/cpu": ["common/base", "common/image", "common/nn"],
    "common/nn/plain": ["common/base", "common/image", "common/nn"],
    "common/nn/cuda": ["common/base", "common/image", "common/nn"],
    "common/nn/mpi": ["common/base", "common/nn"],
    "formats/dicom": DATA,
    "formats/image": DATA + ["common/image", "formats/dicom"],
    "formats/dataset": DATA + ["common/image", "formats/image", "formats/dicom"],
    "formats/archive": DATA + ["common/image", "formats/dataset", "formats/image", "formats/dicom"],
    "formats/weights": DATA + ["common/stats", "formats/image"],
}
for workshop, below in {
    "evaluate": [], "picture": [], "predict": [], "train": ["predict"], "read": [], "write": []
}.items():
    MAY["filters/" + workshop] = (
        COMMON + ["common/nn"] + ["formats/" + room for room in ("image", "dicom", "weights", "dataset", "archive")]
        + ["filters/" + other for other in below])
MAY["filters"] = MAY["filters/train"] + ["filters/" + w for w in ("train", "evaluate", "picture", "read", "write")]

# Files that the room as a whole may not include, and may here: doors to what is opened at run time; names of weights.
DOORS = {
    "filters/train": ["common/nn/mpi/plugin.h"],
    "formats/weights": ["common/nn/params.h"],
}


def sources(tree):
    for top in ("common", "formats", "filters"):
        for folder, _, names in os.walk(os.path.join(tree, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".cc", ".cu")):
                    yield os.path.relpath(os.path.join(folder, name), tree)


def text_of(tree, path):
    with open(os.path.join(tree, path), encoding="utf-8") as f:
        return f.read()


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)


def arrows(tree):
    """{file: [files that it includes]}; quoted includes are paths from the project's root."""
    found = {}
    for path in sources(tree):
        found[path] = re.findall(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', text_of(tree, path), re.M)
    return found


def wrong_arrows(tree, found):
    for path, included in found.items():
        room = os.path.dirname(path)
        for target in included:
            if not os.path.exists(os.path.join(tree, target)):
                yield f"{path} includes {target}: no such path from the project's root"
            elif os.path.dirname(target) != room and os.path.dirname(target) not in MAY.get(room, []) \
                    and target not in DOORS.get(room, []):
                yield f"{path} includes {target}"


def circle(graph):
    """One circle of a graph as a list of nodes, or None."""
    state, path = {}, []

    def visit(node):
        state[node] = 1
        path.append(node)
        for other in graph.get(node, ()):
            if state.get(other) == 1:
                return path[path.index(other):] + [other]
            if other not in state:
                ring = visit(other)
                if ring:
                    return ring
        path.pop()
        state[node] = 2
        return None

    for node in sorted(graph):
        if node not in state:
            ring = visit(node)
            if ring:
                return ring
    return None


def circles(found):
    ring = circle(found)
    if ring:
        yield "files in a circle: " + " -> ".join(ring)
    rooms = collections.defaultdict(set)
    for path, included in found.items():
        doors = DOORS.get(os.path.dirname(path), [])
        rooms[os.path.dirname(path)] |= {os.path.dirname(t) for t in included if t not in doors} - {os.path.dirname(path)}
    ring = circle(rooms)
    if ring:
        yield "rooms in a circle: " + " -> ".join(ring)


def loud(tree):
    """What prints or exits where only common/cli may."""
    spoken = re.compile(r"(?<![\w.>])(exit|abort|quick_exit|printf|puts|putchar|perror|vprintf)\s*\(|(?<!\w)stderr(?!\w)"
                        r"|f(?:printf|puts|putc|write)\s*\([^;]*\bstdout\b")
    for path in sources(tree):
        if path.startswith(("common/", "formats/")) and not path.startswith("common/cli/") and not path.endswith(".h"):
            for m in spoken.finditer(without_comments(text_of(tree, path))):
                yield f"{path}: {m[0]}"


def names_twice(tree):
    """Types that are declared in two headers, and structures that have two bodies: one name would mean two things."""
    declared, bodies = collections.defaultdict(set), collections.defaultdict(set)
    for path in sources(tree):
        text = without_comments(text_of(tree, path))
        if path.endswith(".h"):
            for name in re.findall(r"^typedef [^;{]*?\b(mm_\w+);|^\} (mm_\w+);|^typedef [^;{]*?\b(mm_\w+)\([^;]*\);", text, re.M):
                declared["".join(name)].add(path)
        for name in re.findall(r"^(?:typedef )?(?:struct|union|enum) (mm_\w+) \{", text, re.M):
            bodies[name].add(path)
    for kind, found in (("declared", declared), ("defined", bodies)):
        for name, places in sorted(found.items()):
            if len(places) > 1:
                yield f"{name} is {kind} in {', '.join(sorted(places))}"


def main():
    tree = sys.argv[1]
    found = arrows(tree)
    wrong = list(wrong_arrows(tree, found)) + list(circles(found)) + list(loud(tree)) + list(names_twice(tree))
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


main()
