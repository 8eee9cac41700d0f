"""Create Procrastinate's tables, unless they are there: `procrastinate schema --apply` works only once.

python tables.py MODULE, where the module has the app
"""

import importlib
import sys
from typing import Any


def main() -> None:
    """Create what is missing."""
    app: Any = importlib.import_module(sys.argv[1]).app
    with app.open():
        if not app.check_connection():
            app.schema_manager.apply_schema()


if __name__ == "__main__":
    main()
