"""Declare a Celery queue through Kombu, which creates the tables if the broker is a database.

python -m contenders.celery.declare MODULE QUEUE, where the module has the app
"""

import importlib
import sys
from typing import Any


def main() -> None:
    """Declare the named queue."""
    module, queue = sys.argv[1:]
    app: Any = importlib.import_module(module).app
    with app.connection_for_write() as connection:
        app.amqp.queues[queue](connection.default_channel).declare()


if __name__ == "__main__":
    main()
