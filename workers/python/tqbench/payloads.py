"""Arguments of tasks in the payload scenario, by name."""

from __future__ import annotations

import datetime as dt
import importlib
import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from tqbench import orders


def small() -> object:
    """Make the most common arguments: a name and a number."""
    return {"id": 123, "name": "test"}


def nested() -> object:
    """Make a document of 100 fields, in ten groups of ten."""
    return {
        f"group{g}": {
            f"field{f}": {"id": g * 10 + f, "name": f"item {f}", "price": f * 1.25, "tags": ["a", "b"]}
            for f in range(10)
        }
        for g in range(10)
    }


def complex_types() -> object:
    """Make values that JSON has no form for, but Python programs pass anyway."""
    return {
        "at": dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC),
        "on": dt.date(2026, 1, 2),
        "price": Decimal("1234567.89"),
        "id": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    }


def sets() -> object:
    """Make a set, which is an extension type in MessagePack and missing in JSON."""
    return {"tags": {"a", "b", "c"}}


def binary() -> object:
    """Make a mebibyte that isn't text and doesn't compress."""
    return bytes(range(256)) * 4096


def model(orm: str) -> object:
    """Make an order as a model of that ORM, which only some points have."""
    return importlib.import_module(f"tqbench.models_{orm}").make()


MAKERS: dict[str, Callable[[], object]] = {
    "small": small,
    "nested": nested,
    "complex": complex_types,
    "set": sets,
    "binary": binary,
    "order": orders.order,
    **{orm: partial(model, orm) for orm in ("sqlalchemy", "django", "tortoise")},
}

PREFIX = "payload:"


def expand(args: list[object]) -> list[object]:
    """Replace each payload:NAME by its value."""
    return [
        MAKERS[a.removeprefix(PREFIX)]() if isinstance(a, str) and a.startswith(PREFIX) else a for a in args
    ]
