"""The user's own Celery app, with the probe attached by signals; only its broker changes as well."""

import importlib
import json
import os
import sys
from asyncio import run
from typing import Any, cast
from urllib.parse import urlsplit

from celery import Celery
from celery.signals import task_postrun, task_prerun, task_rejected, task_unknown

from tqbench import hook, probe

__all__ = ["app", "run", "send"]

QUEUE = os.environ["TQBENCH_QUEUE"]
URL = os.environ["TQBENCH_BROKER_URL"]

# Celery prefers these to an app's settings.
_VARIABLES = ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL")


def _point() -> None:
    """Point the variables at the trial's broker."""
    os.environ.update(dict.fromkeys(_VARIABLES, URL))
    os.environ.pop("CELERY_RESULT_BACKEND", None)


_point()  # while the app is loaded
_module, _, _name = os.environ["TQBENCH_APP"].partition(":")
app: Any = getattr(importlib.import_module(_module), _name or "app")
if not isinstance(app, Celery):
    raise SystemExit(f"{os.environ['TQBENCH_APP']} is not a Celery app")
app.conf.update(json.loads(os.environ["TQBENCH_CELERY_SETTINGS"]))
_point()  # the app may have loaded others from a file
app.conf.update(
    broker_url=URL,
    broker_read_url=URL,
    broker_write_url=URL,
    broker_transport=None,
    broker_user=None,
    broker_password=None,
    broker_vhost=None,
    broker_port=None,
    task_default_queue=QUEUE,
    task_routes=None,
    result_backend=None,
)

# Each connection of the app is made here. It has no types.
_app = cast("Any", app)
_connection: Any = _app._connection


def _only_ours(url: Any, *args: Any, **kwargs: Any) -> Any:
    """Connect to the trial's broker, and end before a connection to any other: the app may set one later."""
    if url != URL:
        at = urlsplit(str(url))
        other = f"{at.hostname}:{at.port}" if at.port else str(at.hostname or "another broker")
        sys.stderr.write(
            f"{os.environ['TQBENCH_APP']} would connect to {other}, not to the trial's broker:"
            " it sets its broker after it is loaded\n"
        )
        sys.stderr.flush()
        os._exit(os.EX_CONFIG)
    return _connection(url, *args, **kwargs)


_app._connection = _only_ours
READY = "contenders.celery.hook.ready"
app.task(name=READY)(hook.ready)

_started: dict[str, int] = {}


@task_prerun.connect
def _began(task_id: str = "", task: Any = None, **_: object) -> None:
    if hook.number(task_id) >= 0:
        _started[task_id] = probe.now()
    elif task.name != READY and hook.number(task.request.root_id or "") < 0:
        # Tasks that one of the user's tasks enqueued have that task as their root.
        probe.foreign()


@task_unknown.connect
@task_rejected.connect
def _refused(**_: object) -> None:
    probe.foreign()


@task_postrun.connect
def _ended(task_id: str = "", state: str = "", **_: object) -> None:
    started = _started.pop(task_id, None)
    if started is not None and state != "RETRY":
        probe.record(
            hook.number(task_id), started, probe.now(), probe.OK if state == "SUCCESS" else probe.FAILED
        )


def send(name: str, seq: int, args: list[object], kwargs: dict[str, object]) -> None:
    """Enqueue one of the user's tasks as an application does."""
    app.send_task(name, args=args, kwargs=kwargs, task_id=hook.identify(seq), queue=QUEUE)
