"""A look at each task that an AsyncTasQ worker makes of a message: some were not sent by the harness."""

from collections.abc import Callable
from typing import Any

from asynctasq.tasks.services.serializer import TaskSerializer

from tqbench import probe

_deserialize = TaskSerializer.deserialize


def watch(ours: Callable[[Any], bool]) -> None:
    """Record each task of which ours says that it isn't, and each message of which no task can be made."""

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
