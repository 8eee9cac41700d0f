"""Write exact.json: values that the Go tests compare with, to 1e-9 of each value.

Where a distribution is finite it is counted out in whole numbers, ties included; elsewhere the value is SciPy's.
What can be had both ways is, and the script fails where the two disagree. It needs numpy and scipy:

    python exact.py > exact.json
"""

import itertools
import json
import math
import sys
from fractions import Fraction

import numpy as np
import scipy
from scipy import special, stats

rng = np.random.default_rng(1908)

# Student (1908): hours of additional sleep with two drugs; R's data set "sleep".
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
# Throughput in tasks/s of six blocks and a candidate half as fast again, with the noise of a busy machine.
BASE = [1121.0, 1098.5, 1143.2, 1075.9, 1130.4, 1109.7]
CAND = [1702.3, 1611.0, 1744.8, 1650.1, 1688.6, 1597.4]
CLOSE = [1130.0, 1090.1, 1150.7, 1081.3, 1127.7, 1115.9]
SKEWED = [0.02, 0.05, 0.04, 0.01, 0.07, 0.9]
TWELVE = [round(float(v), 6) for v in rng.lognormal(0, 0.4, 12)]
TIED = [0.1, -0.1, 0.2, 0.2, -0.3, 0.3, 0.3, 0.0, 0.4]

cases = []


def add(of, source, want, x=(), y=(), **args):
    """Append a case; want maps a name to a value."""
    row = {"of": of, "source": source, "x": [float(v) for v in x], "y": [float(v) for v in y]}
    row["args"] = {k: float(v) for k, v in args.items()}
    row["want"] = {k: float(v) for k, v in want.items()}
    cases.append(row)


def same(a, b, what):
    """Fail where two ways to one value disagree."""
    if not math.isclose(a, b, rel_tol=1e-10, abs_tol=1e-13):
        sys.exit(f"{what}: {a!r} and {b!r}")


def logs(x, y):
    return [math.log(b / a) for a, b in zip(x, y, strict=True)]


def wilcoxon(x):
    """V and its exact two-sided p: how many of the 2^n assignments of signs reach each sum of doubled ranks."""
    d = [v for v in x if v != 0]
    ranks = [round(2 * r) for r in stats.rankdata(np.abs(d))]
    v = sum(r for r, value in zip(ranks, d, strict=True) if value > 0)
    counts = {0: 1}
    for r in ranks:
        step = dict(counts)
        for s, n in counts.items():
            step[s + r] = step.get(s + r, 0) + n
        counts = step
    below = Fraction(sum(n for s, n in counts.items() if s <= v), 2 ** len(d))
    above = Fraction(sum(n for s, n in counts.items() if s >= v), 2 ** len(d))
    return v / 2, float(min(1, 2 * min(below, above)))


def mann_whitney(base, cand):
    """U of the candidate and its exact two-sided p: twice the tail on the side where U lies."""
    ranks = [round(2 * r) for r in stats.rankdata(list(cand) + list(base))]
    n = len(cand)

    def doubled(index):
        return sum(ranks[i] for i in index) - n * (n + 1)

    u = doubled(range(n))
    middle = n * len(base)
    if u == middle:
        return u / 2, 1.0
    every = [doubled(c) for c in itertools.combinations(range(len(ranks)), n)]
    tail = sum((v <= u) if u < middle else (v >= u) for v in every)
    return u / 2, float(min(1, 2 * Fraction(tail, len(every))))


for name, x in {"one value": [3.5], "two values": [2.0, 1.0], "sleep": SLEEP_2, "skewed": SKEWED}.items():
    for p in (0, 0.001, 0.25, 0.5, 0.99, 0.999, 1):
        add("quantile", f"numpy.quantile, {name}", {"value": np.quantile(x, p, method="linear")}, x, p=p)

PAIRS = {"sleep": (SLEEP_1, SLEEP_2), "faster": (BASE, CAND), "close": (BASE, CLOSE)}
for name, (x, y) in PAIRS.items():
    d = np.subtract(y, x) if name == "sleep" else logs(x, y)
    t = stats.ttest_1samp(d, 0)
    add("paired t", f"scipy.stats.ttest_1samp, {name}", {"statistic": t.statistic, "p": t.pvalue}, d)
    ci = t.confidence_interval(0.95)
    add("t interval", f"scipy.stats.ttest_1samp, {name}", {"low": math.exp(ci.low), "high": math.exp(ci.high)}, d)
    delta = math.log(1.05)
    lower = stats.ttest_1samp(d, -delta, alternative="greater")
    upper = stats.ttest_1samp(d, delta, alternative="less")
    worse = lower if lower.pvalue > upper.pvalue else upper
    add(
        "tost",
        f"scipy.stats.ttest_1samp twice, {name}",
        {"statistic": min(lower.statistic, -upper.statistic), "p": worse.pvalue},
        d,
    )
    w = stats.ttest_ind(y, x, equal_var=False)
    add("welch", f"scipy.stats.ttest_ind, {name}", {"statistic": w.statistic, "p": w.pvalue}, x, y)

for z in (0.01, 2.5, 14.0, 60.0, 1e5):
    for df in (1.0, 4.37, 19.0):
        add("t tail", "scipy.stats.t.sf", {"p": 2 * stats.t.sf(z, df)}, t=z, df=df)
for n in (2, 3, 6, 30, 1000):
    for family in (1, 8, 400):
        q = stats.t.isf(0.05 / family / 2, n - 1)
        add("t quantile", "scipy.stats.t.isf at Bonferroni's level", {"value": q}, n=n, family=family)

SIGNED = {
    "sleep, one zero": np.round(np.subtract(SLEEP_2, SLEEP_1), 1),
    "faster": logs(BASE, CAND),
    "close": logs(BASE, CLOSE),
    "ties and a zero": TIED,
    "all equal": [0.5] * 6,
    "one value": [-2.0],
    "twelve": np.log(TWELVE),
    "forty": np.round(rng.normal(0.1, 0.3, 40), 2),
    "hundred": rng.normal(0.15, 0.5, 100),
}
for name, x in SIGNED.items():
    v, p = wilcoxon(x)
    if 2 <= np.count_nonzero(x) <= 12:
        s = stats.wilcoxon(x, zero_method="wilcox", method=stats.PermutationMethod(n_resamples=10**5))
        same(p, s.pvalue, f"Wilcoxon, {name}")
    add("wilcoxon", f"counted out, {name}", {"statistic": v, "p": p}, x)
x = np.round(rng.normal(0.1, 0.6, 130), 1)
s = stats.wilcoxon(x, zero_method="wilcox", method="asymptotic", correction=False, alternative="two-sided")
add("wilcoxon", "scipy.stats.wilcoxon, asymptotic, ties", {"statistic": wilcoxon(x)[0], "p": s.pvalue}, x)

SIDES = {
    "apart": (BASE, CAND),
    "close": (BASE, CLOSE),
    "a trial is missing": (BASE, CLOSE[:4]),
    "ties": ([1, 2, 2, 3, 3, 4], [2, 3, 3, 5, 5, 6]),
    "ties, a trial is missing": ([1, 1, 1, 2, 3, 4], [1, 1, 5, 6]),
    "ties, a trial is missing, the other way": ([1, 1, 5, 6], [1, 1, 1, 2, 3, 4]),
    "one tie, twice as many": ([1, 2, 2, 2, 2, 3], [2, 2, 3]),
    "in the middle": ([1, 2, 3, 4], [1, 2, 3, 4]),
    "one each": ([1], [2]),
}
for name, (x, y) in SIDES.items():
    u, p = mann_whitney(x, y)
    if len(x) > 1:
        s = stats.mannwhitneyu(y, x, method=stats.PermutationMethod(n_resamples=10**5))
        same(u, s.statistic, f"U, {name}")
        same(p, s.pvalue, f"Mann-Whitney, {name}")
    add("mann-whitney", f"counted out, {name}", {"statistic": u, "p": p}, x, y)
x, y = rng.normal(0, 1, 60), rng.normal(0.4, 1, 55)
s = stats.mannwhitneyu(y, x, method="asymptotic", use_continuity=True)
add("mann-whitney", "scipy.stats.mannwhitneyu, asymptotic", {"statistic": s.statistic, "p": s.pvalue}, x, y)

for name, x in {"faster": logs(BASE, CAND), "skewed": SKEWED, "twelve": np.log(TWELVE)}.items():
    r = stats.bootstrap((x,), np.mean, n_resamples=299, method="BCa", rng=np.random.default_rng(len(x)))
    boot, mean = np.sort(r.bootstrap_distribution), float(np.mean(x))
    # Equal means differ in their last digits by the order of summation, as in SciPy's own count.
    tie = 1e-12 * (boot[-1] - boot[0])
    z0 = stats.norm.ppf((np.sum(boot < mean - tie) + np.sum(boot <= mean + tie)) / (2 * len(boot)))
    jack = np.array([np.mean(np.delete(x, i)) for i in range(len(x))])
    d = jack.mean() - jack
    a = float((d**3).sum() / (6 * (d**2).sum() ** 1.5))
    ends = []
    for p in (0.025, 0.975):
        z = z0 + stats.norm.ppf(p)
        ends.append(float(np.quantile(boot, stats.norm.cdf(z0 + z / (1 - a * z)), method="linear")))
    agrees = np.sum(boot < mean) == np.sum(boot < mean - tie) and np.sum(boot <= mean) == np.sum(boot <= mean + tie)
    if agrees:
        same(ends[0], float(r.confidence_interval.low), f"BCa, {name}")
        same(ends[1], float(r.confidence_interval.high), f"BCa, {name}")
    how = "scipy.stats.bootstrap and the formulas" if agrees else "the formulas with scipy.stats.norm"
    add("bca", f"{how}, {name}", {"low": ends[0], "high": ends[1], "acceleration": a}, x, boot)

for df in (2, 3, 4, 10, 11, 58, 198):
    j = math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / math.sqrt(df / 2)
    add("hedges factor", "scipy.special.gammaln", {"value": j}, df=df)
for name, (x, y) in {**PAIRS, "a trial is missing": (BASE, CLOSE[:4])}.items():
    df = len(x) + len(y) - 2
    j = math.gamma(df / 2) / math.gamma((df - 1) / 2) / math.sqrt(df / 2)
    pooled = math.sqrt(((len(x) - 1) * np.var(x, ddof=1) + (len(y) - 1) * np.var(y, ddof=1)) / df)
    add("hedges", f"the definition, {name}", {"value": (np.mean(y) - np.mean(x)) / pooled * j}, x, y)
    signs = np.sign(np.subtract.outer(y, x))
    add("cliff", f"the definition, {name}", {"value": signs.mean()}, x, y)
    if name != "sleep":
        shift = np.median(np.subtract.outer(np.log(y), np.log(x)))
        add("hodges-lehmann", f"the definition, {name}", {"value": math.exp(shift)}, np.log(x), np.log(y))

# By the definition: the largest of the smaller p-values' products, not by a running maximum as in the code.
FAMILIES = {
    "five": [0.01, 0.02, 0.03, 0.04, 0.05],
    "ties": [0.02, 0.02, 0.001, 0.5, 0.02],
    "eight": rng.uniform(0, 0.2, 8),
    "one": [0.03],
}
for name, p in FAMILIES.items():
    order = np.argsort(p, kind="stable")
    rank = {int(i): k for k, i in enumerate(order)}
    want = {}
    for i in range(len(p)):
        before = [j for j in range(len(p)) if rank[j] <= rank[i]]
        want[str(i)] = min(1.0, max((len(p) - rank[j]) * float(p[j]) for j in before))
    add("holm", f"the definition, {name}", want, p)

for n in range(5, 31):
    best, coverage = 0, Fraction(0)
    for k in range(1, n // 2 + 1):
        c = 1 - 2 * Fraction(sum(math.comb(n, i) for i in range(k)), 2**n)
        if c >= Fraction(95, 100):
            best, coverage = k, c
            same(float(c), 1 - 2 * stats.binom.cdf(k - 1, n, 0.5), f"coverage, n = {n}")
    add("ranks", "counted out", {"k": best, "coverage": float(coverage)}, n=n)

out = {
    "python": sys.version.split()[0],
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "values": sum(len(c["want"]) for c in cases),
    "cases": cases,
}
# One case a line, so that a changed value is one changed line.
lines = ",\n".join("  " + json.dumps(c) for c in cases)
head = json.dumps({k: v for k, v in out.items() if k != "cases"})
print(head[:-1] + ', "cases": [\n' + lines + "\n]}")
