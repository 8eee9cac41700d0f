"""AsyncTasQ's own worker command for the user's own tasks, with the probe around each execution."""

import importlib
import os
import sys
from typing import Any

from asynctasq import Config, task
from asynctasq.cli.main import main
from asynctasq.core import dispatcher as _dispatcher
from asynctasq.tasks.services.executor import TaskExecutor
from asynctasq.utils.loop import run

from contenders.asynctasq.watch import watch
from tqbench import hook, probe

__all__ = ["run", "send"]

QUEUE = os.environ["TQBENCH_QUEUE"]

# What of a configuration leads to a broker.
_BROKER = ("driver", "redis", "postgres", "mysql", "rabbitmq", "sqs")
_VARIABLES = tuple(f"ASYNCTASQ_{name.upper()}" for name in _BROKER)
_given = {k: v for k, v in os.environ.items() if k.startswith(_VARIABLES)}
_configure: Any = Config.set


def _configured(**overrides: Any) -> None:
    """Configure AsyncTasQ as the app does, but with the trial's broker, whatever the app says."""
    for name in [k for k in os.environ if k.startswith(_VARIABLES)]:
        del os.environ[name]
    os.environ.update(_given)
    _configure(**{k: v for k, v in overrides.items() if k not in _BROKER})


setattr(Config, "set", _configured)  # noqa: B010 - its signature is the framework's affair

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
    finally:
        if seq >= 0:
            probe.record(seq, started, probe.now(), outcome)


def _ours(made: Any) -> bool:
    """Report whether the harness sent a task, directly or through another task."""
    function = getattr(made, "func", None)
    names = (getattr(function, "__module__", ""), getattr(function, "__name__", ""))
    return names == READY or hook.expected(made._task_id or "")


class _Kin:
    """Replaces the uuid module in a worker's dispatcher: ids identify the tasks that a task enqueues."""

    @staticmethod
    def uuid4() -> str:
        """Return an id that only we make."""
        return hook.kin()


class _Ids:
    """Replaces the uuid module in the dispatcher, which gives each task its id."""

    following = ""

    @classmethod
    def uuid4(cls) -> str:
        """Return the id of the task being sent."""
        return cls.following


@task(queue=QUEUE)
async def ready(seq: int, hold_ms: int) -> None:
    """Run hook.ready."""
    hook.ready(seq, hold_ms)


async def send(name: str, seq: int, args: list[object], kwargs: dict[str, object]) -> None:
    """Enqueue one of the user's tasks as an application does."""
    module, _, function = name.rpartition(".")
    made: Any = getattr(importlib.import_module(module), function)(*args, **kwargs)
    dispatcher.uuid = _Ids
    _Ids.following = hook.identify(seq)
    made.config["queue"] = QUEUE
    await made.dispatch()


if __name__ == "__main__":
    dispatcher.uuid = _Kin
    watch(_ours)
    setattr(TaskExecutor, "execute", _probed)  # noqa: B010 - its signature is the framework's affair
    sys.exit(main())
