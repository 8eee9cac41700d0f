"""Enqueue one task in a new process, and write how many nanoseconds that took, including the connection.

Arguments: the module with the app, the task's name, its number, the file for the time.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Awaitable, Callable

from tqbench import probe

Send = Callable[..., "Awaitable[None] | None"]


async def enqueue(send: Send, name: str, seq: int) -> int:
    """Enqueue the task and return how long it took."""
    began = probe.now()
    waiting = send(name, seq)
    if waiting is not None:
        await waiting
    return probe.now() - began


def main() -> None:
    """Follow the command line."""
    module, name, seq, out = sys.argv[1:]
    app = importlib.import_module(module)
    Path(out).write_text(str(app.run(enqueue(app.send, name, int(seq)))))


if __name__ == "__main__":
    main()
