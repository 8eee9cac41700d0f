"""Shelf, a task queue in a hundred lines: tasks are rows of an SQLite file.

shelf.py client FILE enqueues, with the line protocol; shelf.py worker FILE runs tasks, one at a time.
"""

import json
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from typing import Any

import probe

IDLE = 0.005  # how long a worker sleeps when nothing waits, in seconds
ATTEMPTS = 3


def connect(path: str) -> sqlite3.Connection:
    """Open the store, and create its table."""
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(
        "CREATE TABLE IF NOT EXISTS shelf (id INTEGER PRIMARY KEY, task TEXT NOT NULL, args TEXT NOT NULL,"
        " seq INTEGER NOT NULL, taken INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0)"
    )
    return db


def send(db: sqlite3.Connection, tasks: list[dict[str, Any]]) -> int:
    """Enqueue tasks, all or none."""
    db.execute("BEGIN IMMEDIATE")
    rows = [(t["task"], t["seq"], json.dumps(t["args"][1:])) for t in tasks]
    db.executemany("INSERT INTO shelf (task, seq, args) VALUES (?, ?, ?)", rows)
    db.execute("COMMIT")
    return len(rows)


def client(path: str) -> None:
    """Answer each line of standard input with one on standard output."""
    db = connect(path)
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, int] = {"tqbench": 1}
        if "send" in asked:
            answer = {"taken": send(db, asked["send"])}
        elif "depth" in asked:
            answer = {"depth": db.execute("SELECT count(*) FROM shelf").fetchone()[0]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def hold(milliseconds: int) -> None:
    """Occupy the process."""
    time.sleep(milliseconds / 1000)


def fail() -> None:
    """Fail as an application would."""
    raise RuntimeError("planned failure")


TASKS: dict[str, Callable[..., None]] = {"noop": lambda: None, "ready": hold, "fail": fail}


def run(task: str, seq: int, args: list[Any]) -> bool:
    """Run a task, and report whether it succeeded."""
    if task not in TASKS:
        probe.foreign()
        return True
    started, outcome = probe.now(), probe.FAILED
    try:
        TASKS[task](*args)
        outcome = probe.OK
    except Exception as e:  # any error of a task
        sys.stderr.write(f"task {task} failed: {e}\n")
    probe.record(seq, started, probe.now(), outcome)
    return outcome == probe.OK


def worker(path: str) -> None:
    """Run waiting tasks until SIGTERM. A task leaves the shelf when it has ended."""
    going = True

    def stop(*_: object) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, stop)
    db = connect(path)
    take = (
        "UPDATE shelf SET taken = 1, attempts = attempts + 1 WHERE id ="
        " (SELECT id FROM shelf WHERE NOT taken ORDER BY id LIMIT 1) RETURNING id, task, seq, args, attempts"
    )
    while going:
        row = db.execute(take).fetchall()
        if not row:
            time.sleep(IDLE)
            continue
        ident, task, seq, args, attempts = row[0]
        if run(task, seq, json.loads(args)) or attempts >= ATTEMPTS:
            db.execute("DELETE FROM shelf WHERE id = ?", (ident,))
        else:
            time.sleep(1)
            db.execute("UPDATE shelf SET taken = 0 WHERE id = ?", (ident,))


if __name__ == "__main__":
    {"client": client, "worker": worker}[sys.argv[1]](sys.argv[2])
