"""Chains, groups and chords, with a result backend on the broker's server."""

import os

from celery import Celery, chain, chord, group

URL = os.environ.get("REPORT_REDIS_URL", "redis://localhost:6379/0")
app = Celery("report", broker=URL, backend=URL)


@app.task
def nightly(parts: int = 3) -> None:
    """Start a night's report: parts that are added up, a chain and a group."""
    chord([measure.s(n) for n in range(parts)], add_up.s()).delay()
    chain(measure.s(1), double.s()).delay()
    group(measure.s(n) for n in range(2)).delay()


@app.task
def measure(n: int) -> int:
    """Measure a part."""
    return n * n


@app.task
def double(n: int) -> int:
    """Double a part."""
    return 2 * n


@app.task
def add_up(parts: list[int]) -> int:
    """Add up the parts."""
    return sum(parts)
