"""Write divisive.json: change points by independent code that the Go tests compare with.

Run with numpy, scipy, statsmodels and apache-otava installed: python divisive.py > divisive.json

Otava is what Hunter is called now. It lets a level be a single run, and its p-value is per place: series are taken that
have long levels and clear changes, where neither matters. The data of the Nile are those of statsmodels: the yearly flow
at Aswan from 1871 on, whose change in 1899 (index 28) is the example of Cobb, "The problem of the Nile: conditional
solution to a changepoint problem", Biometrika 65 (1978).
"""

import json
import math
import random

import numpy
import statsmodels.api as sm
from otava.analysis import compute_change_points

LEAST = 4


def divergence(x: list[float]) -> tuple[int, float]:
    """The best place by the definition, term by term."""
    best = (0, -math.inf)
    for at in range(LEAST, len(x) - LEAST + 1):
        for end in range(at + LEAST, len(x) + 1):
            a, b = x[:at], x[at:end]
            m, n = len(a), len(b)
            between = sum(abs(u - v) for u in a for v in b) * 2 / (m * n)
            left = sum(abs(a[i] - a[k]) for k in range(m) for i in range(k)) / math.comb(m, 2)
            right = sum(abs(b[i] - b[k]) for k in range(n) for i in range(k)) / math.comb(n, 2)
            q = m * n / (m + n) * (between - left - right)
            if q > best[1] + 1e-12:
                best = (at, q)
    return best


rng = random.Random(20261125)


def steps(*levels: tuple[float, int]) -> list[float]:
    return [level * math.exp(rng.gauss(0, 0.02)) for level, n in levels for _ in range(n)]


series = {
    "nile": [float(v) for v in sm.datasets.nile.load_pandas().data["volume"]],
    "one step": steps((1000, 15), (920, 15)),
    "up and back": steps((1000, 14), (1150, 12), (1000, 14)),
    "stairs": steps((100, 12), (110, 12), (121, 12), (133, 12)),
    "long": steps((500, 60), (450, 55), (480, 60)),
    "nothing": steps((1000, 40)),
}
out = []
for name, values in series.items():
    at, q = divergence(values[:50])
    points, _ = compute_change_points(numpy.array(values), window_len=1000, max_pvalue=0.01 / (len(values) - 2 * LEAST + 1))
    out.append({"name": name, "series": values, "divergence_at": at, "divergence": q, "otava": [int(p.index) for p in points]})
print(json.dumps(out, indent=1))
