"""Bodies that wait for something, as asynchronous code waits: the counterparts of those in tasks.py."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps

import aiohttp

from tqbench import probe, tasks

type Body = Callable[..., Awaitable[None]]

_sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}


def measured[**P](body: Callable[P, Awaitable[None]]) -> Body:
    """Make body(...) a task task(seq, ...) that leaves a probe record, whatever its outcome."""

    @wraps(body)
    async def task(seq: int, *args: P.args, **kwargs: P.kwargs) -> None:
        started = probe.now()
        outcome = probe.FAILED
        try:
            await body(*args, **kwargs)
            outcome = probe.OK
        finally:
            probe.record(seq, started, probe.now(), outcome)

    return task


@measured
async def fetch(latency_ms: int) -> None:
    """Get a user from the mock API, which takes that long. A loop keeps its connections."""
    loop = asyncio.get_running_loop()
    session = _sessions.get(loop)
    if session is None:
        session = _sessions[loop] = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=200), timeout=aiohttp.ClientTimeout(total=30)
        )
    async with session.get(f"{tasks.API}/users/1?latency={latency_ms}") as answer:
        if answer.status != 200:
            raise RuntimeError(f"the mock API answered {answer.status}")
        await answer.json()


BODIES: dict[str, Body] = {"fetch": fetch}
