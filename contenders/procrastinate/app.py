"""The tasks as Procrastinate registers them, and the settings that its command line lacks.

A worker runs them on its one event loop. A body that waits has an asynchronous counterpart; any other is
called directly and blocks the loop.

Environment; unset means as installed:

TQBENCH_BROKER_URL  PostgreSQL
TQBENCH_QUEUE       the queue to send to
TQBENCH_SETTINGS    JSON: {"pool": keyword arguments of the connection pool,
                    "retry": of RetryStrategy, without which no task is retried}
"""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast

from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.tasks import Task
from psycopg.types import json as columns

from tqbench import probe, tasks, tasks_async

__all__ = ["app", "connected", "run", "send"]

QUEUE = os.environ.get("TQBENCH_QUEUE", "default")
SETTINGS: dict[str, dict[str, Any]] = json.loads(os.environ.get("TQBENCH_SETTINGS", "{}"))


class _Jobs(JobManager):
    """The framework's class, plus a record of each job that the harness did not send.

    A middleware of the worker sees no job whose task is unknown.
    """

    async def fetch_job(self, *args: Any, **kwargs: Any) -> Job | None:
        """Fetch the next job."""
        job = await super().fetch_job(*args, **kwargs)
        if job is not None:
            values: Any = job.task_kwargs
            if (
                job.task_name not in tasks.BODIES
                or not isinstance(values, dict)
                or values.keys() != {"seq", "args"}
            ):
                probe.foreign()
        return job


app = App(
    connector=PsycopgConnector(conninfo=os.environ.get("TQBENCH_BROKER_URL", ""), **SETTINGS.get("pool", {}))
)
app.job_manager = _Jobs(connector=app.connector)


def _register(name: str) -> Task[..., Any, ...]:
    """Make the body of that name a task. Procrastinate has arguments with names only."""
    waiting = tasks_async.BODIES.get(name)
    body = tasks.BODIES[name]

    if waiting is not None:

        async def function(seq: int, args: list[object]) -> None:
            await waiting(seq, *args)
    else:

        async def function(seq: int, args: list[object]) -> None:
            body(seq, *args)

    retry = RetryStrategy(**SETTINGS["retry"]) if "retry" in SETTINGS else False
    return app.task(name=name, queue=QUEUE, retry=retry)(function)


TASKS = {name: _register(name) for name in tasks.BODIES}


@asynccontextmanager
async def connected() -> AsyncGenerator[None]:
    """Keep the client connected, as an application does."""
    async with app.open_async():
        yield


async def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does. The first one of a client connects; a worker is connected."""
    await app.open_async()
    await TASKS[name].defer_async(seq=seq, args=list(args))


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a client, and close its connections."""

    async def closing() -> T:
        try:
            return await coroutine
        finally:
            await app.close_async()

    return asyncio.run(closing())


_written = columns.JsonbDumper(columns.Jsonb)
_read = columns.JsonbLoader(0)


def encode(name: str, seq: int, *args: object) -> bytes:
    """Make a job and return the column with its arguments; the others are texts and numbers."""
    job = TASKS[name].configure().make_new_job(seq=seq, args=cast("Any", list(args)))
    return cast("bytes", _written.dump(columns.Jsonb(job.task_kwargs)))


def decode(message: bytes) -> tuple[object, ...]:
    """Read the task's arguments from that column, as a worker does."""
    values = _read.load(message)
    return (values["seq"], *values["args"])


tasks_async.outbox.send = send
