"""AsyncTasQ's own worker command, which also tells of each task that the harness did not send.

A message names any module and any function, and the worker imports the one and calls the other.
"""

import sys
from typing import Any

from asynctasq.cli.main import main
from asynctasq.tasks.services.serializer import TaskSerializer

from tqbench import probe, tasks

APPS = ("tqbench.asynctasq_app", "tqbench.asynctasq_thread_app", "tqbench.asynctasq_process_app")

_deserialize = TaskSerializer.deserialize


def ours(made: Any) -> bool:
    """Tell whether a task is one that an app registers."""
    what = getattr(made, "func", None) or made.__class__
    return getattr(what, "__module__", "") in APPS and getattr(what, "__name__", "") in tasks.BODIES


async def watched(self: TaskSerializer, message: bytes) -> Any:
    """Make the task of a message, and record it where it is foreign. One of ours can always be made."""
    try:
        made = await _deserialize(self, message)
    except Exception:
        probe.foreign()
        raise
    if not ours(made):
        probe.foreign()
    return made


if __name__ == "__main__":
    setattr(TaskSerializer, "deserialize", watched)  # noqa: B010 - its signature is the framework's affair
    sys.exit(main())
