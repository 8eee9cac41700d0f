"""Declare Celery's queue through Kombu, which makes its tables where the broker is a database."""

from typing import Any, cast

from tqbench.celery_app import QUEUE, app


def main() -> None:
    """Declare the queue that tasks go to."""
    with cast("Any", app).connection_for_write() as connection:
        app.amqp.queues[QUEUE](connection.default_channel).declare()


if __name__ == "__main__":
    main()
