"""Task bodies: what is done, told once. Each framework's app only registers them."""

import time
from collections.abc import Callable
from functools import wraps

from tqbench import probe


def measured[**P](body: Callable[P, None]) -> Callable[..., None]:
    """Make body(...) a task task(seq, ...) that leaves a probe record, whatever its outcome."""

    @wraps(body)
    def task(seq: int, *args: P.args, **kwargs: P.kwargs) -> None:
        started = probe.now()
        outcome = probe.FAILED
        try:
            body(*args, **kwargs)
            outcome = probe.OK
        finally:
            probe.record(seq, started, probe.now(), outcome)

    return task


@measured
def noop() -> None:
    """Do nothing: what is left is the cost of the queue itself."""


@measured
def ready(hold_ms: int) -> None:
    """Hold the process, so that a round of these reaches every process of the pool.

    It blocks an event loop on purpose: a loop that could take a second one while the first waits
    would leave its siblings unproved.
    """
    time.sleep(hold_ms / 1000)


@measured
def fail() -> None:
    """Fail as an application would: the framework's own error path is what is measured."""
    raise RuntimeError("planned failure")
