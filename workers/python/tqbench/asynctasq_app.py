"""The tasks as AsyncTasQ registers them: `async def` on the worker's one event loop."""

import os

from asynctasq import task
from asynctasq.utils.loop import run

from tqbench import tasks

__all__ = ["fail", "noop", "ready", "run", "send_noop"]

QUEUE = os.environ.get("TQBENCH_QUEUE", "tqbench")


@task(queue=QUEUE)
async def noop(seq: int) -> None:
    """Run tasks.noop."""
    tasks.noop(seq)


@task(queue=QUEUE)
async def ready(seq: int, hold_ms: int) -> None:
    """Run tasks.ready."""
    tasks.ready(seq, hold_ms)


@task(queue=QUEUE, max_attempts=1)
async def fail(seq: int) -> None:
    """Run tasks.fail."""
    tasks.fail(seq)


async def send_noop(seq: int) -> None:
    """Enqueue one no-op as an application does."""
    await noop(seq).dispatch()
