"""A web application that enqueues tasks through an awaited client, connected while the application runs.

The module with the tasks has an asynchronous context `connected()` next to `send`.
"""

import importlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

tasks: Any = importlib.import_module(os.environ["TQBENCH_WEB_TASKS"])
TASK = os.environ["TQBENCH_WEB_TASK"]
# Every user of the machine reaches loopback: without this path, they can't enqueue.
PREFIX = os.environ["TQBENCH_WEB_PREFIX"]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    """Connect at the start, and disconnect at the end."""
    async with tasks.connected():
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.get(f"{PREFIX}/plain")
async def plain() -> dict[str, str]:
    """Answer without the queue: the cost of any request."""
    return {"status": "ok"}


@app.post(f"{PREFIX}/dispatch", status_code=202)
async def dispatch(seq: int) -> dict[str, int]:
    """Enqueue task number seq."""
    await tasks.send(TASK, seq)
    return {"seq": seq}
