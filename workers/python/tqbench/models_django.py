"""The order as Django's models. Fetching one fetches its items, in a second query."""

from typing import Any, cast
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

from tqbench import orders

_at = urlsplit(orders.URL)
if not settings.configured:
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": _at.hostname,
                "PORT": _at.port,
                "USER": unquote(_at.username or ""),
                "PASSWORD": unquote(_at.password or ""),
                "NAME": _at.path.removeprefix("/"),
                # Keeps a connection, as the other ORMs do.
                "CONN_MAX_AGE": None,
            }
        }
    )
    django.setup()

from django.db import models  # noqa: E402 - models need the settings

# Django's own code has no types.
_cascade: Any = cast("Any", models).CASCADE


class Whole(models.Manager):
    """Fetches orders with their items."""

    def get_queryset(self) -> Any:
        """Add the items to the query."""
        return cast("Any", super()).get_queryset().prefetch_related("items")


class Order(models.Model):
    """An order."""

    id = models.IntegerField(primary_key=True)
    customer = models.TextField()
    status = models.TextField()

    objects = Whole()

    class Meta:
        """The table."""

        app_label = "tqbench"
        db_table = orders.ORDER_TABLE
        managed = False

    def verify(self) -> None:
        """Raise unless the order has its items."""
        made: Any = self
        orders.verify((i.quantity, i.cents) for i in made.items.all())


class Item(models.Model):
    """A line of an order."""

    id = models.IntegerField(primary_key=True)
    order = models.ForeignKey(Order, _cascade, related_name="items")
    sku = models.TextField()
    name = models.TextField()
    quantity = models.IntegerField()
    cents = models.IntegerField()

    class Meta:
        """The table."""

        app_label = "tqbench"
        db_table = orders.ITEM_TABLE
        managed = False


def make() -> Order:
    """Make the order as an application has it before sending."""
    return Order(**orders.columns())
