"""The user's own Celery app on the trial's broker, with the probe attached by signals."""

from __future__ import annotations

import inspect
from asyncio import run
from typing import Any, cast

import celery
from celery import canvas
from celery.app import base
from celery.exceptions import NotRegistered
from celery.signals import (
    before_task_publish,
    task_failure,
    task_postrun,
    task_prerun,
    task_rejected,
    task_unknown,
)

from contenders.celery.redirect import QUEUE, app
from tqbench import hook, probe
from tqbench.hook import settings

__all__ = ["app", "names", "run", "send", "settings", "signature", "unlike"]

VERSION = celery.__version__
READY = "contenders.celery.hook.ready"
app.task(name=READY, serializer="json", ignore_result=True)(hook.ready)

# The version of messages that the wire producer writes.
PROTOCOL = 2

_started: dict[str, int] = {}

if hook.KIN:  # ids identify what a worker enqueues, also from another thread
    for _names_tasks in (base, canvas):
        cast("Any", _names_tasks).uuid = hook.kin


def _followed(task_id: str, request: Any) -> bool:
    """Report whether one of the user's tasks enqueued a task: that one is its root, or its id says so."""
    return hook.number(request.root_id or "") >= 0 or hook.expected(task_id)


@task_prerun.connect
def _began(task_id: str = "", task: Any = None, **_: object) -> None:
    if hook.number(task_id) >= 0:
        _started[task_id] = probe.now()
    elif task.name != READY and not task.request.is_eager and not _followed(task_id, task.request):
        probe.foreign()


@task_unknown.connect
@task_rejected.connect
def _refused(exc: BaseException | None = None, **of: object) -> None:
    error = NotRegistered(of["name"]) if "name" in of else exc
    if error is not None:
        hook.failed(str(of.get("id", "")), error)
    probe.foreign()


@task_postrun.connect
def _ended(task_id: str = "", task: Any = None, state: str = "", retval: Any = None, **_: Any) -> None:
    started = _started.pop(task_id, None)
    # A task that is tried again, or replaced by another one, comes again under its number.
    replaced = state == "IGNORED" and str(retval) == "Replaced by new task"
    if state == "RETRY" or replaced or task.name == READY:
        return
    if started is None:
        # An eager task runs within another one.
        if not task.request.is_eager and _followed(task_id, task.request):
            probe.followed()
    else:
        outcome = probe.OK if state in {"SUCCESS", "IGNORED"} else probe.FAILED
        probe.record(hook.number(task_id), started, probe.now(), outcome)


@task_failure.connect
def _failed(task_id: str = "", exception: BaseException | None = None, **_: object) -> None:
    if exception is not None:
        hook.failed(task_id, exception)


_known: dict[str, Any] = {}


def send(name: str, seq: int, args: list[object], kwargs: dict[str, object]) -> None:
    """Enqueue one of the user's tasks as an application does: with its options and its own code for that."""
    if name not in _known:
        names()  # a task may be in a module that only a worker loads
        _known[name] = app.tasks[name]
    _known[name].apply_async(args, kwargs, task_id=hook.identify(seq), queue=QUEUE)


def names() -> list[str]:
    """Load what a worker loads, and return the names of the user's tasks."""
    app.loader.import_default_modules()
    app.finalize()
    _ = app.connection_for_write().transport  # which needs the broker's client library
    return [name for name in app.tasks if not name.startswith("celery.") and name != READY]


def signature(name: str) -> inspect.Signature:
    """Return what one of the user's tasks takes."""
    return inspect.signature(app.tasks[name].run)


def unlike(name: str) -> str:
    """Say why the app's own client sends other messages of a task than tqbench does, "" if it doesn't."""
    task = app.tasks[name]
    if (kind := getattr(task, "serializer", None) or app.conf.task_serializer) != "json":
        return f"the task's serializer is {kind}"
    if how := getattr(task, "compression", None) or app.conf.task_compression:
        return f"the task's messages are compressed ({how})"
    if app.conf.task_protocol != PROTOCOL:
        return f"task_protocol is {app.conf.task_protocol}"
    options = ("priority", "expires", "time_limit", "soft_time_limit", "delivery_mode")
    if given := [o for o in options if getattr(task, o, None) is not None]:
        return f"the task has its own {', '.join(given)}"
    if type(task).apply_async is not celery.Task.apply_async or cast("Any", before_task_publish).receivers:
        return "the application has its own code for sending"
    return ""
