"""Write one fixed-size record when a task ends.

Record (little-endian, 32 bytes): sequence number u64, started ns u64, finished ns u64, pid u32,
attempt u16, outcome u8, version u8. Times are CLOCK_MONOTONIC, the clock the harness reads.

Each process appends to its own file, one write(2) a record and no buffer, so that a process killed
with SIGKILL loses nothing that it finished. All frameworks use this module as it is: what the probe
costs, it costs all.
"""

import itertools
import os
import struct
from time import monotonic_ns

VERSION = 1
OK = 1
FAILED = 2

# The numbers of tasks that the harness did not send have this bit, which it never gives.
FOREIGN = 1 << 63
_foreign = itertools.count()

_pack = struct.Struct("<QQQIHBB").pack
_directory = os.environ.get("TQBENCH_PROBE_DIR", "")
_fd = -1
_pid = 0
_shared = False


def _open() -> int:
    """Open this process's file; a pool child that was forked opens its own."""
    global _fd, _pid
    _pid = os.getpid()
    path = os.path.join(_directory, f"{_pid}.probe")
    _fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    return _fd


def share() -> None:
    """Open this process's file now, for the processes that it forks, too.

    For a worker that forks a process a task, which would else be a file a task. Each record has the number of
    the worker, by which workers are counted.
    """
    global _shared
    _shared = True
    if _fd < 0:
        _open()


def _forked() -> None:
    """Drop the parent's file after a fork, so that the child never writes into it, unless it is shared."""
    global _fd
    if not _shared and _fd >= 0:
        os.close(_fd)
        _fd = -1


os.register_at_fork(after_in_child=_forked)


def record(seq: int, started: int, finished: int, outcome: int) -> None:
    """Append one record. The attempt is left 0: the harness counts records of one sequence number."""
    fd = _fd if _fd >= 0 else _open()
    try:
        row = _pack(seq, started, finished, _pid, 0, outcome, VERSION)
    except struct.error:  # no number that was ever sent
        foreign()
        return
    os.write(fd, row)


def foreign() -> None:
    """Append the record of a task that the harness did not send: each has a number of its process."""
    moment = now()
    record(FOREIGN | os.getpid() << 32 | next(_foreign) & 0xFFFFFFFF, moment, moment, OK)


def now() -> int:
    """Nanoseconds of CLOCK_MONOTONIC."""
    return monotonic_ns()
