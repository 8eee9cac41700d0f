"""An example of your own Celery application. tqbench runs its task unchanged."""

from celery import Celery

app = Celery("shop", broker="redis://localhost:6379/0")


@app.task
def price(article: str, quantity: int) -> float:
    """The price of some articles, with a discount on many."""
    each = 1 + sum(map(ord, article)) % 50
    discount = 0.9 if quantity >= 10 else 1.0
    return each * quantity * discount
