"""The order as Tortoise's models. Fetching one fetches its items, in a second query."""

from typing import Any, cast

from tortoise import fields
from tortoise.manager import Manager
from tortoise.models import Model

from tqbench import orders


class Whole(Manager):
    """Fetches orders with their items."""

    def get_queryset(self) -> Any:
        """Add the items to the query."""
        return cast("Any", super()).get_queryset().prefetch_related("items")


class Order(Model):
    """An order."""

    id = fields.IntField(primary_key=True)
    customer = fields.TextField()
    status = fields.TextField()

    items: fields.ReverseRelation[Item]

    class Meta(Model.Meta):
        """The table."""

        table = orders.ORDER_TABLE
        manager = Whole()

    def verify(self) -> None:
        """Raise unless the order has its items."""
        orders.verify((i.quantity, i.cents) for i in self.items)


class Item(Model):
    """A line of an order."""

    id = fields.IntField(primary_key=True)
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField("tqbench.Order", related_name="items")
    sku = fields.TextField()
    name = fields.TextField()
    quantity = fields.IntField()
    cents = fields.IntField()

    class Meta(Model.Meta):
        """The table."""

        table = orders.ITEM_TABLE


def config() -> dict[str, Any]:
    """Return the arguments of Tortoise.init.

    Tortoise depends on the context, and each task has its own. Without the fallback, AsyncTasQ sets up
    Tortoise for every task, and the connections stay open until the server accepts no more.
    """
    return {
        "db_url": orders.URL.replace("postgresql://", "asyncpg://", 1),
        "modules": {"tqbench": [__name__]},
        "_enable_global_fallback": True,
    }


def make() -> Order:
    """Make the order as an application has it before sending."""
    return Order(**orders.columns())
