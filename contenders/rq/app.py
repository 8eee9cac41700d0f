"""The tasks as RQ finds them, its workers with the probe, and the settings of a job.

Environment; unset settings are as installed:

TQBENCH_BROKER_URL  Redis for clients
RQ_REDIS_URL        RQ's own: Redis for its command
RQ_KEY_PREFIX       RQ's own: the prefix of its keys
TQBENCH_QUEUE       the queue to send to
TQBENCH_SETTINGS    JSON: {"enqueue": keyword arguments of Queue.enqueue, "retry": of Retry}
"""

import json
import os
import zlib
from asyncio import run
from typing import Any

from redis import Redis
from rq import Queue, Retry, defaults
from rq import SimpleWorker as FrameworksSimpleWorker
from rq import Worker as FrameworksWorker
from rq.exceptions import DeserializationError
from rq.executions import Execution
from rq.job import Job

from tqbench import probe, tasks

__all__ = ["SimpleWorker", "Worker", "run", "send"]

if not hasattr(defaults, "RQ_KEY_PREFIX"):
    raise SystemExit(
        "RQ 3.0 or later is needed: an older one would take its own names on the broker, and find no job"
    )

SETTINGS: dict[str, dict[str, Any]] = json.loads(os.environ.get("TQBENCH_SETTINGS", "{}"))

# A worker imports a job's function by its name, and these are the only names that the harness sends.
globals().update(tasks.BODIES)
NAMES = {name: f"{__name__}.{name}" for name in tasks.BODIES}
OURS = set(NAMES.values())


def _watch(job: Job) -> None:
    """Record a job that isn't ours: a message can name any function that can be imported."""
    try:
        ours = job.func_name in OURS
    except DeserializationError:
        ours = False
    if not ours:
        probe.foreign()


class Worker(FrameworksWorker):
    """RQ's default worker, which forks a process for each job."""

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        """Open the file of the probe and import what tasks need: those processes share both.

        RQ's documentation advises it for jobs that need the same modules: each would import them otherwise.
        """
        probe.share()
        tasks.preload()
        super().bootstrap(*args, **kwargs)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Run a job, in the process that was forked for it."""
        _watch(job)
        return super().perform_job(job, queue, execution)


class SimpleWorker(FrameworksSimpleWorker):
    """RQ's worker that runs its own jobs."""

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Run a job."""
        _watch(job)
        return super().perform_job(job, queue, execution)


_queue = Queue(
    os.environ.get("TQBENCH_QUEUE", "default"),
    connection=Redis.from_url(os.environ.get("TQBENCH_BROKER_URL", "redis://localhost:6379")),
)
_options = dict(SETTINGS.get("enqueue", {}))
if "retry" in SETTINGS:
    _options["retry"] = Retry(**SETTINGS["retry"])


def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does."""
    _queue.enqueue(NAMES[name], seq, *args, **_options)


def encode(name: str, seq: int, *args: object) -> bytes:
    """Make the fields of a job and return the one with the task; the others are times and states."""
    job: Any = _queue.create_job(NAMES[name], args=(seq, *args), **_options)
    return job.to_dict()["data"]


def decode(message: bytes) -> tuple[object, ...]:
    """Read the task's arguments from that field, as a worker does."""
    job: Any = Job("decoded", connection=_queue.connection, serializer=_queue.serializer)
    job.data = zlib.decompress(message)
    return tuple(job.args)


tasks.outbox.send = send
