"""Lead the user's own Dramatiq application to the trial's broker and to the run's queue."""

from __future__ import annotations

import importlib
import os
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, cast

from dramatiq.broker import Broker
from dramatiq.common import q_name
from dramatiq.middleware import Retries
from dramatiq.results import ResultBackend
from dramatiq.results.backend import Missing

from contenders.dramatiq import connect
from tqbench import hook, stored

if TYPE_CHECKING:
    from types import ModuleType

QUEUE = os.environ["TQBENCH_QUEUE"]
URL = os.environ["TQBENCH_BROKER_URL"]
NAMESPACE = str(connect.SETTINGS.get("broker", {}).get("namespace", QUEUE))
NOWHERE = "127.0.0.1:1"

# The trial's broker. All tasks of the application go through it.
ours: Any = connect.broker()
# The application's, which keep their tasks and their middleware, and never connect.
theirs: list[Any] = []
_queues: set[str] = set()
_RESULTS = ("get_result", "store_result", "store_exception")
_RETRYING = {"max_retries", "min_backoff", "max_backoff", "retry_when"}


def _module(name: str) -> ModuleType | None:
    """Import a module of the framework that needs a client library, if there is one."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _enqueue(message: Any, *, delay: int | None = None) -> Any:
    """Send a task to the run's queue, whatever queue it asks for."""
    if message.queue_name != QUEUE:
        message = message.copy(queue_name=QUEUE)
    return ours.enqueue(message, delay=delay)


def _nothing(*_: object, **__: object) -> None:
    """Do nothing: the application's queues don't exist on the trial's broker."""


_begin = cast("Any", Broker).__init__


@wraps(_begin)
def _begun(self: Any, *args: Any, **kwargs: Any) -> None:
    """Make one of the application's brokers, which sends through the trial's."""
    _begin(self, *args, **kwargs)
    self.actors = ours.actors
    vars(self).update(enqueue=_enqueue, flush=_nothing, flush_all=_nothing, _ensure_queue=_nothing)
    theirs.append(self)


_declare = cast("Any", Broker).declare_actor


def _plain(retries: Retries) -> bool:
    """Report whether the application left the framework's retries as they are."""
    usual = vars(Retries())
    return all(value == usual[name] for name, value in vars(retries).items() if name in _RETRYING)


@wraps(_declare)
def _declared(self: Any, actor: Any) -> None:
    """Declare a task in the run's queue, with the set-up's retries unless the application has its own."""
    _queues.add(actor.queue_name)
    actor.queue_name = QUEUE
    if not _RETRYING & actor.options.keys() and any(
        isinstance(m, Retries) and _plain(m) for m in self.middleware
    ):
        actor.options.update(connect.SETTINGS.get("actor", {}))
    _declare(self, actor)


setattr(Broker, "__init__", _begun)  # noqa: B010 - its signature is the framework's affair
setattr(Broker, "declare_actor", _declared)  # noqa: B010 - as above


# What Dramatiq gives the broker that it makes where an application makes none.
_USUAL = {"host", "port", "heartbeat", "connection_attempts", "blocked_connection_timeout"}


def _arguments(given: dict[str, Any]) -> None:
    """Note the arguments of one of the application's brokers. Their values may be secrets."""
    if given.keys() != _USUAL:
        hook.arguments(given.keys() - {"middleware"})


def _redis(module: Any) -> None:
    """Give each broker for Redis the trial's client, or one that leads nowhere."""
    client = ours.client if connect.REDIS else module.redis.Redis(host="127.0.0.1", port=1)
    make = module.RedisBroker.__init__
    kept = ("middleware", "namespace", "maintenance_chance", "heartbeat_timeout", "dead_message_ttl")

    @wraps(make)
    def made(self: Any, **given: Any) -> None:
        _arguments(given)
        make(self, client=client, **{k: v for k, v in given.items() if k in kept})

    def have(self: Any) -> Any:
        return cast("dict[str, Any]", vars(self))["client"]

    def change(self: Any, to: Any) -> None:
        if (at := hook.redis_address(to)) != hook.redis_address(client):
            hook.elsewhere(at)
        vars(self)["client"] = to

    module.RedisBroker.__init__ = made
    module.RedisBroker.client = property(have, change)


def _rabbitmq(module: Any) -> None:
    """Give each broker for RabbitMQ the trial's connection, or one that leads nowhere."""
    make, opened = module.RabbitmqBroker.__init__, module.RabbitmqBroker.connection
    kept = ("middleware", "confirm_delivery", "max_priority")
    right = None if connect.REDIS else ours.parameters

    @wraps(make)
    def made(self: Any, **given: Any) -> None:
        _arguments(given)
        url = f"amqp://{NOWHERE}/" if connect.REDIS else URL
        make(self, url=url, **{k: v for k, v in given.items() if k in kept})

    def connection(self: Any) -> Any:
        if right is None:
            return opened.fget(self)
        if ours.parameters is not right:
            hook.elsewhere("another RabbitMQ")
        return opened.fget(ours)

    module.RabbitmqBroker.__init__ = made
    module.RabbitmqBroker.connection = property(connection, None, opened.fdel)


class _Files(ResultBackend):
    """Keeps results in the trial's folder."""

    def _get(self, message_key: str) -> Any:
        data = stored.get(message_key)
        return Missing if data is None else self.encoder.decode(data)

    def _store(self, message_key: str, result: Any, ttl: int) -> None:
        del ttl  # the folder goes with the trial
        stored.put(message_key, self.encoder.encode(result))


def _key(namespace: str, message: Any) -> str:
    """Return the key of a message's result."""
    return f"{namespace}:{q_name(message.queue_name)}:{message.actor_name}:{message.message_id}"


def _results() -> None:
    """Keep the application's results with the trial, whatever keeps them otherwise."""
    make = ResultBackend.__init__
    kinds: Any = _Files
    if connect.REDIS:
        kinds = importlib.import_module("dramatiq.results.backends.redis").RedisBackend
    place = "the trial's Redis" if connect.REDIS else "files in the trial's folder"
    making: list[bool] = []

    @wraps(make)
    def made(self: Any, **given: Any) -> None:
        make(self, **given)
        if making:
            return
        making.append(True)
        client = {"client": ours.client} if connect.REDIS else {}
        kept = kinds(encoder=self.encoder, namespace=f"{NAMESPACE}:{self.namespace}", **client)
        kept.build_message_key = partial(_key, kept.namespace)  # releases differ in whether it begins so
        making.clear()
        vars(self).update({name: getattr(kept, name) for name in _RESULTS})
        if "StubBackend" not in type(self).__name__:
            hook.noted("result backend", place, type(self).__name__, "the application's own is never used")

    setattr(ResultBackend, "__init__", made)  # noqa: B010 - its signature is the framework's affair


def _limits(module: Any) -> None:
    """Keep the state of the application's rate limiters on the trial's Redis."""
    kind = module.RedisBackend

    def made(self: Any, **_: Any) -> None:
        if not connect.REDIS:
            raise SystemExit("its rate limiter needs Redis, which this trial lacks: add --broker redis")
        self.client = ours.client
        hook.noted(
            "rate limiter's backend",
            "the trial's Redis",
            kind.__name__,
            "the application's own is never used",
        )

    def named(method: Any) -> Any:
        @wraps(method)
        def led(self: Any, key: str, *rest: Any) -> Any:
            return method(self, f"{NAMESPACE}:{key}", *[several(x) if callable(x) else x for x in rest])

        return led

    def several(keys: Any) -> Any:
        return lambda: [f"{NAMESPACE}:{key}" for key in keys()]

    kind.__init__ = made
    for name in ("add", "incr", "decr", "incr_and_sum", "wait", "wait_notify"):
        setattr(kind, name, named(getattr(kind, name)))


def settle(broker: Any) -> None:
    """Let the trial's broker run the tasks as one of the application's would, and note what is replaced."""
    if broker is not None:
        ours.middleware, ours.actor_options = broker.middleware, broker.actor_options
    for other in theirs:
        if type(other) is not type(ours):
            was = f"{type(other).__module__}.{type(other).__name__}"
            hook.noted("broker", type(ours).__name__, was, "the application's own is never used")
        have, miss = ({type(m).__name__ for m in x.middleware} for x in (ours, other))
        if lost := ", ".join(sorted(miss - have)):
            hook.noted(
                "middleware",
                f"without {lost}",
                "set by the application",
                "it has several brokers, and one runs all tasks",
            )
    if others := ", ".join(sorted(_queues - {QUEUE, "default"})):
        hook.noted("queues", "the run's own", f"default, {others}", "the application's queues are never used")


_results()
for _name, _lead in (
    ("dramatiq.brokers.redis", _redis),
    ("dramatiq.brokers.rabbitmq", _rabbitmq),
    ("dramatiq.rate_limits.backends.redis", _limits),
):
    if _found := _module(_name):
        _lead(_found)
