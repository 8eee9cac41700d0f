"""A Celery application. The changes next to this file are made to it."""

from hashlib import pbkdf2_hmac

from celery import Celery

app = Celery("shop", broker="redis://localhost:6379/0")


@app.task(name="shop.sign")
def sign(number: int, lines: list[dict[str, str | int]]) -> str:
    """Sign an invoice."""
    text = f"{number}: {lines}"
    return pbkdf2_hmac("sha256", text.encode(), b"shop", 3000).hex()
