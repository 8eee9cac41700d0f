"""The tasks as arq finds them, and the settings of its worker.

A worker runs them on its one event loop. A body that waits has an asynchronous counterpart; any other is
called directly and blocks the loop.

Environment; unset settings are as installed:

TQBENCH_BROKER_URL  Redis
TQBENCH_QUEUE       the queue
TQBENCH_ARQ_IDS     what the ids of jobs begin with
TQBENCH_SETTINGS    JSON: {"worker": keyword arguments of arq's Worker,
                    "retry": seconds between attempts, without which no failed task is retried}
"""

import asyncio
import json
import logging
import os
import pickle
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

from arq import ArqRedis, Retry, create_pool, func
from arq.connections import RedisSettings
from arq.constants import default_queue_name
from arq.jobs import deserialize_job, serialize_job
from arq.logs import default_log_config
from arq.utils import timestamp_ms
from arq.worker import Function
from redis import connection

from tqbench import probe, tasks, tasks_async

__all__ = ["LOGGING", "WORKER", "connected", "run", "send"]

QUEUE = os.environ.get("TQBENCH_QUEUE", default_queue_name)
IDS = os.environ.get("TQBENCH_ARQ_IDS", "")
SETTINGS: dict[str, Any] = json.loads(os.environ.get("TQBENCH_SETTINGS", "{}"))
OPTIONS: dict[str, Any] = SETTINGS.get("worker", {})
NAMES = list(tasks.BODIES)

# For arq's command: its own configuration, without the lines for each task.
LOGGING = default_log_config(verbose=False)
LOGGING["loggers"]["arq"]["level"] = "WARNING"

_pool: ArqRedis | None = None


def _redis() -> RedisSettings:
    """Read the URL as redis-py does: arq reads neither escapes nor parameters."""
    url = os.environ.get("TQBENCH_BROKER_URL", "redis://localhost:6379")
    found: dict[str, Any] = cast("Any", connection).parse_url(url)
    found.pop("connection_class", None)
    found["database"] = found.pop("db", 0)
    found["unix_socket_path"] = found.pop("path", None)
    return RedisSettings(ssl=url.startswith("rediss:"), **found)


def _task(name: str) -> Function:
    """Make the body of that name a task, which asks for its next attempt as arq wants it."""
    waiting = tasks_async.BODIES.get(name)
    body = tasks.BODIES[name]

    async def function(ctx: dict[str, Any], seq: int, *args: object) -> None:
        try:
            if waiting is None:
                body(seq, *args)
            else:
                await waiting(seq, *args)
        except Exception as error:
            if "retry" not in SETTINGS or ctx["job_try"] >= OPTIONS["max_tries"]:
                raise
            raise Retry(defer=SETTINGS["retry"]) from error

    return func(function, name=name)


def _read(message: bytes) -> dict[str, Any]:
    """Read a job as arq does, and record one that isn't ours or can't be read."""
    job: Any = None
    try:
        job = pickle.loads(message)  # noqa: S301 - as arq does
        return job
    finally:
        if not isinstance(job, dict) or job.get("f") not in NAMES:
            probe.foreign()


def _watch(line: logging.LogRecord) -> bool:
    """Record an id in the queue that has no job: arq only logs it."""
    if line.msg == "job %s expired":
        probe.foreign()
    return True


async def _started(ctx: dict[str, Any]) -> None:
    """Let tasks enqueue through the worker's own connections."""
    global _pool
    _pool = ctx["redis"]


logging.getLogger("arq.worker").addFilter(_watch)
REDIS = _redis()
WORKER: dict[str, Any] = {
    "functions": [_task(name) for name in NAMES],
    "queue_name": QUEUE,
    "redis_settings": REDIS,
    "on_startup": _started,
    "job_deserializer": _read,
    **OPTIONS,
}


@asynccontextmanager
async def connected() -> AsyncGenerator[None]:
    """Keep the client connected, as an application does."""
    await _connect()
    try:
        yield
    finally:
        await _disconnect()


async def _connect() -> ArqRedis:
    global _pool
    _pool = await create_pool(REDIS, default_queue_name=QUEUE)
    return _pool


async def _disconnect() -> None:
    global _pool
    if _pool is not None:
        await _pool.aclose()
        _pool = None


async def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does. The first one of a client connects; a worker is connected."""
    pool = _pool or await _connect()
    await pool.enqueue_job(name, seq, *args, _job_id=IDS + uuid4().hex)


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a client, and close its connections."""

    async def closing() -> T:
        try:
            return await coroutine
        finally:
            await _disconnect()

    return asyncio.run(closing())


def encode(name: str, seq: int, *args: object) -> bytes:
    """Make the message that a worker gets."""
    return serialize_job(name, (seq, *args), {}, None, timestamp_ms())


def decode(message: bytes) -> tuple[object, ...]:
    """Read the task's arguments from a message, as a worker does."""
    return deserialize_job(message).args


tasks_async.outbox.send = send
