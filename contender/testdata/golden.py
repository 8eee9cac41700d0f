"""Send the golden tasks through the framework's own client. Run with the framework's environment:

python golden.py asynctasq|celery '[{"name": "noop", "seq": 1, "args": []}, ...]'
"""

import asyncio
import importlib
import json
import sys


async def main(framework: str, tasks: list[dict]) -> None:
    app = importlib.import_module(f"tqbench.{framework}_app")
    for t in tasks:
        task = getattr(app, t["name"])
        if framework == "asynctasq":
            await task(t["seq"], *t["args"]).dispatch()
        else:
            task.delay(t["seq"], *t["args"])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
