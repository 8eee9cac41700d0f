"""Lead the user's own Taskiq application to the trial's broker and to the run's queue."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, cast

from taskiq import AsyncBroker, AsyncResultBackend, ScheduleSource, TaskiqResult
from taskiq.exceptions import ResultGetError
from taskiq.kicker import AsyncKicker
from taskiq.result_backends.dummy import DummyResultBackend
from taskiq.serializers import PickleSerializer

from contenders.taskiq import connect
from tqbench import hook, stored

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE = connect.QUEUE
URL = os.environ["TQBENCH_BROKER_URL"]
NOWHERE = "127.0.0.1:1"

# The trial's broker. All tasks of the application go through it.
ours: Any = connect.broker(URL, delays=True)
# The application's, which keep their tasks, middlewares and handlers, and never connect.
theirs: list[Any] = []
# What is done with each broker that the application makes from now on.
prepare: list[Callable[[Any], None]] = []
_opening: list[asyncio.Future[None]] = []


async def _open() -> None:
    """Connect the trial's broker, once."""
    if not _opening:
        _opening.append(asyncio.ensure_future(ours.startup()))
    await _opening[0]


async def _kick(message: Any) -> None:
    """Send a task to the run's queue, whatever queue it asks for."""
    await _open()
    if "queue_name" in message.labels:
        labels = {k: v for k, v in message.labels.items() if k != "queue_name"}
        message = message.model_copy(update={"labels": labels})
    await ours.kick(message)


async def _startup(self: Any) -> None:
    """Start one of the application's brokers: all but its connection."""
    ours.is_worker_process = ours.is_worker_process or self.is_worker_process
    await AsyncBroker.startup(self)
    await _open()


async def _shutdown(self: Any) -> None:
    """End one of the application's brokers, and the trial's with the first one."""
    await AsyncBroker.shutdown(self)
    if _opening:
        _opening.clear()
        await ours.shutdown()


_begin = cast("Any", AsyncBroker).__init__


@wraps(_begin)
def _begun(self: Any, *args: Any, **kwargs: Any) -> None:
    """Make one of the application's brokers, which sends and fetches through the trial's."""
    _begin(self, *args, **kwargs)
    vars(self).update(
        kick=_kick, listen=ours.listen, startup=partial(_startup, self), shutdown=partial(_shutdown, self)
    )
    theirs.append(self)
    for step in prepare:
        step(self)


class _Files(AsyncResultBackend[Any]):
    """Keeps results in the trial's folder."""

    _serializer = PickleSerializer()

    async def set_result(self, task_id: str, result: TaskiqResult[Any]) -> None:
        """Store a result."""
        stored.put(task_id, self._serializer.dumpb(result.model_dump()))

    async def is_result_ready(self, task_id: str) -> bool:
        """Report whether there is a result."""
        return stored.get(task_id) is not None

    async def get_result(self, task_id: str, with_logs: bool = False) -> TaskiqResult[Any]:
        """Return a result."""
        del with_logs
        if (data := stored.get(task_id)) is None:
            raise ResultGetError
        return TaskiqResult[Any].model_validate(self._serializer.loadb(data))


def _results(given: Any) -> Any:
    """Return what keeps an application's results with the trial."""
    if isinstance(given, DummyResultBackend):
        return cast("Any", given)
    kind = type(given).__name__
    place = "the trial's Redis" if connect.REDIS else "files in the trial's folder"
    hook.noted("result backend", place, kind, "the application's own is never used")
    if not connect.REDIS:
        return _Files()
    # One for Redis leads to the trial's already.
    library = importlib.import_module("taskiq_redis")
    ready = isinstance(given, library.RedisAsyncResultBackend)
    return given if ready else library.RedisAsyncResultBackend(URL, result_ex_time=600)


def _result_backend(self: Any) -> Any:
    return cast("dict[str, Any]", vars(self))["result_backend"]


def _set_result_backend(self: Any, given: Any) -> None:
    vars(self)["result_backend"] = _results(given)


class _Unscheduled(ScheduleSource):
    """Keeps no schedule: a trial has no scheduler."""

    async def get_schedules(self) -> list[Any]:
        """Return nothing."""
        return []

    async def add_schedule(self, schedule: Any) -> None:
        """Keep nothing."""


def _schedules(name: str) -> None:
    """Let a way to schedule a task keep no schedule."""
    method = getattr(AsyncKicker, name)

    @wraps(method)
    async def unscheduled(self: Any, source: Any, *args: Any, **kwargs: Any) -> Any:
        del source
        return await method(self, _Unscheduled(), *args, **kwargs)

    setattr(AsyncKicker, name, unscheduled)


def _lead(kind: Any) -> None:
    """Let a client library's class lead to the trial's broker, or nowhere if that is of another kind."""
    make = kind.__init__
    takes = inspect.signature(make)
    scheme = "redis" if kind.__module__.startswith("taskiq_redis") else "amqp"
    right = connect.REDIS if scheme == "redis" else not connect.REDIS
    url = URL if right else f"{scheme}://{NOWHERE}"
    replaced = {
        "url": url,
        "redis_url": url,
        "sentinels": [("127.0.0.1", 1)],
        "prefix_str": f"{QUEUE}:results",
        "prefix": f"{QUEUE}:schedules",
    }
    replaced = {k: v for k, v in replaced.items() if k in takes.parameters}
    rest = [p.name for p in takes.parameters.values() if p.kind is inspect.Parameter.VAR_KEYWORD]

    @wraps(make)
    def made(self: Any, *args: Any, **kwargs: Any) -> None:
        given = takes.bind(self, *args, **kwargs)
        # A class calls those that it is made of.
        if isinstance(self, AsyncBroker) and type(self).__init__ is made:
            hook.arguments({*kwargs, *list(takes.parameters)[1 : 1 + len(args)]})
        for name in rest:
            given.arguments.pop(name, None)
        given.arguments.update(replaced)
        make(*given.args, **given.kwargs)

    kind.__init__ = made


def _lead_library(name: str) -> None:
    """Lead all classes of a client library, if there is one, that make connections."""
    try:
        library = importlib.import_module(name)
    except ImportError:
        return
    kinds: list[Any] = [x for x in vars(library).values() if inspect.isclass(x)]
    bases: list[Any] = list(dict.fromkeys(base for kind in kinds for base in kind.__mro__))
    for base in bases:
        if not base.__module__.startswith(name) or "__init__" not in vars(base):
            continue
        if {"url", "redis_url", "sentinels"} & inspect.signature(base.__init__).parameters.keys():
            _lead(base)


def settle(broker: Any) -> None:
    """Let one of the application's brokers run the tasks of all, and note what is replaced."""
    for other in theirs:
        if type(other) is not type(ours):
            was = f"{type(other).__module__}.{type(other).__name__}"
            hook.noted("broker", type(ours).__name__, was, "the application's own is never used")
        if other is broker:
            continue
        if type(other.serializer) is not type(broker.serializer) or type(other.formatter) is not type(
            broker.formatter
        ):
            raise SystemExit("its brokers have different serializers or formatters; a worker has one")
        for name, task in other.local_task_registry.items():
            broker.local_task_registry.setdefault(name, task)
        for event, handlers in other.event_handlers.items():
            broker.event_handlers[event].extend(handlers)
        have, miss = ({type(m).__name__ for m in x.middlewares} for x in (broker, other))
        if lost := ", ".join(sorted(miss - have)):
            why = "it has several brokers, and one runs all tasks"
            hook.noted("middlewares", f"without {lost}", "set by the application", why)
    names = {task.labels.get("queue_name") for task in broker.get_all_tasks().values()}
    if others := ", ".join(sorted(str(name) for name in names if name)):
        hook.noted("queues", "the run's own", others, "the application's queues are never used")


for _library in ("taskiq_redis", "taskiq_aio_pika"):
    _lead_library(_library)
for _way in ("schedule_by_cron", "schedule_by_interval", "schedule_by_time"):
    _schedules(_way)
setattr(AsyncBroker, "__init__", _begun)  # noqa: B010 - its signature is the framework's affair
setattr(AsyncBroker, "result_backend", property(_result_backend, _set_result_backend))  # noqa: B010 - as above
