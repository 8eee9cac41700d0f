"""The tasks as Celery registers them, and the settings that its command line can't take."""

import json
import os

from celery import Celery

from tqbench import tasks

QUEUE = os.environ.get("TQBENCH_QUEUE", "tqbench")

app = Celery("tqbench", broker=os.environ.get("TQBENCH_BROKER_URL", "memory://"))
# The settings and the reason for each stand in contender/celery.go, which hands them over here and
# prints them in the report: one list, not two.
app.conf.update(json.loads(os.environ.get("TQBENCH_CELERY_SETTINGS", "{}")))
app.conf.task_default_queue = QUEUE

noop = app.task(name="tqbench.celery_app.noop")(tasks.noop)
ready = app.task(name="tqbench.celery_app.ready")(tasks.ready)
fail = app.task(name="tqbench.celery_app.fail")(tasks.fail)


def send_noop(seq: int) -> None:
    """Enqueue one no-op as an application does."""
    noop.delay(seq)
