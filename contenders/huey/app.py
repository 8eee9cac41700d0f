"""The tasks as Huey registers them, and the settings that its command line lacks.

Environment, besides TQBENCH_BROKER (redis or postgres) and TQBENCH_BROKER_URL; unset means as installed:

TQBENCH_QUEUE     the queue
TQBENCH_SETTINGS  JSON: {"huey": keyword arguments of Huey's class, "task": of each task}
"""

import json
import os
from asyncio import run
from typing import Any, cast

from huey import PostgresHuey, RedisHuey

from tqbench import probe, tasks

__all__ = ["huey", "run", "send"]

URL = os.environ.get("TQBENCH_BROKER_URL")
QUEUE = os.environ.get("TQBENCH_QUEUE", "huey")
SETTINGS: dict[str, dict[str, Any]] = json.loads(os.environ.get("TQBENCH_SETTINGS", "{}"))


class _Watch:
    """Records each message that isn't a task of ours."""

    def deserialize_task(self, data: bytes) -> Any:
        """Read a message."""
        task = None
        try:
            task = cast("Any", super()).deserialize_task(data)
            return task
        finally:
            if task is None:
                probe.foreign()


class _OnRedis(_Watch, RedisHuey):
    """Huey's class for Redis."""


class _OnPostgres(_Watch, PostgresHuey):
    """Huey's class for PostgreSQL."""


def _huey() -> Any:
    """Make the queue's client, which connects on first use, or to create its tables."""
    options = SETTINGS.get("huey", {})
    if os.environ.get("TQBENCH_BROKER", "redis") == "redis":
        # As it is, Huey removes hyphens from the name.
        return _OnRedis(QUEUE, url=URL, clean_name=False, **options)
    return _OnPostgres(QUEUE, dsn=URL, **options)


huey = _huey()
TASKS: dict[str, Any] = {
    name: huey.task(name=name, **SETTINGS.get("task", {}))(body) for name, body in tasks.BODIES.items()
}


def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does."""
    TASKS[name](seq, *args)


def encode(name: str, seq: int, *args: object) -> bytes:
    """Make the message that a worker gets."""
    return huey.serialize_task(TASKS[name].s(seq, *args))


def decode(message: bytes) -> tuple[object, ...]:
    """Read the task's arguments from a message, as a worker does."""
    return huey.deserialize_task(message).args


tasks.outbox.send = send
