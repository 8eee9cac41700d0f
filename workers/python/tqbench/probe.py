"""Write one fixed-size record when a task ends.

Record (little-endian, 32 bytes): sequence number u64, started ns u64, finished ns u64, pid u32,
attempt u16, outcome u8, version u8. Times are CLOCK_MONOTONIC, the clock the harness reads.

Each process appends to its own file, with one write(2) per record and no buffer, so that a process killed
with SIGKILL loses no finished task. All frameworks use this module unchanged: the probe costs all of
them the same.
"""

import itertools
import os
import struct
from time import monotonic_ns

VERSION = 1
OK = 1
FAILED = 2

# Set in numbers of tasks that the harness did not send; the harness never sets it.
FOREIGN = 1 << 63
# Set in numbers of tasks that a task of the harness enqueued.
FOLLOWED = 1 << 62
_other = itertools.count()

_pack = struct.Struct("<QQQIHBB").pack
_directory = os.environ.get("TQBENCH_PROBE_DIR", "")
_fd = -1
_pid = 0
_shared = False


def _open() -> int:
    """Open this process's file; a forked pool child opens its own."""
    global _fd, _pid
    _pid = os.getpid()
    path = os.path.join(_directory, f"{_pid}.probe")
    _fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    return _fd


def share() -> None:
    """Open this process's file now, to share it with the processes that it forks.

    For a worker that forks a process per task, as one file per task would be too many. Each record has the
    worker's number, to count workers.
    """
    global _shared
    _shared = True
    if _fd < 0:
        _open()


def process() -> int:
    """Return the number that this process's records have."""
    return _pid if _shared else os.getpid()


def _forked() -> None:
    """Drop the parent's file after a fork, so that the child never writes into it, unless it is shared."""
    global _fd
    if not _shared and _fd >= 0:
        os.close(_fd)
        _fd = -1


os.register_at_fork(after_in_child=_forked)


def record(seq: int, started: int, finished: int, outcome: int) -> None:
    """Append one record. The attempt stays 0: the harness counts the records of each sequence number."""
    fd = _fd if _fd >= 0 else _open()
    try:
        row = _pack(seq, started, finished, _pid, 0, outcome, VERSION)
    except struct.error:  # never a sent number
        foreign()
        return
    os.write(fd, row)


def foreign() -> None:
    """Append the record of a task that the harness did not send: numbered within its process."""
    _numbered(FOREIGN)


def followed() -> None:
    """Append the record of a task that a task of the harness enqueued: numbered within its process."""
    _numbered(FOLLOWED)


def _numbered(mark: int) -> None:
    moment = now()
    record(mark | os.getpid() << 32 | next(_other) & 0xFFFFFFFF, moment, moment, OK)


def now() -> int:
    """Nanoseconds of CLOCK_MONOTONIC."""
    return monotonic_ns()
