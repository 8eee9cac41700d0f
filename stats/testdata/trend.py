"""Write trend.json: Kendall's tau and Sen's slope by SciPy, which the Go tests compare with.

Run with numpy and scipy installed: python trend.py > trend.json
"""

import json
import random

import numpy
import scipy
from scipy import stats

rng = random.Random(20261125)
series = {
    "rising": [1.0, 2.0, 3.5, 4.0, 7.0, 7.5],
    "falling": [5.0, 4.0, 4.5, 3.0, 2.0, 2.5, 1.0],
    "noise": [rng.gauss(0, 1) for _ in range(14)],
    "drift": [rng.gauss(0.02 * i, 0.1) for i in range(30)],
    "fifty": [rng.gauss(0.005 * i, 0.1) for i in range(50)],
    "long": [rng.gauss(0.002 * i, 0.1) for i in range(80)],
    "tied": [round(rng.gauss(0.1 * i, 1)) for i in range(25)],
    "few values": [rng.choice([0.0, 1.0]) for _ in range(20)],
}
out = {"versions": {"numpy": numpy.__version__, "scipy": scipy.__version__}, "series": []}
for name, y in series.items():
    x = sorted(rng.sample(range(1, 4 * len(y)), len(y)))
    exact = len(set(y)) == len(y) and len(y) <= 50
    k = stats.kendalltau(range(len(y)), y, method="exact" if exact else "asymptotic")
    out["series"].append(
        {
            "name": name,
            "x": x,
            "y": y,
            "tau": float(k.statistic),
            "p": float(k.pvalue),
            "slope": float(stats.theilslopes(y, x).slope),
        }
    )
print(json.dumps(out, indent=1))
