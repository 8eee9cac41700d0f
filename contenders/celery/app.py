"""The tasks as Celery registers them, and the settings that its command line lacks."""

import functools
import importlib
import json
import os
from asyncio import run
from base64 import b64decode, b64encode
from typing import Any, cast

from celery import Celery, signals
from kombu import serialization
from kombu.utils import json as kombu_json
from kombu.utils.uuid import uuid

from contenders.celery import quorum
from tqbench import probe, tasks

__all__ = ["app", "run", "send"]

QUEUE = os.environ.get("TQBENCH_QUEUE", "tqbench")
# The prefix of task names.
PREFIX = "contenders.celery.app."
# Seconds between the attempts at a task that the mock API refuses; as installed, it is tried once.
RETRY_DELAY = os.environ.get("TQBENCH_RETRY_DELAY")

app = Celery("tqbench", broker=os.environ.get("TQBENCH_BROKER_URL", "memory://"))
# contender.yaml has the settings and the reason for each: it fills this variable and the report's table.
app.conf.update(json.loads(os.environ.get("TQBENCH_CELERY_SETTINGS", "{}")))
app.conf.task_default_queue = QUEUE
quorum.settle(app)
if poll := os.environ.get("TQBENCH_CELERY_POLL"):
    # Kombu passes its transport options on to the database, so none of them can set this.
    importlib.import_module("kombu.transport.sqlalchemy").Transport.polling_interval = float(poll)


_retry: dict[str, Any] = {}
if RETRY_DELAY:
    _retry = {
        "autoretry_for": (tasks.APIError,),
        "max_retries": 2,
        "default_retry_delay": int(RETRY_DELAY),
    }
for _name, _body in tasks.BODIES.items():
    app.task(name=PREFIX + _name, **_retry)(_body)


def _watched(body: Any) -> Any:
    """Make a task that isn't ours leave a record."""

    @functools.wraps(body)
    def task(*args: object, **kwargs: object) -> object:
        probe.foreign()
        return body(*args, **kwargs)

    return task


def _watch(**_: object) -> None:
    """Watch Celery's own tasks: a message can name any registered task, and no other."""
    for name, task in cast("Any", app).tasks.items():
        if not name.startswith(PREFIX):
            task.run = _watched(task.run)


def _refused(**_: object) -> None:
    """Record a message that the worker could not turn into a task."""
    probe.foreign()


cast("Any", app).on_after_finalize.connect(_watch)
for _signal in (signals.task_unknown, signals.task_rejected):
    cast("Any", _signal).connect(_refused)


def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does."""
    app.tasks[PREFIX + name].delay(seq, *args)


# Kombu's functions have no types.
_amqp: Any = cast("Any", app).amqp
_serialization: Any = serialization
_json: Any = kombu_json


def encode(name: str, seq: int, *args: object) -> bytes:
    """Make the message that a worker gets, as in a Redis list."""
    message = _amqp.as_task_v2(uuid(), PREFIX + name, (seq, *args), {})
    kind, encoding, body = _serialization.dumps(message.body, serializer="json")
    envelope = {
        "body": b64encode(body.encode()).decode(),
        "content-encoding": encoding,
        "content-type": kind,
        "headers": message.headers,
        "properties": {
            **message.properties,
            "delivery_mode": 2,
            "body_encoding": "base64",
            "delivery_tag": uuid(),
        },
    }
    return _json.dumps(envelope).encode()


def decode(message: bytes) -> tuple[object, ...]:
    """Read the task's arguments from a message, as a worker does."""
    envelope = _json.loads(message)
    body = b64decode(envelope["body"])
    made = _serialization.loads(
        body, envelope["content-type"], envelope["content-encoding"], accept={"application/json"}
    )
    return tuple(made[0])


tasks.outbox.send = send
