"""Dramatiq actors on a broker from the environment, with results, two queues and a pipeline."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends.redis import RedisBackend

URL = os.environ.get("SHOP_REDIS_URL", "redis://shop.invalid:6379/0")
broker = RedisBroker(url=URL, namespace="shop")
broker.add_middleware(Results(backend=RedisBackend(url=URL)))
dramatiq.set_broker(broker)

PRICES = {"pencil": 120, "paper": 450}


@dramatiq.actor(queue_name="orders", max_retries=3)
def order(article: str, quantity: int = 1) -> None:
    """Take an order: confirm it by mail, and note its price for the books."""
    confirm.send(article)
    (price.message(article, quantity) | book.message()).run()


@dramatiq.actor(queue_name="emails")
def confirm(article: str) -> str:
    """Write the customer's mail."""
    return f"ordered: {article}"


@dramatiq.actor(store_results=True)
def price(article: str, quantity: int) -> int:
    """Compute a price."""
    return PRICES[article] * quantity


@dramatiq.actor(queue_name="books", actor_name="books.enter")
def book(total: int) -> str:
    """Write an entry of the books."""
    return f"total: {total / 100:.2f} EUR"
