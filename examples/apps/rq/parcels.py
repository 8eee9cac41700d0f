"""RQ jobs in several queues, one by a decorator, on a Redis from the environment."""

import os
from uuid import uuid4

from redis import Redis
from rq import Queue
from rq.decorators import job

connection = Redis.from_url(os.environ.get("PARCELS_REDIS_URL", "redis://parcels.invalid:6379/0"))
labels = Queue("labels", connection=connection)


def send(to: str, weight: int = 1) -> int:
    """Send a parcel: print its label under an id of the parcel's, and weigh it."""
    labels.enqueue(label, to, job_id=f"label-{uuid4().hex}")
    weigh.delay(weight)
    return weight


def label(to: str) -> str:
    """Print a label."""
    return f"To: {to}"


@job("scales", connection=connection, timeout=30)
def weigh(weight: int) -> float:
    """Weigh a parcel."""
    return weight / 1000
