"""AsyncTasQ tasks: a function in a named queue, and a class. The broker is in the environment."""

import os

import asynctasq
from asynctasq import AsyncTask, task

asynctasq.init(
    {"driver": "redis", "redis": {"url": os.environ.get("MAIL_REDIS_URL", "redis://mail.invalid:6379/0")}}
)


@task(queue="emails")
async def send(to: str) -> str:
    """Write a mail, and note it."""
    await note(to).on_queue("notes").dispatch()
    return f"To: {to}"


@task(queue="notes")
async def note(to: str) -> int:
    """Note a mail."""
    return len(to)


class Digest(AsyncTask):
    """Write a digest: a task that is a class."""

    topic: str

    async def execute(self) -> str:
        """Write it."""
        return self.topic.title()
