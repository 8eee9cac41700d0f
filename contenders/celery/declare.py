"""Declare a Celery queue through Kombu, which creates the tables if the broker is a database.

python -m contenders.celery.declare QUEUE
"""

import sys
from typing import Any, cast

from contenders.celery.app import app


def main() -> None:
    """Declare the named queue."""
    with cast("Any", app).connection_for_write() as connection:
        app.amqp.queues[sys.argv[1]](connection.default_channel).declare()


if __name__ == "__main__":
    main()
