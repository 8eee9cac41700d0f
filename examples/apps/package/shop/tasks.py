"""Tasks in three queues: two by routes, one by its decorator."""

from typing import Any

from celery import Task, shared_task

PRICES = {"pencil": 120, "paper": 450}


@shared_task(bind=True)
def order(self: Task, article: str, quantity: int = 1) -> int:
    """Take an order: confirm it by mail, and note it for the books."""
    total = PRICES[article] * quantity
    confirm.delay(article, total)
    book.apply_async((self.request.id, total), queue="books", priority=6)
    return total


@shared_task(name="mail.confirm")
def confirm(article: str, total: int) -> str:
    """Write the customer's mail."""
    return f"{article}: {total / 100:.2f} EUR"


@shared_task(queue="books")
def book(order_id: str, total: int) -> dict[str, Any]:
    """Write an entry of the books."""
    return {"order": order_id, "total": total}
