"""The tasks as AsyncTasQ registers them on a worker's one event loop: every task is `async def`.

A body that waits has an asynchronous counterpart; any other is called as it is, and holds the loop.
"""

import os
import sys

from asynctasq import task
from asynctasq.utils.loop import run

from tqbench import tasks, tasks_async

__all__ = ["run", "send"]

QUEUE = os.environ.get("TQBENCH_QUEUE", "tqbench")


def _register(name: str) -> None:
    """Make the body of that name a task of this module, where the worker looks for it."""
    waiting = tasks_async.BODIES.get(name)
    body = tasks.BODIES[name]

    if waiting is not None:

        async def function(seq: int, *args: object) -> None:
            await waiting(seq, *args)
    else:

        async def function(seq: int, *args: object) -> None:
            body(seq, *args)

    function.__name__ = function.__qualname__ = name
    setattr(sys.modules[__name__], name, task(queue=QUEUE)(function))


for _name in tasks.BODIES:
    _register(_name)


async def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does."""
    await getattr(sys.modules[__name__], name)(seq, *args).dispatch()


tasks_async.outbox.send = send
