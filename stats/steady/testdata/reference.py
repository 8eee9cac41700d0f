"""Write reference.json: change points by ruptures and MSER-5 by NumPy, which the Go tests compare with.

Run with numpy, scipy and ruptures installed: python reference.py > reference.json
"""

import importlib.metadata
import json
import math

import numpy
import ruptures


class NormalCost(ruptures.base.BaseCost):
    """Minus twice the log-likelihood of a normal distribution with the segment's own mean and variance."""

    model = "normal-mle"
    min_size = 5

    def fit(self, signal):
        self.signal = signal.reshape(-1)
        self.floor = max(1e-12, 1e-9 * float(numpy.var(self.signal)))
        return self

    def error(self, start, end):
        part = self.signal[start:end]
        return len(part) * (math.log(2 * math.pi * max(float(numpy.var(part)), self.floor)) + 1)


def mser5(values):
    means = [numpy.mean(values[i : i + 5]) for i in range(0, len(values) - 4, 5)]
    if len(means) < 5:
        return {"skip": 0, "ok": False}
    z = [numpy.var(means[d:]) / (len(means) - d) for d in range(len(means) - 4)]
    d = int(numpy.argmin(z))
    return {"skip": d * 5, "ok": 2 * d <= len(means)}


rng = numpy.random.default_rng(20261125)
series = {
    "flat": rng.normal(5, 0.05, 100),
    "warm-up": numpy.concatenate([rng.normal(4.6, 0.05, 20), rng.normal(5, 0.05, 80)]),
    "slow-down": numpy.concatenate([rng.normal(5.2, 0.03, 45), rng.normal(5, 0.03, 55)]),
    "three levels": numpy.concatenate([rng.normal(4, 0.1, 30), rng.normal(5, 0.1, 30), rng.normal(4.5, 0.1, 40)]),
    "spread": numpy.concatenate([rng.normal(5, 0.01, 50), rng.normal(5, 0.3, 50)]),
    "late": numpy.concatenate([rng.normal(5, 0.05, 85), rng.normal(4, 0.05, 15)]),
    "ramp": 5 - numpy.exp(-numpy.arange(100) / 12) + rng.normal(0, 0.02, 100),
    "trend": numpy.linspace(4, 5, 100) + rng.normal(0, 0.05, 100),
    "short": rng.normal(5, 0.05, 23),
    "exponential": rng.exponential(1, 100),
    "autocorrelated": numpy.array([0.0] * 60),
}
walk = 0.0
for i in range(60):
    walk = 0.7 * walk + rng.normal(0, 0.1)
    series["autocorrelated"][i] = 3 + walk

out = {
    "versions": {name: importlib.metadata.version(name) for name in ("numpy", "ruptures")},
    "series": [],
}
for name, values in series.items():
    found = ruptures.Pelt(custom_cost=NormalCost(), min_size=5, jump=1).fit(values).predict(pen=15 * math.log(len(values)))
    out["series"].append(
        {"name": name, "values": [float(v) for v in values], "changes": [int(c) for c in found[:-1]], **mser5(values)}
    )
print(json.dumps(out, indent=1))
