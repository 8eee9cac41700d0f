"""An order with its items: the rows of a database, and the document to send without an ORM."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypedDict

URL = os.environ.get("TQBENCH_DATABASE_URL", "")

ORDER_TABLE, ITEM_TABLE = "orders", "order_items"


class Item(TypedDict):
    """A line of an order."""

    id: int
    sku: str
    name: str
    quantity: int
    cents: int


class Order(TypedDict):
    """An order and its lines."""

    id: int
    customer: str
    status: str
    items: list[Item]


KEY = 1


def order() -> Order:
    """Make the one order that the database has, with 20 items."""
    return {
        "id": KEY,
        "customer": "customer@example.com",
        "status": "paid",
        "items": [
            {"id": i, "sku": f"SKU-{i:05}", "name": f"Item number {i}", "quantity": i, "cents": i * 125}
            for i in range(1, 21)
        ],
    }


def columns() -> dict[str, int | str]:
    """Make the order's own row, without its items."""
    return {name: value for name, value in order().items() if isinstance(value, int | str)}


def verify(lines: Iterable[tuple[int, int]]) -> None:
    """Raise unless quantities and prices match the order: the fetch must be complete."""
    want = sum(item["quantity"] * item["cents"] for item in order()["items"])
    if (total := sum(quantity * cents for quantity, cents in lines)) != want:
        raise ValueError(f"the order comes to {total} cents, not to {want}")
