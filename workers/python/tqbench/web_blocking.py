"""A web application that enqueues tasks through a blocking client: its endpoint runs in a thread."""

import importlib
import os
from typing import Any

from fastapi import FastAPI

tasks: Any = importlib.import_module(os.environ["TQBENCH_WEB_TASKS"])
TASK = os.environ["TQBENCH_WEB_TASK"]
# Every user of the machine reaches loopback: without this path, they can't enqueue.
PREFIX = os.environ["TQBENCH_WEB_PREFIX"]

app = FastAPI(openapi_url=None)


@app.get(f"{PREFIX}/plain")
async def plain() -> dict[str, str]:
    """Answer without the queue: the cost of any request."""
    return {"status": "ok"}


@app.post(f"{PREFIX}/dispatch", status_code=202)
def dispatch(seq: int) -> dict[str, int]:
    """Enqueue task number seq."""
    tasks.send(TASK, seq)
    return {"seq": seq}
