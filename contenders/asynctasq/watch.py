"""Watch each task that an AsyncTasQ worker reads from a message: the harness didn't send them all."""

from collections.abc import Callable
from typing import Any

from asynctasq.tasks.services.serializer import TaskSerializer

from tqbench import probe

_deserialize = TaskSerializer.deserialize


def watch(ours: Callable[[Any], bool]) -> None:
    """Record each task that `ours` rejects, and each message that isn't a task."""

    async def watched(self: TaskSerializer, message: bytes) -> Any:
        try:
            made = await _deserialize(self, message)
        except Exception:
            probe.foreign()
            raise
        if not ours(made):
            probe.foreign()
        return made

    setattr(TaskSerializer, "deserialize", watched)  # noqa: B010 - its signature is the framework's affair
