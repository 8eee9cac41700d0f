"""Lead the user's own RQ application to the trial's Redis and to the run's queue, whatever it says itself."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from functools import wraps
from typing import Any, cast
from weakref import WeakSet

from redis import Redis
from redis.client import Pipeline
from rq import Queue
from rq.decorators import job as _decorator
from rq.registry import BaseRegistry

from tqbench import hook

QUEUE = os.environ["TQBENCH_QUEUE"]

connection: Any = Redis.from_url(os.environ["TQBENCH_BROKER_URL"])
# The queues that the application makes while it is loaded.
queues: list[Any] = []
_loading = True
# The options of decorated functions.
decorated: dict[Any, Any] = {}
# The pools of connections that lead to the trial's Redis.
_pools: WeakSet[Any] = WeakSet([connection.connection_pool])
_HERE = hook.redis_address(connection)
_LED = ("connection", "pipeline")
_MODULES = (
    "command",
    "cron",
    "cron_job_registry",
    "cron_scheduler_registry",
    "decorators",
    "executions",
    "group",
    "intermediate_queue",
    "job",
    "queue",
    "rate_limit",
    "registry",
    "results",
    "scheduler",
    "suspension",
    "worker.base",
    "worker.worker_classes",
    "worker_pool",
    "worker_registration",
)


def _ours(given: Any) -> Any:
    """Return a client of the trial's Redis instead of any other. A pipeline can't be replaced."""
    if given is None or given.connection_pool in _pools:
        return given
    if (at := hook.redis_address(given)) == _HERE:
        _pools.add(given.connection_pool)
        return given
    if isinstance(given, Pipeline):
        hook.elsewhere(at)
    hook.noted(
        "connection", "the trial's Redis", "set by the application", "the application's own is never used"
    )
    return connection


def _leading(function: Any) -> Any:
    """Give a function the trial's connection, or return it if it takes none."""
    names = list(inspect.signature(function).parameters)
    places = [(name, names.index(name)) for name in _LED if name in names]
    if not places:
        return function

    @wraps(function)
    def led(*args: Any, **kwargs: Any) -> Any:
        for name, at in places:
            if name in kwargs:
                kwargs[name] = _ours(kwargs[name])
            elif len(args) > at:
                args = (*args[:at], _ours(args[at]), *args[at + 1 :])
        return function(*args, **kwargs)

    return led


def _lead_class(kind: Any) -> None:
    """Lead the methods of a class."""
    members: dict[str, Any] = dict(cast("Any", vars)(kind))
    for name, member in members.items():
        if name.startswith("_") and name != "__init__":
            continue
        function: Any = getattr(member, "__func__", member)  # of a class method, or a static one
        if inspect.isfunction(function) and (led := _leading(function)) is not function:
            setattr(kind, name, led if function is member else type(member)(led))


def _lead() -> None:
    """Lead all classes and functions of RQ that take a connection."""
    functions: dict[Any, Any] = {}
    for name in _MODULES:
        try:
            module = importlib.import_module("rq." + name)
        except ImportError:
            continue  # of another release
        for thing in list(vars(module).values()):
            if getattr(thing, "__module__", "") != module.__name__:
                continue
            if inspect.isclass(thing):
                _lead_class(thing)
            elif inspect.isfunction(thing) and (led := _leading(thing)) is not thing:
                functions[thing] = led
    # Modules import functions from each other.
    for name, module in list(sys.modules.items()):
        if name == "rq" or name.startswith("rq."):
            for key, thing in list(vars(module).items()):
                if inspect.isfunction(thing) and thing in functions:
                    setattr(module, key, functions[thing])


_lead()
_make_queue = cast("Any", Queue).__init__
_make_registry = cast("Any", BaseRegistry).__init__
_takes = inspect.signature(_make_queue)
_decorate = cast("Any", _decorator).__call__


@wraps(_make_queue)
def _queue(self: Any, name: str = "default", *args: Any, **kwargs: Any) -> None:
    """Make the run's queue, whatever queue it should be, whose jobs run in workers."""
    bound = _takes.bind(self, QUEUE, *args, **kwargs)
    given = bound.arguments.get("kwargs", {})
    if bound.arguments.get("is_async") is False or given.pop("async", True) is False:
        bound.arguments["is_async"] = True
        hook.noted("is_async", "true", "false", "a job that runs in its caller never reaches a worker")
    if name not in ("default", QUEUE):
        hook.noted(
            "queues", "the run's own", "set by the application", "the application's queues are never used"
        )
    _make_queue(*bound.args, **bound.kwargs)
    if _loading:
        queues.append(self)


@wraps(_make_registry)
def _registry(self: Any, name: str = "default", *args: Any, **kwargs: Any) -> None:
    """Make a registry of the run's queue."""
    del name
    _make_registry(self, QUEUE, *args, **kwargs)


@wraps(_decorate)
def _decorated(self: Any, function: Any) -> Any:
    """Decorate a function, and note its options."""
    decorated[function] = self
    return _decorate(self, function)


def load(name: str) -> None:
    """Load the application, and note its queues."""
    global _loading
    hook.loaded(name)
    _loading = False


setattr(Queue, "__init__", _queue)  # noqa: B010 - its signature is the framework's affair
setattr(BaseRegistry, "__init__", _registry)  # noqa: B010 - as above
setattr(_decorator, "__call__", _decorated)  # noqa: B010 - as above
