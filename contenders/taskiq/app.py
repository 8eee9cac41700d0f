"""The tasks as Taskiq registers them, and the settings that its command line lacks.

A worker runs them on its one event loop. A body that waits has an asynchronous counterpart; any other is
called directly and blocks the loop.

Environment, besides TQBENCH_BROKER (redis or rabbitmq) and TQBENCH_BROKER_URL; unset means as installed:

TQBENCH_QUEUE             the queue to send to: a list, a stream and its group, or a queue and exchange
TQBENCH_QUEUES            all queues, separated by commas: Taskiq listens to those of its broker object
TQBENCH_TASKIQ_TRANSPORT  on Redis: stream (the default) or list
TQBENCH_SETTINGS          JSON: {"broker": keyword arguments of the broker's class,
                          "retry": of SmartRetryMiddleware, without which no task is retried,
                          "queue_type": RabbitMQ's type of queue}
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from taskiq import AsyncTaskiqDecoratedTask, SmartRetryMiddleware, TaskiqMessage
from taskiq.formatters.proxy_formatter import ProxyFormatter
from taskiq.kicker import AsyncKicker

from contenders.taskiq.connect import QUEUE, QUEUES, REDIS, SETTINGS
from contenders.taskiq.connect import broker as connect
from tqbench import probe, tasks, tasks_async

__all__ = ["broker", "connected", "run", "send"]


class _Formatter(ProxyFormatter):
    """The framework's class, plus a record of each message that isn't ours or can't be read."""

    def loads(self, message: bytes) -> TaskiqMessage:
        ours = False
        try:
            made = super().loads(message)
            if made.labels_types:
                made.model_copy(deep=True).parse_labels()  # a worker does this next, and may refuse
            ours = made.task_name in tasks.BODIES
            return made
        finally:
            if not ours:
                probe.foreign()


class _Retry(SmartRetryMiddleware):
    """Taskiq's middleware for brokers that can't delay a message.

    A task waits here for its next attempt instead: in its slot among the running tasks, unacknowledged.
    Taskiq's own way is a scheduler, one more process next to the workers.
    """

    async def on_send(self, kicker: AsyncKicker[Any, Any], message: TaskiqMessage, delay: float) -> None:
        """Wait until the next attempt is due, and send it."""
        await asyncio.sleep(delay)
        await super().on_send(kicker, message, delay)


broker = connect(os.environ.get("TQBENCH_BROKER_URL"), delays="retry" in SETTINGS)
broker.with_formatter(_Formatter(broker))
if "retry" in SETTINGS:
    broker.add_middlewares((_Retry if REDIS else SmartRetryMiddleware)(**SETTINGS["retry"]))


def _register(name: str) -> AsyncTaskiqDecoratedTask[..., Any]:
    """Make the body of that name a task."""
    waiting = tasks_async.BODIES.get(name)
    body = tasks.BODIES[name]

    if waiting is not None:

        async def function(seq: int, *args: object) -> None:
            await waiting(seq, *args)
    else:

        async def function(seq: int, *args: object) -> None:
            body(seq, *args)

    function.__name__ = function.__qualname__ = name
    # With several queues on RabbitMQ, a label names the queue; otherwise there is only one.
    labels = {"queue_name": QUEUE} if not REDIS and len(QUEUES) > 1 else {}
    return broker.register_task(function, task_name=name, **labels)


TASKS = {name: _register(name) for name in tasks.BODIES}

_connected = False


@asynccontextmanager
async def connected() -> AsyncGenerator[None]:
    """Keep the broker's client connected, as an application does."""
    await _connect()
    try:
        yield
    finally:
        await _disconnect()


async def _connect() -> None:
    global _connected
    await broker.startup()
    _connected = True


async def _disconnect() -> None:
    global _connected
    if _connected:
        _connected = False
        await broker.shutdown()


async def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does. The first one of a client connects; a worker is connected."""
    if not (_connected or broker.is_worker_process):
        await _connect()
    await TASKS[name].kiq(seq, *args)


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
    kicker: Any = TASKS[name].kicker()
    return broker.formatter.dumps(kicker._prepare_message(seq, *args)).message


def decode(message: bytes) -> tuple[object, ...]:
    """Read the task's arguments from a message, as a worker does."""
    return tuple(broker.formatter.loads(message).args)


tasks_async.outbox.send = send
