"""The tasks as Dramatiq registers them, and the settings that its command line lacks.

Environment, besides TQBENCH_BROKER (redis or rabbitmq) and TQBENCH_BROKER_URL. Unset means as installed.

TQBENCH_QUEUE     the queue to send to, and the namespace of all keys in Redis
TQBENCH_QUEUES    all queues, separated by commas: Dramatiq only listens to those its application declares
TQBENCH_SETTINGS  JSON: {"broker": keyword arguments of the broker's class, "actor": of each actor,
                  "tls": what RabbitMQ's URL says about TLS, by Pika's names}
"""

import os
from asyncio import run
from typing import Any, cast
from uuid import uuid4

import dramatiq
from dramatiq.broker import Broker, MessageProxy
from dramatiq.encoder import JSONEncoder, MessageData

from contenders.dramatiq.connect import REDIS, SETTINGS
from contenders.dramatiq.connect import broker as connect
from tqbench import probe, tasks

__all__ = ["broker", "run", "send"]

QUEUE = os.environ.get("TQBENCH_QUEUE", "default")

# A message's required and optional fields.
NEEDED = {"queue_name", "actor_name", "args", "kwargs", "options"}
KNOWN = NEEDED | {"message_id", "message_timestamp"}


class _Encoder(JSONEncoder):
    """The framework's class, plus a record of each message that it can't read."""

    def decode(self, data: bytes) -> MessageData:
        fields: Any = None
        try:
            fields = super().decode(data)
            return fields
        finally:
            if not (isinstance(fields, dict) and NEEDED <= cast("dict[str, Any]", fields).keys() <= KNOWN):
                probe.foreign()


class _Watch(dramatiq.Middleware):
    """Watch the messages that a worker gets and refuses: the harness didn't send them all."""

    def after_process_boot(self, broker: Broker) -> None:
        """Watch messages in workers only, so that no client is slower."""
        dramatiq.set_encoder(_Encoder())

    def after_nack(self, broker: Broker, message: MessageProxy) -> None:
        """Record a task without an actor. Our tasks that failed for good leave their own records."""
        if message.actor_name not in tasks.BODIES:
            probe.foreign()


broker = connect()
broker.add_middleware(_Watch())
dramatiq.set_broker(broker)
for _name, _body in tasks.BODIES.items():
    dramatiq.actor(actor_name=_name, queue_name=QUEUE, **SETTINGS.get("actor", {}))(_body)
for _queue in os.environ.get("TQBENCH_QUEUES", QUEUE).split(","):
    broker.declare_queue(_queue)


def send(name: str, seq: int, *args: object) -> None:
    """Enqueue one task as an application does."""
    broker.get_actor(name).send(seq, *args)


def encode(name: str, seq: int, *args: object) -> bytes:
    """Make the message that a worker gets; in Redis it also has its position."""
    message = cast("Any", broker.get_actor(name)).message(seq, *args)
    if REDIS:
        message = message.copy(options={"redis_message_id": str(uuid4())})
    return message.encode()


def decode(message: bytes) -> tuple[object, ...]:
    """Read the task's arguments from a message, as a worker does."""
    return dramatiq.Message.decode(message).args


tasks.outbox.send = send
