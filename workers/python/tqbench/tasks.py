"""Task bodies, defined once. Each framework's app only registers those in BODIES."""

import hashlib
import importlib
import json
import math
import os
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from tqbench import failure, orders, probe

if TYPE_CHECKING:
    import urllib3

type Body = Callable[..., None]

API = os.environ.get("TQBENCH_MOCKAPI_URL", "")

# Input of the light CPU task: 25 items, like an answer from an API.
ITEMS = json.dumps(
    {"items": [{"id": i, "name": f"item {i}", "price": i * 1.5} for i in range(25)], "meta": {"active": True}}
)

_pools: dict[int, urllib3.PoolManager] = {}


class Outbox:
    """How a task enqueues another: the app sets its framework's own way."""

    send: Callable[..., None]


outbox = Outbox()


def measured[**P](body: Callable[P, None]) -> Body:
    """Make body(...) a task task(seq, ...) that leaves a probe record, on success or failure."""

    @wraps(body)
    def task(seq: int, *args: P.args, **kwargs: P.kwargs) -> None:
        started = probe.now()
        outcome = probe.FAILED
        try:
            body(*args, **kwargs)
            outcome = probe.OK
        except Exception as error:
            failure.note(error)
            raise
        finally:
            probe.record(seq, started, probe.now(), outcome)

    return task


@measured
def noop() -> None:
    """Do nothing: the rest is the cost of the queue itself."""


@measured
def payload(value: object) -> None:
    """Take the arguments: the cost is their way here."""


class Whole(Protocol):
    """A model of an order, from any ORM."""

    def verify(self) -> None:
        """Raise unless the order has its items."""
        ...


@measured
def order_model(order: Whole | str) -> None:
    """Take an order that was sent as a model, which the framework has already fetched.

    A warm-up sends the payload's name instead.
    """
    if not isinstance(order, str):
        order.verify()


@measured
def order_by_id(key: int) -> None:
    """Take an order's key and fetch it, as applications do if their framework sends no models."""
    importlib.import_module("tqbench.models_sqlalchemy").fetch(key).verify()


@measured
def ready(hold_ms: int) -> None:
    """Occupy the process, so that a round of these reaches every process of the pool.

    It blocks an event loop on purpose: a loop that could take a second one during the first
    would leave its siblings unproved.
    """
    time.sleep(hold_ms / 1000)


@measured
def fail() -> None:
    """Fail as an application would, to measure the framework's own error path."""
    raise RuntimeError("planned failure")


class APIError(RuntimeError):
    """The mock API refused, as it does at a stated rate, to test a framework's retry."""


def call(method: str, path: str) -> None:
    """Call the mock API. A process keeps its connections.

    Imports the library at the first call: a worker's start is its framework's, not ours.
    """
    pool = _pools.get(os.getpid())
    if pool is None:
        pool = _pools[os.getpid()] = importlib.import_module("urllib3").PoolManager(maxsize=200)
    answer = pool.request(method, f"{API}{path}", retries=False, timeout=30)
    if answer.status != HTTPStatus.OK:
        raise APIError(f"the mock API answered {answer.status}")
    answer.json()


def preload() -> None:
    """Import what the tasks import at their first call, and no more than they need.

    For processes that run few tasks: otherwise, the time of these tasks would be that of the imports.
    """
    if API:
        importlib.import_module("urllib3")
    if orders.URL:
        importlib.import_module("tqbench.models_sqlalchemy").preload()


@measured
def fetch(latency_ms: int) -> None:
    """Get a user from the mock API, which takes that long."""
    call("GET", f"/users/1?latency={latency_ms}")


def order_validate(seq: int, stride: int) -> None:
    """Look up an order and enqueue its charge. Task number seq + stride is the order's next step."""
    measured(call)(seq, "GET", f"/orders/{seq}?latency=150")
    outbox.send("order_charge", seq + stride, stride)


def charge_path(seq: int, stride: int) -> str:
    """Return the request that charges an order."""
    return f"/charges/{seq}?latency=200&error_rate=0.05&draw={seq % stride}"


def order_charge(seq: int, stride: int) -> None:
    """Charge an order and enqueue its confirmation. One in twenty is declined at first.

    The order's position in the stride decides, so that every run declines the same ones.
    """
    measured(call)(seq, "POST", charge_path(seq, stride))
    outbox.send("order_email", seq + stride, stride)


def order_email(seq: int, stride: int) -> None:
    """Confirm an order and enqueue the stock update."""
    measured(time.sleep)(seq, 0.1)
    outbox.send("order_inventory", seq + stride, stride)


def order_inventory(seq: int, stride: int) -> None:
    """Update the stock: the order's last step."""
    measured(time.sleep)(seq, 0.05)


# How often the light CPU task reads its document.
ROUNDS = 20


def parsed(text: str) -> object:
    """Read a JSON document."""
    return json.loads(text)


def digested(mebibytes: int) -> bytes:
    """Hash this much data, made here."""
    return hashlib.sha256(bytes(mebibytes << 20)).digest()


def derived(iterations: int) -> bytes:
    """Derive a key in that many iterations."""
    return hashlib.pbkdf2_hmac("sha256", b"x" * 64, b"salt", iterations)


def multiplied(n: int) -> str:
    """Multiply big numbers and write the last digits out."""
    return str(math.factorial(n) % 10**2000)


@measured
def parse() -> None:
    """Read a small JSON document 20 times: light work for the CPU, well under a millisecond."""
    for _ in range(ROUNDS):
        parsed(ITEMS)


@measured
def digest(mebibytes: int) -> None:
    """Hash much data: heavy work for the CPU that lets other threads run."""
    digested(mebibytes)


@measured
def pbkdf2(iterations: int) -> None:
    """Derive a key: pure CPU time, in C, without the interpreter's lock."""
    derived(iterations)


@measured
def factorial(n: int) -> None:
    """Multiply big numbers: pure CPU time, with the interpreter's lock."""
    multiplied(n)


BODIES: dict[str, Body] = {
    body.__name__: body
    for body in (
        *(noop, payload, ready, fail, fetch, parse, digest, pbkdf2, factorial),
        *(order_validate, order_charge, order_email, order_inventory, order_model, order_by_id),
    )
}
