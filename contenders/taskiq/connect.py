"""Make Taskiq's client of the trial's broker, which connects when started: see app.py."""

from __future__ import annotations

import importlib
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskiq import AsyncBroker

REDIS = os.environ.get("TQBENCH_BROKER", "redis") == "redis"
TRANSPORT = os.environ.get("TQBENCH_TASKIQ_TRANSPORT", "stream") if REDIS else "rabbitmq"
QUEUE = os.environ.get("TQBENCH_QUEUE", "taskiq")
QUEUES = os.environ.get("TQBENCH_QUEUES", QUEUE).split(",")
SETTINGS: dict[str, Any] = json.loads(os.environ.get("TQBENCH_SETTINGS", "{}"))


def broker(url: str | None, *, delays: bool) -> AsyncBroker:
    """Make the client. RabbitMQ needs one more queue for messages with a delay."""
    named: dict[str, Any]
    if REDIS:
        library = importlib.import_module("taskiq_redis")
        kind = library.ListQueueBroker if TRANSPORT == "list" else library.RedisStreamBroker
        named = {"queue_name": QUEUE}
        if TRANSPORT == "stream":
            named["consumer_group_name"] = QUEUE
            named["additional_streams"] = {name: ">" for name in QUEUES if name != QUEUE}
        return kind(url or "redis://localhost:6379", **named, **SETTINGS.get("broker", {}))

    library = importlib.import_module("taskiq_aio_pika")

    def queue(name: str) -> Any:
        return library.Queue(name=name, type=library.QueueType(SETTINGS.get("queue_type", "quorum")))

    named = {
        "exchange": library.Exchange(name=QUEUE),
        "task_queues": [queue(name) for name in QUEUES],
        "dead_letter_queue": queue(f"{QUEUE}.dead_letter"),
    }
    if delays:
        named["delay_queue"] = queue(f"{QUEUE}.delay")
    return library.AioPikaBroker(url, **named, **SETTINGS.get("broker", {}))
