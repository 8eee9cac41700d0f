"""Results of a user's own tasks, as files in the trial's folder: for brokers that can't keep them."""

from __future__ import annotations

import hashlib
import os

_folder = os.path.join(os.environ.get("TQBENCH_PROBE_DIR", ""), "results")


def _path(key: str) -> str:
    return os.path.join(_folder, hashlib.sha256(key.encode()).hexdigest())


def put(key: str, data: bytes) -> None:
    """Store a result. A reader sees all of it or nothing."""
    os.makedirs(_folder, exist_ok=True)
    part = f"{_path(key)}.{os.getpid()}"
    with open(part, "wb") as file:
        file.write(data)
    os.replace(part, _path(key))


def get(key: str) -> bytes | None:
    """Return a result, or None if there is none yet."""
    try:
        with open(_path(key), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
