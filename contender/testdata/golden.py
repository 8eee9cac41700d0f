"""Send the golden tasks through the framework's own client. Run with the framework's environment:

python golden.py MODULE '[{"name": "noop", "seq": 1, "args": []}, ...]'
"""

import importlib
import json
import sys


async def main(app, tasks: list[dict]) -> None:
    for t in tasks:
        waiting = app.send(t["name"], t["seq"], *t["args"])
        if waiting is not None:
            await waiting


if __name__ == "__main__":
    module = importlib.import_module(sys.argv[1])
    module.run(main(module, json.loads(sys.argv[2])))
