"""An app with a .env file, its own serializer and compressed messages."""

import os
from pathlib import Path

from celery import Celery
from dotenv import load_dotenv

load_dotenv(Path(__file__).with_name("prices.env"))

app = Celery("prices")
app.conf.update(
    task_serializer="pickle",
    accept_content=["pickle"],
    task_compression="gzip",
    task_protocol=1,
    broker_read_url=os.environ["PRICES_BROKER_URL"],
    broker_write_url=os.environ["PRICES_BROKER_URL"],
    broker_use_ssl={"ssl_cert_reqs": 0},
    task_always_eager=bool(os.environ.get("PRICES_EAGER")),
)


class Price(app.Task):
    """A task that is a class."""

    name = "price"

    def run(self, article: str, *, quantity: int = 1) -> int:
        """Compute a price."""
        return len(article) * quantity


app.register_task(Price())
