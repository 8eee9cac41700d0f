"""The tasks as AsyncTasQ registers them for its process pool: every task is a class.

A function doesn't work: `@task(process=True)` is lost on its way to the worker.
"""

import os
import sys
from multiprocessing import parent_process

from asynctasq import SyncProcessTask
from asynctasq.utils.loop import run

from tqbench import tasks

__all__ = ["run", "send"]

QUEUE = os.environ.get("TQBENCH_QUEUE", "tqbench")


def _register(name: str) -> None:
    """Make the body of that name a class of this module, where the worker looks for it."""
    body = tasks.BODIES[name]

    def execute(self: SyncProcessTask) -> None:
        values = vars(self)
        body(values["seq"], *values["args"])

    space = {"config": {"queue": QUEUE}, "execute": execute, "__module__": __name__}
    setattr(sys.modules[__name__], name, type(name, (SyncProcessTask,), space))


for _name in tasks.BODIES:
    _register(_name)


if parent_process() is not None:
    # A pool process ends after 100 tasks. Imports are part of its start, as an application's are.
    tasks.preload()


async def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does."""
    await getattr(sys.modules[__name__], name)(seq=seq, args=list(args)).dispatch()
