"""Quorum queues on RabbitMQ: what Celery's settings lack."""

import importlib
import os
from typing import Any, cast

from celery.app import amqp


class _Queues(cast("Any", amqp).Queues):
    """Celery's queues: its settings give the type to the default queue alone, and not to others."""

    def new_missing(self, name: str) -> Any:
        """Make a queue that the application doesn't declare."""
        parent: Any = super()
        queue = parent.new_missing(name)
        queue.queue_arguments = {"x-queue-type": "quorum"}
        return queue


def _never(self: object, c: object) -> bool:
    return False


def settle(app: Any) -> None:
    """Give all queues of the app the type that the trial asks for, before it has made any."""
    if not os.environ.get("TQBENCH_CELERY_QUORUM"):
        return
    app.amqp.queues_cls = _Queues
    # Native delayed delivery: see contender.yaml.
    delivery: Any = importlib.import_module("celery.worker.consumer.delayed_delivery")
    delivery.DelayedDelivery.include_if = _never
