"""The user's own Dramatiq application on the trial's broker, with the probe attached by a middleware."""

from __future__ import annotations

import inspect
import os
from asyncio import run
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import dramatiq
from dramatiq import broker as _global
from dramatiq import message as _message
from dramatiq.broker import Broker
from dramatiq.encoder import Encoder, JSONEncoder, MessageData

from contenders.dramatiq.redirect import QUEUE, ours, settle, theirs
from tqbench import hook, probe
from tqbench.hook import settings

if TYPE_CHECKING:
    from dramatiq.broker import MessageProxy

__all__ = ["broker", "names", "run", "send", "settings", "signature", "unlike"]

VERSION = dramatiq.__version__
READY = "contenders.dramatiq.hook.ready"
# Marks a task that a task enqueued under an id of the application's choice.
MARK = "tqbench_kin"

broker: Any = ours
_ids: Any = _message


class _Encoder(Encoder):
    """The application's encoder, which also reads readiness tasks, plus a record of what it can't read."""

    def __init__(self, theirs: Encoder) -> None:
        self.theirs = theirs

    def encode(self, data: MessageData) -> bytes:
        """Encode a message as the application does."""
        return self.theirs.encode(data)

    def decode(self, data: bytes) -> MessageData:
        """Decode a message."""
        try:
            return self.theirs.decode(data)
        except Exception:
            with suppress(Exception):
                fields = JSONEncoder().decode(data)
                if fields["actor_name"] == READY:
                    return fields
            probe.foreign()
            raise


class _Probe(dramatiq.Middleware):
    """Records each task. It comes first, so its time includes the application's middleware."""

    def after_process_boot(self, broker: Broker) -> None:
        """Identify the tasks that this worker's tasks enqueue."""
        del broker
        _ids.uuid = hook.Kin
        dramatiq.set_encoder(_Encoder(dramatiq.get_encoder()))

    def before_enqueue(self, broker: Broker, message: dramatiq.Message[Any], delay: int) -> None:
        """Mark a task whose id doesn't say who sent it."""
        del broker, delay
        if hook.KIN and _ids.uuid is hook.Kin and not hook.expected(message.message_id):
            message.options[MARK] = hook.KIN

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """Note the start."""
        del broker
        vars(message)[MARK] = probe.now()

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        """Record the end. The framework's retry has the same id."""
        del broker, result
        if exception is not None:
            hook.failed(message.message_id, exception)
        self._ended(message, probe.OK if exception is None else probe.FAILED)

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        """Record a task that the application's middleware refused."""
        del broker
        self._ended(message, probe.FAILED)

    def _ended(self, message: MessageProxy, outcome: int) -> None:
        if message.actor_name == READY:
            return
        seq = hook.number(message.message_id)
        if seq >= 0:
            probe.record(seq, vars(message)[MARK], probe.now(), outcome)
        elif hook.expected(message.message_id) or (hook.KIN and message.options.get(MARK) == hook.KIN):
            probe.followed()
        else:
            probe.foreign()


def _load() -> Any:
    """Load the application, and return the broker whose middleware its tasks run with."""
    name = os.environ["TQBENCH_APP"]
    thing = hook.loaded(name)
    if inspect.isroutine(thing):  # as the command line of Dramatiq does
        thing = thing()
    if isinstance(thing, Broker):
        return thing
    if _global.global_broker in theirs:
        return _global.global_broker
    return max(theirs, key=lambda b: sum(a.broker is b for a in ours.actors.values()), default=None)


settle(_load())
ours.middleware.insert(0, _Probe())
dramatiq.actor(actor_name=READY, queue_name=QUEUE, broker=ours)(hook.ready)


def send(name: str, seq: int, args: list[object], kwargs: dict[str, object]) -> None:
    """Enqueue one of the user's tasks as an application does."""
    _ids.uuid = hook.Following
    hook.Following.next = hook.identify(seq)
    ours.actors[name].send(*args, **kwargs)


def names() -> list[str]:
    """Return the names of the user's tasks."""
    return [name for name in ours.actors if name != READY]


def signature(name: str) -> inspect.Signature:
    """Return what one of the user's tasks takes."""
    return inspect.signature(ours.actors[name].fn)


def unlike(name: str) -> str:
    """Say why the app's own client sends other messages of a task than tqbench does, "" if it doesn't."""
    if (encoder := type(dramatiq.get_encoder())) is not JSONEncoder:
        return f"the application's encoder is {encoder.__name__}"
    actor = cast("Any", type(ours.actors[name]))
    ways = ("message", "message_with_options", "send", "send_with_options")
    usual = all(getattr(actor, way) is getattr(dramatiq.Actor, way) for way in ways)
    adding = [m for m in ours.middleware if type(m).before_enqueue is not dramatiq.Middleware.before_enqueue]
    if not usual or any(not isinstance(m, _Probe) for m in adding):
        return "the application has its own code for sending"
    return ""
