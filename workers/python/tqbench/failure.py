"""Note why a task failed, for the report.

Each process writes the first exception once, to PID.failure next to its probe file: a line of its type and
text, and a line of the innermost frame, such as "in shop.py, line 7".
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

from tqbench import probe

LIMIT = 1024  # bytes of a file

_directory = os.environ.get("TQBENCH_PROBE_DIR", "")
_noted = 0


def note(error: BaseException) -> None:
    """Write an exception unless this process has written one. An error here is no error of the task's."""
    global _noted
    if _noted == os.getpid():
        return
    _noted = os.getpid()
    text = type(error).__name__
    with suppress(Exception):  # its text is the application's own code
        text = f"{text}: {str(error)[:LIMIT]}"
    place = _place(error)
    line = _cut(" ".join(text.split()).rstrip(":"), LIMIT - len(place) - 1)
    path = os.path.join(_directory, f"{probe.process()}.failure")
    with suppress(OSError), open(path, "xb") as file:
        file.write(line + b"\n" + place)


def end(why: str) -> NoReturn:
    """End this process before it does what it must not, such as reaching another broker than the trial's."""
    note(ConnectionError(why))
    sys.stderr.write(why + "\n")
    sys.stderr.flush()
    os._exit(os.EX_CONFIG)


def _place(error: BaseException) -> bytes:
    """Return the innermost frame, or nothing if there is none."""
    at = error.__traceback__
    if at is None:
        return b""
    while at.tb_next is not None:
        at = at.tb_next
    name = os.path.basename(at.tb_frame.f_code.co_filename)
    return _cut(f"in {name}, line {at.tb_lineno}\n", LIMIT // 2)


def _cut(text: str, limit: int) -> bytes:
    """Return at most limit bytes of text, in whole characters."""
    return text.encode(errors="backslashreplace")[:limit].decode(errors="ignore").encode()
