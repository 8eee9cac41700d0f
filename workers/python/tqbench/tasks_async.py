"""Bodies that wait, in asynchronous form: the counterparts of those in tasks.py."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tqbench import failure, probe, tasks

if TYPE_CHECKING:
    import aiohttp

type Body = Callable[..., Awaitable[None]]

_sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}


def measured[**P](body: Callable[P, Awaitable[None]]) -> Body:
    """Make body(...) a task task(seq, ...) that leaves a probe record, on success or failure."""

    @wraps(body)
    async def task(seq: int, *args: P.args, **kwargs: P.kwargs) -> None:
        started = probe.now()
        outcome = probe.FAILED
        try:
            await body(*args, **kwargs)
            outcome = probe.OK
        except Exception as error:
            failure.note(error)
            raise
        finally:
            probe.record(seq, started, probe.now(), outcome)

    return task


class Outbox:
    """How a task enqueues another: the app sets its framework's own way."""

    send: Callable[..., Awaitable[None]]


outbox = Outbox()


async def call(method: str, path: str) -> None:
    """Call the mock API. A loop keeps its connections.

    Imports the library at the first call: a worker's start is its framework's, not ours.
    """
    loop = asyncio.get_running_loop()
    session = _sessions.get(loop)
    if session is None:
        library: Any = importlib.import_module("aiohttp")
        session = _sessions[loop] = library.ClientSession(
            connector=library.TCPConnector(limit=200), timeout=library.ClientTimeout(total=30)
        )
    async with session.request(method, f"{tasks.API}{path}") as answer:
        if answer.status != HTTPStatus.OK:
            raise tasks.APIError(f"the mock API answered {answer.status}")
        await answer.json()


@measured
async def fetch(latency_ms: int) -> None:
    """Get a user from the mock API, which takes that long."""
    await call("GET", f"/users/1?latency={latency_ms}")


async def order_validate(seq: int, stride: int) -> None:
    """Look up an order and enqueue its charge. Task number seq + stride is the order's next step."""
    await measured(call)(seq, "GET", f"/orders/{seq}?latency=150")
    await outbox.send("order_charge", seq + stride, stride)


async def order_charge(seq: int, stride: int) -> None:
    """Charge an order and enqueue its confirmation. One in twenty is declined at first.

    The order's position in the stride decides, so that every run declines the same ones.
    """
    await measured(call)(seq, "POST", tasks.charge_path(seq, stride))
    await outbox.send("order_email", seq + stride, stride)


async def order_email(seq: int, stride: int) -> None:
    """Confirm an order and enqueue the stock update."""
    await measured(asyncio.sleep)(seq, 0.1)
    await outbox.send("order_inventory", seq + stride, stride)


async def order_inventory(seq: int, stride: int) -> None:
    """Update the stock: the order's last step."""
    await measured(asyncio.sleep)(seq, 0.05)


@measured
async def order_by_id(key: int) -> None:
    """Take an order's key and fetch it, as applications do if their framework sends no models."""
    (await importlib.import_module("tqbench.models_sqlalchemy").fetch_async(key)).verify()


BODIES: dict[str, Body] = {
    body.__name__: body
    for body in (fetch, order_validate, order_charge, order_email, order_inventory, order_by_id)
}
