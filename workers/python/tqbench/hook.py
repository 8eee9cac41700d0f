"""Shared by the hooks for users' own tasks: a task's number is in its id; its arguments are the user's."""

import os
import time
import uuid

from tqbench import failure, probe

VERSION = 8

# The prefix of the ids of tasks that a user's task enqueued. Only the trial's workers know it.
KIN = os.environ.get("TQBENCH_KIN", "")


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
