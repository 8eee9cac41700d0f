"""An example of your own Celery application. tqbench runs its task unchanged."""

from celery import Celery

app = Celery("shop", broker="redis://localhost:6379/0")
BULK = 10  # articles from which the discount applies


@app.task
def price(article: str, quantity: int) -> float:
    """Compute the price of some articles, with a discount on many."""
    each = 1 + sum(map(ord, article)) % 50
    discount = 0.9 if quantity >= BULK else 1.0
    return each * quantity * discount
