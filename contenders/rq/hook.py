"""The user's own RQ application on the trial's Redis, and RQ's workers with the probe around each job."""

from __future__ import annotations

import importlib.metadata
import inspect
import os
from asyncio import run
from typing import Any, cast

from rq import Queue
from rq import SimpleWorker as FrameworksSimpleWorker
from rq import Worker as FrameworksWorker
from rq import job as _job
from rq.decorators import job as _decorator
from rq.job import Job as FrameworksJob
from rq.job import Retry
from rq.serializers import DefaultSerializer

from contenders.rq.redirect import QUEUE, connection, decorated, load, queues
from tqbench import application, hook, probe
from tqbench.hook import settings

__all__ = ["Job", "names", "run", "send", "serializer", "settings", "signature", "unlike"]

VERSION = importlib.metadata.version("rq")
READY = "contenders.rq.hook.ready"
ready = hook.ready
# Marks a job that a job enqueued under an id of the application's choice.
MARK = "tqbench_kin"

_rq: Any = _job
load(os.environ["TQBENCH_APP"])


def _one(what: str, kinds: list[Any], usual: Any) -> Any:
    """Return the one that all of the application's queues have, or RQ's own if there is no queue."""
    different = list(dict.fromkeys(kinds))
    if len(different) > 1:
        names = ", ".join(getattr(kind, "__name__", str(kind)) for kind in different)
        raise SystemExit(f"its queues have different {what}: {names}; a worker has one")
    return different[0] if different else usual


class _Serializer:
    """The application's serializer, which also reads readiness tasks."""

    def __init__(self, theirs: Any) -> None:
        self.dumps: Any = theirs.dumps
        self._loads: Any = theirs.loads

    def loads(self, data: bytes) -> Any:
        """Deserialize a job's data."""
        try:
            return self._loads(data)
        except Exception:
            read: Any = DefaultSerializer.loads(data)
            if read[0] != READY:
                raise
            return read


_theirs = _one("serializers", [q.serializer for q in queues], DefaultSerializer)
serializer: Any = _theirs if _theirs is DefaultSerializer else _Serializer(_theirs)
Job: Any = _one("classes of jobs", [q.job_class for q in queues], FrameworksJob)
# What a function without a decorator is enqueued in.
_queue: Any = queues[0] if queues else Queue(QUEUE, connection=connection)

_perform = FrameworksJob.perform
_create: Any = FrameworksJob.create.__func__


def _probed(self: Any) -> Any:
    """Run a job, and record it if the harness sent it."""
    started, outcome = probe.now(), probe.FAILED
    try:
        value = _perform(self)
        # A job that returns Retry has not succeeded: it comes again.
        outcome = probe.FAILED if isinstance(value, Retry) else probe.OK
        return value
    except BaseException as error:
        hook.failed(self.id, error)
        raise
    finally:
        if (seq := hook.number(self.id)) >= 0:
            probe.record(seq, started, probe.now(), outcome)
        elif hook.expected(self.id) or (hook.KIN and self.meta.get(MARK) == hook.KIN):
            probe.followed()
        elif self.func_name != READY:
            probe.foreign()


def _created(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Make a job, and mark it if its id doesn't say who sent it."""
    job = _create(cls, *args, **kwargs)
    if hook.KIN and not hook.expected(job.id):
        job.meta = {**job.meta, MARK: hook.KIN}
    return job


def _attach() -> None:
    """Attach the probe to this worker's jobs, and identify the jobs that they enqueue."""
    _rq.uuid4 = hook.kin
    setattr(FrameworksJob, "perform", _probed)  # noqa: B010 - its signature is the framework's affair
    setattr(FrameworksJob, "create", classmethod(_created))  # noqa: B010 - as above


class Worker(FrameworksWorker):
    """RQ's default worker, which forks a process for each job."""

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        """Open the file of the probe, which those processes share."""
        probe.share()
        _attach()
        super().bootstrap(*args, **kwargs)


class SimpleWorker(FrameworksSimpleWorker):
    """RQ's worker that runs its own jobs."""

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        """Attach the probe."""
        _attach()
        super().bootstrap(*args, **kwargs)


def names() -> list[str]:
    """Return the names of the functions of the application: RQ runs any that a worker can import."""
    return [
        f"{module.__name__}.{name}"
        for module in application.modules()
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_")
    ]


def _user(name: str) -> Any:
    """Return one of the user's functions, by its module and its name in it."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def send(name: str, seq: int, args: list[object], kwargs: dict[str, object]) -> None:
    """Enqueue one of the user's functions as an application does."""
    function = _user(name)
    if function in decorated:
        function.delay(*args, job_id=hook.identify(seq), **kwargs)
    else:
        _queue.enqueue(function, args=tuple(args), kwargs=kwargs, job_id=hook.identify(seq))


def signature(name: str) -> inspect.Signature:
    """Return what one of the user's functions takes."""
    return inspect.signature(_user(name))


def unlike(name: str) -> str:
    """Say why the app's own client sends other messages of a task than tqbench does, "" if it doesn't."""
    if _theirs is not DefaultSerializer:
        return f"the queue's serializer is {getattr(_theirs, '__name__', type(_theirs).__name__)}"
    options = decorated.get(_user(name))
    queue = _queue
    if options is not None:
        takes = inspect.signature(_decorator.__init__).parameters
        own = [k for k in takes if k not in ("self", "queue", "connection", "queue_class")]
        if given := [k for k in own if getattr(options, k) != takes[k].default]:
            return f"the task has its own {', '.join(given)}"
        queue = options.queue_class if isinstance(options.queue, str) else options.queue
    kind = cast("Any", queue if inspect.isclass(queue) else type(queue))
    if not inspect.isclass(queue) and queue._default_timeout != Queue.DEFAULT_TIMEOUT:
        return "the queue has its own default timeout"
    ways = ("create_job", "enqueue", "enqueue_call", "enqueue_job", "parse_args")
    if Job is not FrameworksJob or any(
        inspect.getattr_static(kind, way) is not inspect.getattr_static(Queue, way) for way in ways
    ):
        return "the application has its own code for sending"
    return ""
