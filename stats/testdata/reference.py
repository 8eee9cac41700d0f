"""Write reference.json: values of NumPy and SciPy that the Go tests compare with.

Run with numpy and scipy installed: python reference.py > reference.json
"""

import json
import math
import random

import numpy
import scipy
from scipy import special, stats

rng = random.Random(20261124)
samples = {
    "six": [1.02, 0.97, 1.08, 1.11, 0.99, 1.04],
    "eight": [0.11, -0.04, 0.07, 0.2, 0.01, -0.09, 0.15, 0.06],
    "wide": [3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.0, 3.5, 8.0, 7.9],
    "negative": [-0.31, -0.22, -0.4, -0.18, -0.29, -0.35, -0.27],
    "normal": [rng.gauss(0.05, 0.1) for _ in range(20)],
    "lognormal": [rng.lognormvariate(0, 0.5) for _ in range(15)],
}
pairs = [("six", "eight"), ("wide", "lognormal"), ("negative", "normal"), ("six", "wide")]
out = {"versions": {"numpy": numpy.__version__, "scipy": scipy.__version__}, "samples": samples}

out["quantile"] = [
    {"sample": n, "p": p, "want": float(numpy.quantile(x, p, method="linear"))}
    for n, x in samples.items()
    for p in (0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0)
]
out["paired_t"] = []
out["t_interval"] = []
out["wilcoxon"] = []
out["tost"] = []
for n, x in samples.items():
    t = stats.ttest_1samp(x, 0)
    out["paired_t"].append({"sample": n, "statistic": float(t.statistic), "p": float(t.pvalue)})
    ci = t.confidence_interval(0.95)
    out["t_interval"].append({"sample": n, "low": float(ci.low), "high": float(ci.high)})
    w = stats.wilcoxon(x, method="exact")
    ranks = stats.rankdata(numpy.abs(x))
    v = float(ranks[numpy.array(x) > 0].sum())
    out["wilcoxon"].append({"sample": n, "statistic": v, "p": float(w.pvalue)})
    delta = math.log1p(0.05)
    upper = stats.ttest_1samp(x, delta, alternative="less").pvalue
    lower = stats.ttest_1samp(x, -delta, alternative="greater").pvalue
    out["tost"].append({"sample": n, "p": float(max(upper, lower))})
out["welch"] = []
out["mann_whitney"] = []
out["hedges"] = []
out["cliff"] = []
out["hodges_lehmann"] = []
for a, b in pairs:
    x, y = samples[a], samples[b]
    t = stats.ttest_ind(y, x, equal_var=False)
    out["welch"].append({"a": a, "b": b, "statistic": float(t.statistic), "p": float(t.pvalue)})
    u = stats.mannwhitneyu(y, x, alternative="two-sided", method="exact")
    out["mann_whitney"].append({"a": a, "b": b, "statistic": float(u.statistic), "p": float(u.pvalue)})
    df = len(x) + len(y) - 2
    pooled = math.sqrt(((len(x) - 1) * numpy.var(x, ddof=1) + (len(y) - 1) * numpy.var(y, ddof=1)) / df)
    j = special.gamma(df / 2) / (math.sqrt(df / 2) * special.gamma((df - 1) / 2))
    out["hedges"].append({"a": a, "b": b, "want": float((numpy.mean(y) - numpy.mean(x)) / pooled * j)})
    diffs = numpy.subtract.outer(y, x)
    out["cliff"].append({"a": a, "b": b, "want": float((numpy.sum(diffs > 0) - numpy.sum(diffs < 0)) / diffs.size)})
    out["hodges_lehmann"].append({"a": a, "b": b, "want": float(math.exp(numpy.median(diffs)))})
out["ranks"] = []
for n in range(5, 31):
    best = {"n": n, "k": 0, "coverage": 0.0}
    for k in range(1, n // 2 + 1):
        c = 1 - 2 * float(stats.binom.cdf(k - 1, n, 0.5))
        if c >= 0.95:
            best = {"n": n, "k": k, "coverage": c}
    out["ranks"].append(best)
# BCa from a given bootstrap distribution: the formulas (14.10), (14.14), (14.15) of Efron and Tibshirani.
out["bca"] = []
for n in ("six", "normal", "lognormal"):
    x = numpy.array(samples[n])
    gen = numpy.random.default_rng(1)
    boot = numpy.sort([float(numpy.mean(gen.choice(x, len(x)))) for _ in range(499)])
    est = float(numpy.mean(x))
    # Means that are equal differ in their last digits by the order of summation.
    tie = 1e-12 * (boot[-1] - boot[0])
    share = (numpy.sum(boot < est - tie) + numpy.sum(boot <= est + tie)) / (2 * len(boot))
    z0 = stats.norm.ppf(share)
    jack = numpy.array([float(numpy.mean(numpy.delete(x, i))) for i in range(len(x))])
    d = jack.mean() - jack
    acc = float((d**3).sum() / (6 * (d**2).sum() ** 1.5))
    bounds = []
    for p in (0.025, 0.975):
        z = z0 + stats.norm.ppf(p)
        bounds.append(float(numpy.quantile(boot, stats.norm.cdf(z0 + z / (1 - acc * z)), method="linear")))
    out["bca"].append({"sample": n, "boot": boot.tolist(), "low": bounds[0], "high": bounds[1]})
# R 4: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") and p.adjust(c(0.0001, 0.04, 0.03, 0.9), "holm"), by hand
# from the definition of the step-down procedure.
out["holm"] = [
    {"p": [0.01, 0.02, 0.03, 0.04, 0.05], "want": [0.05, 0.08, 0.09, 0.09, 0.09]},
    {"p": [0.0001, 0.04, 0.03, 0.9], "want": [0.0004, 0.09, 0.09, 0.9]},
    {"p": [0.5, 0.6], "want": [1.0, 1.0]},
]
print(json.dumps(out, indent=1))
