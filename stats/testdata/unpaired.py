"""Write unpaired.json: values of SciPy that the Go tests compare with.

Run with numpy and scipy installed: python unpaired.py > unpaired.json
"""

import itertools
import json
import math
import random

import numpy
import scipy
from scipy import stats

rng = random.Random(20261125)
samples = {
    "four": [102.1, 97.3, 108.4, 111.9],
    "five": [131.0, 118.2, 125.5, 140.1, 122.7],
    "six": [1.02, 0.97, 1.08, 1.11, 0.99, 1.04],
    "seven": [rng.lognormvariate(0.1, 0.05) for _ in range(7)],
    "ten": [rng.lognormvariate(4.8, 0.3) for _ in range(10)],
}
out = {"versions": {"numpy": numpy.__version__, "scipy": scipy.__version__}, "samples": samples, "pairs": [], "ranks": []}


def rank(m: int, n: int, tail: float) -> tuple[int, float]:
    """The largest k with P(U < k) <= tail, from all arrangements of ranks, and the coverage."""
    sums = [sum(c) - m * (m - 1) // 2 for c in itertools.combinations(range(m + n), m)]
    counts = numpy.bincount(sums, minlength=m * n + 1) / math.comb(m + n, m)
    below = numpy.cumsum(counts)
    k = int(numpy.sum(below <= tail + 1e-15))
    return k, float(1 - 2 * below[k - 1]) if k else 0.0


for m, n in itertools.product(range(2, 9), repeat=2):
    k, coverage = rank(m, n, 0.025)
    out["ranks"].append({"m": m, "n": n, "k": k, "coverage": coverage})
for a, b in [("four", "five"), ("six", "seven"), ("five", "ten"), ("ten", "four"), ("seven", "six")]:
    x, y = numpy.log(samples[a]), numpy.log(samples[b])
    welch = stats.ttest_ind(y, x, equal_var=False)
    ci = welch.confidence_interval(0.95)
    shifts = numpy.sort(numpy.subtract.outer(y, x).ravel())
    k, coverage = rank(len(x), len(y), 0.025)
    out["pairs"].append(
        {
            "a": a,
            "b": b,
            "ratio": float(stats.gmean(samples[b]) / stats.gmean(samples[a])),
            "welch_p": float(welch.pvalue),
            "welch_low": math.exp(ci.low),
            "welch_high": math.exp(ci.high),
            "mann_whitney_p": float(stats.mannwhitneyu(y, x, method="exact").pvalue),
            "hl": math.exp(float(numpy.median(shifts))),
            "hl_low": math.exp(float(shifts[k - 1])),
            "hl_high": math.exp(float(shifts[len(shifts) - k])),
            "at_five_percent_less_p": float(stats.ttest_ind(y - math.log(0.95), x, equal_var=False).pvalue),
            "student_p": float(stats.ttest_ind(y, x).pvalue),
        }
    )
print(json.dumps(out, indent=1))
