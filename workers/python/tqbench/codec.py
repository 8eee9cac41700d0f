"""Time how long a framework takes to make a message of a task and a task of a message, in this process.

python -m tqbench.codec APP TASK '["payload:small"]' ROUNDS prints one JSON object: nanoseconds of each round,
the message's size, whether arguments came back unchanged, or why they can't be carried.
"""

import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

from tqbench import payloads, probe


def timed(work: Callable[[], object]) -> int:
    """Return how many nanoseconds it takes."""
    began = probe.now()
    work()
    return probe.now() - began


def main() -> None:
    """Follow the command line."""
    app: Any = importlib.import_module(sys.argv[1])
    task, args, rounds = sys.argv[2], payloads.expand(json.loads(sys.argv[3])), int(sys.argv[4])
    # Looked up here: an app without them must not look like a framework that refuses a type.
    encode, decode = app.encode, app.decode
    result: dict[str, object] = {"encode_ns": [], "decode_ns": []}
    try:
        message = encode(task, 1, *args)
        back = decode(message)
    except Exception as e:  # any error of the framework for a type that it can't carry
        result["refused"] = f"{type(e).__name__}: {e}"
    else:
        result["bytes"] = len(message)
        result["same"] = list(back) == [1, *args]
        # Separately: making a message right after a wait for a database would find cold caches.
        result["encode_ns"] = [timed(lambda: encode(task, 1, *args)) for _ in range(rounds)]
        result["decode_ns"] = [timed(lambda: decode(message)) for _ in range(rounds)]
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
