"""The order as SQLAlchemy's models. Fetching one fetches its items, in a second query.

python -m tqbench.models_sqlalchemy creates the tables that all models share, and fills them.
"""

from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    configure_mappers,
    mapped_column,
    relationship,
    sessionmaker,
)

from tqbench import orders


@cache
def sessions() -> sessionmaker[Session]:
    """Keep connections for code that blocks."""
    url = make_url(orders.URL).set(drivername="postgresql+psycopg2")
    return sessionmaker(create_engine(url, pool_size=20), expire_on_commit=False)


@cache
def async_sessions() -> async_sessionmaker[Any]:
    """Keep connections for code that waits: a worker has one loop, and shares none with a fork."""
    url = make_url(orders.URL).set(drivername="postgresql+asyncpg")
    return async_sessionmaker(create_async_engine(url, pool_size=20), expire_on_commit=False)


class Base(DeclarativeBase):
    """Shared by the models."""

    # AsyncTasQ looks here for how to fetch a model.
    _asynctasq_session_factory: Any = async_sessions() if orders.URL else None


class Item(Base):
    """A line of an order."""

    __tablename__ = orders.ITEM_TABLE

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(f"{orders.ORDER_TABLE}.id"), index=True)
    sku: Mapped[str]
    name: Mapped[str]
    quantity: Mapped[int]
    cents: Mapped[int]


class Order(Base):
    """An order."""

    __tablename__ = orders.ORDER_TABLE

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    status: Mapped[str]
    items: Mapped[list[Item]] = relationship(lazy="selectin", order_by=Item.id)

    def __eq__(self, other: object) -> bool:
        """Report whether both are the same row, as the other ORMs' models do."""
        return isinstance(other, Order) and other.id == self.id

    def __hash__(self) -> int:
        """Hash the row."""
        return hash(self.id)

    def verify(self) -> None:
        """Raise unless the order has its items."""
        orders.verify((i.quantity, i.cents) for i in self.items)


def make() -> Order:
    """Make the order as an application has it before sending."""
    return Order(**orders.columns(), items=[Item(**item) for item in orders.order()["items"]])


def preload() -> None:
    """Do what the first fetch does before it connects. A fork may use the result, as nothing is connected."""
    sessions()
    configure_mappers()


def fetch(key: int) -> Order:
    """Fetch the order of that key."""
    with sessions()() as session:
        return session.get_one(Order, key)


async def fetch_async(key: int) -> Order:
    """Fetch the order of that key."""
    async with async_sessions()() as session:
        return await session.get_one(Order, key)


def main() -> None:
    """Create the tables and fill them."""
    session = sessions()()
    with session.begin():
        Base.metadata.create_all(session.connection())
        session.add(make())


if __name__ == "__main__":
    main()
