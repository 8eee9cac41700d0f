"""Enqueue through a framework's own Python API, on the harness's schedule: one process, one caller.

Talks to the harness through files next to its output OUT: creates OUT.ready when connected and warm, waits
for OUT.start with the order and its start (ns of CLOCK_MONOTONIC), sends, renames OUT into place, and waits
for the next order. The harness removes OUT before that. Task i is due at start + i * period_ns // rate; with
rate 0 (a backlog) each is due when the one before was accepted. Its kind is order[i], an index into kinds; an
empty order means a single kind.

Writes one record per task (little-endian, 32 bytes): sequence number, intended, sent, acked (u64 each).
"""

from __future__ import annotations

import asyncio
import importlib
import json
import struct
import sys
from pathlib import Path
from typing import Awaitable, Callable, TypedDict

from tqbench import payloads, probe

Send = Callable[..., "Awaitable[None] | None"]


class Kind(TypedDict):
    """A kind of task."""

    task: str
    args: list[object]


class Spec(TypedDict):
    """The sender, and what it sends first."""

    app: str
    kinds: list[Kind]
    warm_first: int
    warm_count: int
    out: str


class Order(TypedDict):
    """The order from the harness."""

    start: int
    order: list[int]
    first: int
    count: int
    rate: int
    period_ns: int


async def _send(send: Send, kind: Kind, seq: int) -> None:
    waiting = send(kind["task"], seq, *kind["args"])
    if waiting is not None:
        await waiting


async def _until(due: int) -> None:
    """Sleep until shortly before due, then give up the processor without sleeping."""
    while (left := due - probe.now()) > 0:
        await asyncio.sleep(max(0.0, (left - 200_000) / 1e9))


async def drive(send: Send, spec: Spec) -> None:
    """Send the warm-up tasks, then what each order asks for, until the harness ends the process."""
    kinds = spec["kinds"]
    for k in kinds:
        k["args"] = payloads.expand(k["args"])
    for seq in range(spec["warm_first"], spec["warm_first"] + spec["warm_count"]):
        await _send(send, kinds[0], seq)
    out = Path(spec["out"])
    out.with_name(out.name + ".ready").touch()
    word = out.with_name(out.name + ".start")
    while True:
        # Seldom, as it waits during a measurement.
        while not word.exists():
            await asyncio.sleep(0.01)
        order: Order = json.loads(word.read_text())
        word.unlink()
        rows = await _follow(send, kinds, order)
        part = out.with_name(out.name + ".part")
        part.write_bytes(rows)
        part.rename(out)


async def _follow(send: Send, kinds: list[Kind], order: Order) -> bytearray:
    """Send the tasks of an order, and return when each was accepted."""
    start, rate, period, first = order["start"], order["rate"], order["period_ns"], order["first"]
    kind = order["order"]
    row = struct.Struct("<QQQQ")
    rows = bytearray()
    for i in range(order["count"]):
        if rate:
            due = start + i * period // rate
            await _until(due)
            sent = probe.now()
        else:
            due = sent = probe.now()
        await _send(send, kinds[kind[i]] if kind else kinds[0], first + i)
        rows += row.pack(first + i, due, sent, probe.now())
    return rows


def main() -> None:
    """Follow the specification whose path is on the command line."""
    spec: Spec = json.loads(Path(sys.argv[1]).read_text())
    app = importlib.import_module(spec["app"])
    app.run(drive(app.send, spec))


if __name__ == "__main__":
    main()
