"""mmheatmap's modes beside the definition, --mode=window, over the same images: the table of mmheatmap(1).

    heatmap_modes.py MODEL IMAGES.mms [-s STRIDE] [-m MODE[:SPLIT],...] [mmheatmap's options]

Images should have masks and be of patients that the model has not seen. Over windows that were computed: correlation with window mode
(median and lowest of all images, and of those with heat somewhere, 0.1 or more) and largest difference; of mmeval: mean sensitivity
of the free response and images whose hottest point lies at a lesion; user and system time of the processor for an image.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

import numpy as np

import mms


def run(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def maps(name):
    with open(name, "rb") as f:
        return {r.key: r.tensors["heatmap"][0].astype("f8") for s in mms.read_stream(f) for r in s.records}


def beside(truth, other):
    """Correlation and largest difference for each image; other modes leave out the same windows, or none (dense)."""
    rows = []
    for key, t in truth.items():
        computed = t != 0
        p, q = t[computed], other[key][computed]
        rows.append((np.corrcoef(p, q)[0, 1], np.abs(p - q).max(), p.max()))
    return np.array(rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("images")
    parser.add_argument("-s", dest="stride", default="16")
    parser.add_argument("-m", dest="modes", default="shared,dense")
    options, more = parser.parse_known_args()
    truth = None
    print("mode\tcorrelation\tlowest\twith heat\tlowest\tdifference\tfree response\thottest\tseconds")
    with tempfile.TemporaryDirectory() as folder:
        for mode in ["window"] + options.modes.split(","):
            name = os.path.join(folder, "heat.mms")
            kind, _, split = mode.partition(":")
            seconds = run("mmheatmap", "-q", "--trust", "--model", options.model, "--stride", options.stride, "--mode", kind, "-o", name,
                          *(["--split", split] if split else []), *more, options.images)
            figures = json.loads(subprocess.run(["mmeval", "-q", "--heatmaps", "--json", name], check=True, stdout=subprocess.PIPE).stdout)
            these = maps(name)
            truth = truth or these
            r = beside(truth, these)
            hot = r[r[:, 2] >= 0.1]
            print("%s\t%.4f\t%.4f\t%.4f (%d)\t%.4f\t%.3f\t%.3f\t%d of %d\t%.1f" % (
                mode, np.nanmedian(r[:, 0]), np.nanmin(r[:, 0]), np.median(hot[:, 0]), len(hot), hot[:, 0].min(), r[:, 1].max(),
                figures["free_response"]["mean_sensitivity"], figures["hits"], figures["images"], seconds / len(r)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
