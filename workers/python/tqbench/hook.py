"""Shared by the hooks for users' own tasks: a task's number is in its id; its arguments are the user's."""

from __future__ import annotations

import importlib
import os
import time
import uuid
from typing import Any, Iterable, NoReturn
from urllib.parse import urlsplit

from tqbench import failure, probe

VERSION = 8

# The prefix of the ids of tasks that a user's task enqueued. Only the trial's programs know it.
KIN = os.environ.get("TQBENCH_KIN", "")


# What of an application is replaced, as rows of the report.
settings: list[dict[str, str]] = []


def noted(name: str, value: str, was: str, why: str) -> None:
    """Note for the report what is replaced, once."""
    row = {"name": name, "value": value, "default": was, "why": why}
    if row not in settings:
        settings.append(row)


def arguments(names: Iterable[str]) -> None:
    """Note the arguments of one of the application's brokers. Their values may be secrets."""
    if listed := ", ".join(sorted(names)):
        why = "the application's broker is never used"
        noted("arguments of its broker", "those of the set-up", listed, why)


def loaded(name: str) -> Any:
    """Import MODULE or MODULE:OBJECT, and return the module or the object."""
    module, _, attribute = name.partition(":")
    thing: Any = importlib.import_module(module)
    for part in attribute.split(".") if attribute else ():
        if not hasattr(thing, part):
            raise SystemExit(f"{module} has no {attribute}")
        thing = getattr(thing, part)
    return thing


def address(url: object) -> str:
    """Return where a URL leads to, without its secrets."""
    at = urlsplit(str(url))
    return f"{at.hostname}:{at.port}" if at.port else str(at.hostname or at.path or "another broker")


def redis_address(client: Any) -> str:
    """Return where a client of Redis, or one of its pipelines, connects to."""
    pool = client.connection_pool
    to: Any = getattr(pool, "connection_kwargs", {})
    if service := getattr(pool, "service_name", None):
        return f"{service} of a Sentinel"
    return "{}/{}".format(
        to.get("path") or f"{to.get('host', 'localhost')}:{to.get('port', 6379)}", to.get("db") or 0
    )


def elsewhere(at: str) -> NoReturn:
    """End this process before it connects to another broker than the trial's."""
    app = os.environ["TQBENCH_APP"]
    failure.end(f"{app} would connect to {at}, not to the trial's broker: it sets its broker late")


def number(task_id: str) -> int:
    """Return the number of a task that the harness sent, or -1 for any other."""
    try:
        value = uuid.UUID(task_id)
    except ValueError:
        return -1
    return value.int & ((1 << 56) - 1) if value.version == VERSION else -1


def identify(seq: int) -> str:
    """Make the id of task number seq."""
    value = (uuid.uuid4().int & ~((1 << 56) - 1)) | seq
    return str(uuid.UUID(int=(value & ~(0xF << 76)) | (VERSION << 76)))


def kin() -> str:
    """Make the id of a task that another one enqueued."""
    return str(uuid.UUID(KIN + uuid.uuid4().hex[len(KIN) :]))


class Kin:
    """Replaces the uuid module where a worker names tasks: ids identify those that a task enqueues."""

    @staticmethod
    def uuid4() -> str:
        """Return an id that only we make."""
        return kin()


class Following:
    """Replaces the uuid module where a client names tasks: each task gets the id that is next."""

    next = ""

    @classmethod
    def uuid4(cls) -> str:
        """Return the id of the task being sent."""
        return cls.next


def expected(task_id: str) -> bool:
    """Report whether the harness sent the task, directly or through another task."""
    return number(task_id) >= 0 or (bool(KIN) and task_id.startswith(KIN))


def failed(task_id: str, error: BaseException) -> None:
    """Note why a task failed that the harness sent."""
    if number(task_id) >= 0:
        failure.note(error)


def ready(seq: int, hold_ms: int) -> None:
    """Occupy the process, so that a round of these reaches every process of the pool."""
    started = probe.now()
    time.sleep(hold_ms / 1000)
    probe.record(seq, started, probe.now(), probe.OK)
