"""What mmindex cbis must make of a tree that tree.py built, worked out from the tables and the plan alone:

    expect.py TABLES PLAN MANIFEST MESSAGES [official] [drop]

MANIFEST is its output, MESSAGES its standard error with -v. `official`: with --official; `drop`: and --drop-leaks."""
import collections
import csv
import json
import re
import sys

tables, plan, manifest, messages = sys.argv[1:5]
official, drop = "official" in sys.argv[5:], "drop" in sys.argv[5:] or "official" not in sys.argv[5:]
plan = json.load(open(plan))

rows = []
for kind in ("Mass", "Calc"):
    for part in ("Test", "Training"):
        name = "%s_case_description_%s_set.csv" % (kind.lower(), {"Test": "test", "Training": "train"}[part])
        for r in csv.DictReader(open("%s/%s" % (tables, name), newline="")):
            r = {k: (v or "").strip() for k, v in r.items()}
            r.update(kind=kind, part=part, bad=r["pathology"] == "MALIGNANT")
            r["film"] = (r["patient_id"], r["left or right breast"], r["image view"])
            r["picture"] = "%s-%s_%s_%s_%s" % ((kind, part) + r["film"])
            r["case"] = r["picture"] + "_" + r["abnormality id"]
            rows.append(r)


def by(name, of=rows):
    groups = collections.defaultdict(list)
    for r in of:
        groups[r[name]].append(r)
    return groups


pictures, films = by("picture"), by("film")
leaking = {p for p, rs in by("patient_id").items() if len({r["part"] for r in rs}) == 2}


def state(picture):
    if picture in plan["absent"] or plan["images"].get(picture) == "missing":
        return "missing"
    return "rejected" if picture in plan["images"] else "good"


# Views in two tables.
united, unseen, apart = set(), set(), set()
for film, rs in films.items():
    names = sorted({r["picture"] for r in rs})
    good = [n for n in names if state(n) == "good"]
    if len(names) == 2 and not official and good:
        if len(good) == 1:
            unseen.add(film)
        elif set(names) & set(plan["apart"]):
            apart.add(film)
        else:
            united.add(film)

for r in rows:
    one = r["film"] in united | unseen
    group = films[r["film"]] if one else pictures[r["picture"]]
    r["test"] = any(q["part"] == "Test" for q in group)
    r["key"] = "CalcMass-%s_%s_%s_%s" % (("Test" if r["test"] else "Training",) + r["film"]) if one else r["picture"]
    r["shown"] = next((n for n in sorted({q["picture"] for q in group}) if state(n) == "good"), None)
    r["label"] = int(any(q["bad"] for q in group))
    r["table_label"] = int(any(q["bad"] for q in pictures[r["picture"]]))
    r["left out"] = bool(r["shown"]) and drop and not r["test"] and r["patient_id"] in leaking
    r["kept"] = bool(r["shown"]) and not r["left out"]
    what = plan["lesions"].get(r["case"])
    lost = r["case"] in plan["absent"] or what in ("missing", "only crop")
    r["mask state"] = ("missing" if lost else "rejected" if what else "good") if r["kept"] else "not looked at"
    r["swapped"] = r["mask state"] == "good" and r["case"] in plan["swapped"]
    r["rescaled"] = r["mask state"] == "good" and r["case"] in plan["size"]

# The manifest, all columns of all lines.
columns = ["key", "image", "mask", "patient", "side", "view", "pathology", "label", "split", "case", "type", "distribution", "margins",
           "density", "assessment", "subtlety", "abnormality", "table_label"]
want = []
for r in rows:
    if r["kept"]:
        want.append([r["key"], plan["out"] + "/" + plan["paths"][r["shown"]],
                     plan["out"] + "/" + plan["paths"][r["case"]] if r["mask state"] == "good" else "", r["patient_id"],
                     r["left or right breast"], r["image view"], r["pathology"], str(r["label"]), "test" if r["test"] else "train",
                     r["case"], r.get("calc type") or r.get("mass shape"), r.get("calc distribution", ""), r.get("mass margins", ""),
                     r.get("breast density") or r.get("breast_density"), r["assessment"], r["subtlety"], r["abnormality type"],
                     str(r["table_label"])])
want.sort(key=lambda w: (w[0], w[9]))
have = [line.rstrip("\n").split("\t") for line in open(manifest)]
assert have[0] == columns, have[0]
assert [h[0] for h in have[1:]] == sorted(h[0] for h in have[1:]), "not in the order of keys"
have = sorted(have[1:], key=lambda w: (w[0], w[9]))
for h, w in zip(have, want):
    assert h == w, "%s\ninstead of\n%s" % (h, w)
assert len(have) == len(want), (len(have), len(want))

# Messages: every damage and every repair once, and nothing else.
kinds = {"image rejected": "image rejected", "mask rejected": "mask rejected", "missing on disk": "image missing",
         "mask missing on disk": "mask missing", "crop and mask are swapped": "swapped", "mask of": "rescaled"}
found, table, others = collections.Counter(), {}, 0
for line in open(messages):
    m = re.match(r"mmindex: (\S+): (image rejected|mask rejected|missing on disk|mask missing on disk|crop and mask are swapped|mask of)", line)
    d = re.match(r"mmindex: (\S+) and (\S+): their pixels differ", line)
    o = re.match(r"mmindex: (\d+) image files belong to nothing", line)
    t = re.match(r"(\S.*?) {2,}(\d+) +(\d+) +(\d+)$", line)
    if m:
        found[m.group(1), kinds[m.group(2)]] += 1
    elif d:
        found[d.group(1), "differ"] += 1
    elif o:
        others = int(o.group(1))
    elif t:
        assert t.group(1) not in table, line
        table[t.group(1)] = tuple(map(int, t.groups()[1:]))
    else:
        assert re.match(r"(the tables|on disk|the manifest) +lesions +images +patients$", line), line
wanted = collections.Counter()
for p in pictures:
    if state(p) != "good":
        wanted[p, "image " + state(p)] += 1
for f in apart:
    wanted[min(r["picture"] for r in films[f]), "differ"] += 1
for r in rows:
    if r["mask state"] in ("missing", "rejected"):
        wanted[r["case"], "mask " + r["mask state"]] += 1
    for what in ("swapped", "rescaled"):
        if r[what]:
            wanted[r["case"], what] += 1
assert found == wanted, "messages: too many %s, too few %s" % (found - wanted, wanted - found)
assert others == plan["strays"], others


# The table.
def count(chosen, unit="key"):
    chosen = list(chosen)
    return len(chosen), len({r[unit] for r in chosen}), len({r["patient_id"] for r in chosen})


def which(**has):
    return [r for r in rows if all(r[k] == v for k, v in has.items())]


def labels(rs):
    return len({r["bad"] for r in rs})


both = {f for f, rs in films.items() if len({r["kind"] for r in rs}) == 2}
across = {f for f, rs in films.items() if len({r["part"] for r in rs}) == 2}
conflict = {f for f in both if len({r["table_label"] for r in films[f]}) == 2}
expected = {
    "calcifications, training table": count(which(kind="Calc", part="Training"), "picture"),
    "calcifications, test table": count(which(kind="Calc", part="Test"), "picture"),
    "masses, training table": count(which(kind="Mass", part="Training"), "picture"),
    "masses, test table": count(which(kind="Mass", part="Test"), "picture"),
    "all tables": count(rows, "picture"),
    "all tables, by views": count(rows, "film"),
    "views in two tables": count([r for r in rows if r["film"] in both], "film"),
    "views whose tables give conflicting labels": count([r for r in rows if r["film"] in conflict], "film"),
    "the same, across training and test": count([r for r in rows if r["film"] in conflict & across], "film"),
    "benign and malignant lesions, by table": count([r for r in rows if labels(pictures[r["picture"]]) == 2], "picture"),
    "benign and malignant lesions, by views": count([r for r in rows if labels(films[r["film"]]) == 2], "film"),
    "leak: patients in training and test": count([r for r in rows if r["patient_id"] in leaking], "picture"),
    "leak: views in training and test": count([r for r in rows if r["film"] in across], "film"),
    "missing: the image": count([r for r in rows if state(r["picture"]) == "missing"], "picture"),
    "rejected: the image": count([r for r in rows if state(r["picture"]) == "rejected"], "picture"),
    "views made one: pixels agree": count([r for r in rows if r["film"] in united], "film"),
    "views made one: one file unseen": count([r for r in rows if r["film"] in unseen], "film"),
    "views kept apart: pixels differ": count([r for r in rows if r["film"] in apart], "film"),
    "no image: not in the manifest": count([r for r in rows if not r["shown"]]),
    "leak: left out of training": count([r for r in rows if r["left out"]]),
    "in the manifest": count([r for r in rows if r["kept"]]),
    "missing: the mask": count(which(**{"mask state": "missing"})),
    "rejected: the mask": count(which(**{"mask state": "rejected"})),
    "repaired: crop and mask swapped": count(which(swapped=True)),
    "repaired: mask rescaled": count(which(rescaled=True)),
}
for test in (False, True):
    name = "test " if test else "train "
    for k, what in (("Calc", "calc"), ("Mass", "mass")):
        for bad, end in ((True, "_mal"), (False, "_ben")):
            expected[name + what + end] = count(which(kept=True, test=test, kind=k, bad=bad))
    expected[name + "images malignant"] = count(which(kept=True, test=test, label=1))
    expected[name + "images benign"] = count(which(kept=True, test=test, label=0))
    expected[name + "all"] = count(which(kept=True, test=test))
assert table == expected, {k: (table.get(k), expected.get(k)) for k in set(table) | set(expected) if table.get(k) != expected.get(k)}

# What is known of the tables, whatever is on disk; tables.py makes them so.
t = table
assert [t[k][0] for k in list(expected)[:5]] == [1546, 326, 1318, 378, 3568]
assert t["all tables"] == (3568, 3103, 1566) and t["all tables, by views"][1] == 3032 and t["views in two tables"][1] == 71
assert [t[k][1] for k in list(expected)[7:11]] == [16, 7, 17, 33]
assert t["leak: patients in training and test"][2] == 31 and t["leak: views in training and test"][1] == 29
assert t["all tables"][0] == sum(t[k][0] for k in ("no image: not in the manifest", "leak: left out of training", "in the manifest"))
print(len(want), "lines,", sum(wanted.values()), "messages")
