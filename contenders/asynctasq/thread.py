"""The tasks as AsyncTasQ registers them for its thread pool: every task is a plain `def`."""

import os
import sys

from asynctasq import task
from asynctasq.utils.loop import run

from tqbench import tasks

__all__ = ["run", "send"]

QUEUE = os.environ.get("TQBENCH_QUEUE", "tqbench")


def _register(name: str) -> None:
    """Make the body of that name a task of this module, where the worker looks for it."""
    body = tasks.BODIES[name]

    def function(seq: int, *args: object) -> None:
        body(seq, *args)

    function.__name__ = function.__qualname__ = name
    setattr(sys.modules[__name__], name, task(queue=QUEUE)(function))


for _name in tasks.BODIES:
    _register(_name)


async def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does."""
    await getattr(sys.modules[__name__], name)(seq, *args).dispatch()
