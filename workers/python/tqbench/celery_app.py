"""The tasks as Celery registers them, and the settings that its command line can't take."""

import importlib
import json
import os
from asyncio import run

from celery import Celery

from tqbench import tasks

__all__ = ["app", "run", "send"]

QUEUE = os.environ.get("TQBENCH_QUEUE", "tqbench")
RETRY_DELAY = int(os.environ.get("TQBENCH_RETRY_DELAY", "1"))

app = Celery("tqbench", broker=os.environ.get("TQBENCH_BROKER_URL", "memory://"))
# The settings and the reason for each stand in contender/celery.go, which hands them over here and
# prints them in the report: one list, not two.
app.conf.update(json.loads(os.environ.get("TQBENCH_CELERY_SETTINGS", "{}")))
app.conf.task_default_queue = QUEUE
if poll := os.environ.get("TQBENCH_CELERY_POLL"):
    # Kombu hands its transport options on to the database, so none of them can say this.
    importlib.import_module("kombu.transport.sqlalchemy").Transport.polling_interval = float(poll)


for _name, _body in tasks.BODIES.items():
    # A task that the mock API refuses is tried again, as AsyncTasQ tries any task again.
    app.task(
        name=f"tqbench.celery_app.{_name}",
        autoretry_for=(tasks.APIError,),
        max_retries=2,
        default_retry_delay=RETRY_DELAY,
    )(_body)


def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does."""
    app.tasks[f"tqbench.celery_app.{name}"].delay(seq, *args)


tasks.outbox.send = send
