"""A web application that enqueues tasks by Celery, whose client blocks: its endpoint runs in a thread."""

import importlib
import os
from typing import Any

from fastapi import FastAPI

tasks: Any = importlib.import_module(os.environ["TQBENCH_WEB_TASKS"])
TASK = os.environ["TQBENCH_WEB_TASK"]

app = FastAPI()


@app.get("/plain")
async def plain() -> dict[str, str]:
    """Answer without the queue: what any request costs."""
    return {"status": "ok"}


@app.post("/dispatch", status_code=202)
def dispatch(seq: int) -> dict[str, int]:
    """Enqueue task number seq."""
    tasks.send(TASK, seq)
    return {"seq": seq}
