"""The user's own Taskiq application on the trial's broker, with the probe attached by a middleware."""

from __future__ import annotations

import asyncio
import importlib.metadata
import inspect
import os
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from taskiq import AsyncBroker, AsyncTaskiqDecoratedTask, TaskiqEvents, TaskiqMessage, TaskiqMiddleware
from taskiq.abc.formatter import TaskiqFormatter
from taskiq.exceptions import NoResultError
from taskiq.formatters.proxy_formatter import ProxyFormatter
from taskiq.serializers import JSONSerializer
from taskiq_dependencies.dependency import Dependency

from contenders.taskiq.redirect import prepare, settle, theirs
from tqbench import hook, probe
from tqbench.hook import settings

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from taskiq.message import BrokerMessage
    from taskiq.result import TaskiqResult

__all__ = ["broker", "names", "run", "send", "settings", "signature", "unlike"]

VERSION = importlib.metadata.version("taskiq")
READY = "contenders.taskiq.hook.ready"
# Marks a task that a task enqueued under an id of the application's choice.
MARK = "tqbench_kin"
# A task that asks to be run again ends with an error, and gets this label.
AGAIN = "X-Taskiq-requeue"
T = TypeVar("T")

# Of the execution under way. A retry has the same id, and may begin before the attempt before has ended.
_started: ContextVar[int] = ContextVar("started")
_outcome: ContextVar[int] = ContextVar("outcome")


def _load() -> Any:
    """Load the application, and return the broker that runs its tasks."""
    name = os.environ["TQBENCH_APP"]
    thing = hook.loaded(name)
    if inspect.isroutine(thing):
        thing = thing()
    if isinstance(thing, AsyncBroker):
        return thing
    if not theirs:
        raise SystemExit(f"{name} makes no Taskiq broker: name the module that has one")
    return max(theirs, key=lambda b: len(b.local_task_registry))


class _Formatter(TaskiqFormatter):
    """The application's formatter, which also reads readiness tasks, plus a record of what it can't read."""

    def __init__(self, theirs: TaskiqFormatter) -> None:
        self.theirs = theirs

    def dumps(self, message: TaskiqMessage) -> BrokerMessage:
        """Write a message as the application does."""
        return self.theirs.dumps(message)

    def loads(self, message: bytes) -> TaskiqMessage:
        """Read a message."""
        try:
            made = self.theirs.loads(message)
        except Exception:
            with suppress(Exception):
                made = TaskiqMessage.model_validate(JSONSerializer().loadb(message))
                if made.task_name == READY:
                    return made
            probe.foreign()
            raise
        if broker.find_task(made.task_name) is None:
            probe.foreign()
        return made


class _Probe(TaskiqMiddleware):
    """Records each task. It comes first, so its time includes the application's middlewares."""

    def pre_send(self, message: TaskiqMessage) -> TaskiqMessage:
        """Mark a task whose id doesn't say who sent it."""
        if hook.KIN and broker.is_worker_process and not hook.expected(message.task_id):
            message.labels[MARK] = hook.KIN
        return message

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        """Note the start."""
        _started.set(probe.now())
        _outcome.set(probe.OK)
        return message

    def on_error(self, message: TaskiqMessage, result: TaskiqResult[Any], exception: BaseException) -> None:
        """Note a failure. An application may refuse to store a result, which is none."""
        del result
        if not isinstance(exception, NoResultError) or AGAIN in message.labels:
            _outcome.set(probe.FAILED)
            hook.failed(message.task_id, exception)

    def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        """Record the end. A retry has the same id."""
        del result
        if message.task_name == READY:
            return
        if (seq := hook.number(message.task_id)) >= 0:
            probe.record(seq, _started.get(), probe.now(), _outcome.get())
        elif hook.expected(message.task_id) or (hook.KIN and message.labels.get(MARK) == hook.KIN):
            probe.followed()
        else:
            probe.foreign()


async def _ready(seq: int, hold_ms: int) -> None:
    """Run hook.ready, which blocks the loop."""
    hook.ready(seq, hold_ms)


def _kin() -> str:
    return hook.kin().replace("-", "")


def _attach(_: object) -> None:
    """Identify the tasks that this worker's tasks enqueue, and watch what it reads."""
    broker.formatter = _Formatter(broker.formatter)
    for other in theirs:
        other.id_generator = _kin


def _prepare(other: Any) -> None:
    """Attach the probe to one of the application's brokers."""
    first = _Probe()
    first.set_broker(other)
    other.middlewares.insert(0, first)
    if broker.is_worker_process:
        other.id_generator = _kin


broker: Any = _load()
settle(broker)
for _broker in theirs:
    _prepare(_broker)
prepare.append(_prepare)
broker.event_handlers[TaskiqEvents.WORKER_STARTUP].insert(0, _attach)
broker.register_task(_ready, task_name=READY)

_connected = False


async def send(name: str, seq: int, args: list[object], kwargs: dict[str, object]) -> None:
    """Enqueue one of the user's tasks as an application does. The first one connects."""
    global _connected
    if not _connected:
        await broker.startup()
        _connected = True
    await (
        broker.find_task(name).kicker().with_task_id(hook.identify(seq).replace("-", "")).kiq(*args, **kwargs)
    )


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a client, and close its connections."""

    async def closing() -> T:
        try:
            return await coroutine
        finally:
            if _connected:
                await broker.shutdown()

    return asyncio.run(closing())


def names() -> list[str]:
    """Return the names of the user's tasks."""
    return [name for name in broker.get_all_tasks() if name != READY]


def signature(name: str) -> inspect.Signature:
    """Return what one of the user's tasks takes, without what Taskiq injects."""
    function = broker.find_task(name).original_func
    hints: dict[str, Any] = {}
    with suppress(Exception):  # names that only a type checker knows
        hints = get_type_hints(function, include_extras=True)
    takes = inspect.signature(function)

    def injected(p: inspect.Parameter) -> bool:
        given = (p.default, *getattr(hints.get(p.name), "__metadata__", ()))
        return any(isinstance(x, Dependency) for x in given)

    return takes.replace(parameters=[p for p in takes.parameters.values() if not injected(p)])


def unlike(name: str) -> str:
    """Say why the app's own client sends other messages of a task than tqbench does, "" if it doesn't."""
    task = broker.find_task(name)
    if labels := ", ".join(task.labels):
        return f"the task has its own labels, {labels}"
    if (
        type(broker.serializer) is not JSONSerializer
        or broker.serializer.default
        or not broker.serializer.ensure_ascii
    ):
        return f"the application's serializer is {type(broker.serializer).__name__}"
    if type(broker.formatter) is not ProxyFormatter:
        return f"the application's formatter is {type(broker.formatter).__name__}"
    adding = [m for m in broker.middlewares if type(m).pre_send is not TaskiqMiddleware.pre_send]
    if type(task) is not AsyncTaskiqDecoratedTask or any(not isinstance(m, _Probe) for m in adding):
        return "the application has its own code for sending"
    return ""
