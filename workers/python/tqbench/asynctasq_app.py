"""The tasks as AsyncTasQ registers them: `async def` on the worker's one event loop."""

import os

from asynctasq import task

from tqbench import tasks

QUEUE = os.environ.get("TQBENCH_QUEUE", "tqbench")


@task(queue=QUEUE)
async def noop(seq: int) -> None:
    tasks.noop(seq)


@task(queue=QUEUE)
async def ready(seq: int, hold_ms: int) -> None:
    tasks.ready(seq, hold_ms)


@task(queue=QUEUE, max_attempts=1)
async def fail(seq: int) -> None:
    tasks.fail(seq)


async def send_noop(seq: int) -> None:
    """Enqueue one no-op as an application does."""
    await noop(seq).dispatch()
