"""RQ's queue, which workers use to fetch jobs, with a record of what isn't one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rq import Queue as FrameworksQueue

from tqbench import probe

if TYPE_CHECKING:
    from rq.job import Job


class Queue(FrameworksQueue):
    """RQ's queue, plus a record of each number in it that isn't a job."""

    @classmethod
    def _fetch_dequeued_job(cls, *args: Any, **kwargs: Any) -> tuple[Job, FrameworksQueue] | None:
        fetched = None
        try:
            fetched = super()._fetch_dequeued_job(*args, **kwargs)
            return fetched
        finally:
            if fetched is None:
                probe.foreign()
