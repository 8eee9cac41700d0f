"""Tasks on the database."""

from celery import shared_task
from django.db import transaction

from orders.models import Order


@shared_task
def place(title: str, quantity: int = 1) -> int:
    """Store an order, and have it packed once it is committed."""
    with transaction.atomic():
        order = Order.objects.create(title=title, quantity=quantity)
        transaction.on_commit(lambda: pack.delay(order.pk))
    return order.pk


@shared_task
def pack(order_id: int) -> str:
    """Read an order back."""
    return str(Order.objects.get(pk=order_id))
