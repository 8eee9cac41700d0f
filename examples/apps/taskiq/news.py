"""Taskiq tasks, async and not, on brokers for two queues from the environment, with results."""

import asyncio
import os
from typing import Annotated

from taskiq import Context, TaskiqDepends
from taskiq_redis import ListQueueBroker, RedisAsyncResultBackend

URL = os.environ.get("NEWS_REDIS_URL", "redis://news.invalid:6379/0")
broker = ListQueueBroker(URL, queue_name="news").with_result_backend(RedisAsyncResultBackend(URL))
mails = ListQueueBroker(URL, queue_name="mails")


@broker.task
async def publish(title: str, context: Annotated[Context, TaskiqDepends()], *, topics: int = 1) -> str:
    """Publish an article: mail it to its readers, and count its words in another queue."""
    await mail.kiq(title)
    counting = f"count-{context.message.task_id}"
    await count.kicker().with_labels(queue_name="counts").with_task_id(counting).kiq(title)
    await asyncio.sleep(0)
    return f"{title} ({topics})"


@mails.task(task_name="mails.send")
async def mail(title: str) -> str:
    """Write a mail."""
    return f"Read: {title}"


@broker.task(retry_on_error=True)
def count(title: str) -> int:
    """Count words."""
    return len(title.split())
