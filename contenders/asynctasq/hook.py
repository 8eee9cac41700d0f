"""AsyncTasQ's own worker command for the user's own tasks, with the probe around each execution."""

import importlib
import importlib.metadata
import inspect
import os
import sys
from typing import Any

from asynctasq import Config, task
from asynctasq.cli.main import main
from asynctasq.core import dispatcher as _dispatcher
from asynctasq.core.dispatcher import Dispatcher
from asynctasq.tasks import BaseTask
from asynctasq.tasks.services.executor import TaskExecutor
from asynctasq.tasks.types.function_task import TaskFunctionWrapper
from asynctasq.utils.loop import run

from contenders.asynctasq.watch import watch
from tqbench import application, hook, probe
from tqbench.hook import settings

__all__ = ["names", "run", "send", "settings", "signature", "unlike"]

VERSION = importlib.metadata.version("asynctasq")
QUEUE = os.environ["TQBENCH_QUEUE"]

# What of a configuration leads to a broker, or to where events go.
_BROKER = ("driver", "redis", "postgres", "mysql", "rabbitmq", "sqs", "events")
_VARIABLES = tuple(f"ASYNCTASQ_{name.upper()}" for name in _BROKER)
# A load of the user's own task has no events: these variables are the application's.
_given = {k: v for k, v in os.environ.items() if k.startswith(_VARIABLES[:-1])}
_configure: Any = Config.set


def _replaced(name: str) -> None:
    """Note what of the application's configuration isn't used."""
    value = "off" if name == "events" else "the trial's"
    hook.noted(name, value, "set by the application", "the application's own is never used")


for _name in [k for k in os.environ if k.startswith(_VARIABLES[-1])]:
    del os.environ[_name]
    _replaced("events")


def _configured(**overrides: Any) -> None:
    """Configure AsyncTasQ as the app does, but with the trial's broker, whatever the app says."""
    for name in [k for k in os.environ if k.startswith(_VARIABLES)]:
        del os.environ[name]
    os.environ.update(_given)
    for name in _BROKER:
        if overrides.get(name) and overrides[name] != os.environ.get(f"ASYNCTASQ_{name.upper()}"):
            _replaced(name)
    _configure(**{k: v for k, v in overrides.items() if k not in _BROKER})


setattr(Config, "set", _configured)  # noqa: B010 - its signature is the framework's affair

_dispatch = Dispatcher.dispatch
_get: Any = _dispatcher.get_dispatcher


async def _dispatched(self: Dispatcher, made: Any, *_: Any, **given: Any) -> str:
    """Send each task to the run's queue, whatever queue it asks for."""
    made.config = {**made.config, "queue": QUEUE, "driver": None}
    return await _dispatch(self, made, QUEUE, given.get("delay"))


setattr(Dispatcher, "dispatch", _dispatched)  # noqa: B010 - its signature is the framework's affair


def _dispatcher_for(_: object = None) -> Any:
    """Make the default dispatcher: a task's own driver would be of the app's broker."""
    return _get()


_dispatcher.get_dispatcher = _dispatcher_for

# Messages find the readiness task in this module, which a worker also loads as its program.
READY = ("contenders.asynctasq.hook", "ready")

dispatcher: Any = _dispatcher

_execute = TaskExecutor.execute


async def _probed(self: TaskExecutor, running: Any, *limit: Any, **limits: Any) -> None:
    """Run a task, and record it if the harness sent it."""
    seq = hook.number(running._task_id or "")
    started = probe.now()
    outcome = probe.FAILED
    try:
        await _execute(self, running, *limit, **limits)
        outcome = probe.OK
    except Exception as error:
        hook.failed(running._task_id or "", error)
        raise
    finally:
        if seq >= 0:
            probe.record(seq, started, probe.now(), outcome)
        elif hook.expected(running._task_id or ""):
            probe.followed()


def _ours(made: Any) -> bool:
    """Report whether the harness sent a task, directly or through another task."""
    function = getattr(made, "func", None)
    names = (getattr(function, "__module__", ""), getattr(function, "__name__", ""))
    return names == READY or hook.expected(made._task_id or "")


@task(queue=QUEUE)
async def ready(seq: int, hold_ms: int) -> None:
    """Run hook.ready."""
    hook.ready(seq, hold_ms)


async def send(name: str, seq: int, args: list[object], kwargs: dict[str, object]) -> None:
    """Enqueue one of the user's tasks as an application does."""
    made: Any = _user(name)(*args, **kwargs)
    dispatcher.uuid = hook.Following
    hook.Following.next = hook.identify(seq)
    await made.dispatch()


# The options of a task in the messages that tqbench writes.
_OPTIONS = {"max_attempts": 3, "timeout": None, "visibility_timeout": 3600}


def _user(name: str) -> Any:
    """Return one of the user's tasks, by its module and its name in it."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def names() -> list[str]:
    """Load the application, and return the names of its tasks: all in modules of its folder."""
    importlib.import_module(os.environ["TQBENCH_APP"].partition(":")[0])
    _get()  # which needs the broker's client library
    found: list[str] = []
    for module in application.modules():
        for name, thing in vars(module).items():
            is_class = inspect.isclass(thing) and issubclass(thing, BaseTask)
            is_task = is_class or isinstance(thing, TaskFunctionWrapper)
            if is_task and getattr(thing, "__module__", "") == module.__name__:
                found.append(f"{module.__name__}.{name}")
    return found


def signature(name: str) -> inspect.Signature:
    """Return what one of the user's tasks takes."""
    return inspect.signature(_user(name))


def unlike(name: str) -> str:
    """Say why the framework's client sends other messages of a task than tqbench does, or ""."""
    made = _user(name)
    if inspect.isclass(made):
        return "the task is a class"
    function = getattr(made, "_func", made)
    for option, usual in _OPTIONS.items():
        value = getattr(function, f"_task_{option}", usual)
        if value != usual and value is not None:
            return f"the task has the {option.replace('_', ' ')} {value}"
    return ""


if __name__ == "__main__":
    dispatcher.uuid = hook.Kin
    watch(_ours)
    setattr(TaskExecutor, "execute", _probed)  # noqa: B010 - its signature is the framework's affair
    sys.exit(main())
