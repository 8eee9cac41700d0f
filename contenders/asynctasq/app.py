"""The tasks as AsyncTasQ registers them on a worker's one event loop: every task is `async def`.

A body that waits has an asynchronous counterpart; any other is called directly and blocks the loop.
"""

import asyncio
import importlib
import os
import sys
from typing import Any

from asynctasq import task
from asynctasq.config import Config
from asynctasq.serializers.hooks.orm.lazy_proxy import is_lazy_proxy
from asynctasq.tasks.services.serializer import TaskSerializer
from asynctasq.utils.loop import run

from tqbench import orders, tasks, tasks_async

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

_serializer = TaskSerializer()
_loop = asyncio.new_event_loop()


async def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does."""
    await getattr(sys.modules[__name__], name)(seq, *args).dispatch()


def encode(name: str, seq: int, *args: object) -> bytes:
    """Make the message that a worker gets."""
    return _serializer.serialize(getattr(sys.modules[__name__], name)(seq, *args))


def decode(message: bytes) -> tuple[object, ...]:
    """Read the task's arguments from a message, as a worker does."""
    return _loop.run_until_complete(_decode(message))


async def _decode(message: bytes) -> tuple[object, ...]:
    made: Any = await _serializer.deserialize(message)
    return tuple([await arg if is_lazy_proxy(arg) else arg for arg in made.args])


tasks_async.outbox.send = send
if orders.URL:
    # With this, a worker sets up Tortoise when its first model arrives.
    Config.get().tortoise_orm = importlib.import_module("tqbench.models_tortoise").config()
