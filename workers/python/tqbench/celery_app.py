"""The tasks as Celery registers them, and the settings that its command line can't take."""

import importlib
import json
import os
from asyncio import run
from collections.abc import Callable
from typing import cast

from celery import Celery
from celery.app.task import Task

from tqbench import tasks

__all__ = ["app", "fail", "noop", "ready", "run", "send_noop"]

QUEUE = os.environ.get("TQBENCH_QUEUE", "tqbench")

app = Celery("tqbench", broker=os.environ.get("TQBENCH_BROKER_URL", "memory://"))
# The settings and the reason for each stand in contender/celery.go, which hands them over here and
# prints them in the report: one list, not two.
app.conf.update(json.loads(os.environ.get("TQBENCH_CELERY_SETTINGS", "{}")))
app.conf.task_default_queue = QUEUE
if poll := os.environ.get("TQBENCH_CELERY_POLL"):
    # Kombu hands its transport options on to the database, so none of them can say this.
    importlib.import_module("kombu.transport.sqlalchemy").Transport.polling_interval = float(poll)


def _register(body: Callable[..., None]) -> Task:
    return cast("Task", app.task(name=f"tqbench.celery_app.{body.__name__}")(body))


noop = _register(tasks.noop)
ready = _register(tasks.ready)
fail = _register(tasks.fail)


def send_noop(seq: int) -> None:
    """Enqueue one no-op as an application does."""
    noop.delay(seq)
