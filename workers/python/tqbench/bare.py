"""Run tasks without what the harness adds, to measure the cost: probe, and watch for foreign tasks."""

import sys
from types import ModuleType

from tqbench import tasks


def noop(seq: int) -> None:
    """Do nothing, and report nothing."""
    del seq


def watch(ours: object) -> None:
    """Watch nothing."""
    del ours


tasks.BODIES[noop.__name__] = noop

# The worker module imports this one instead of the real one.
_unwatched = ModuleType("contenders.asynctasq.watch")
_unwatched.__dict__[watch.__name__] = watch
sys.modules[_unwatched.__name__] = _unwatched
