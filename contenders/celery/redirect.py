"""Lead the user's own Celery app to the trial's broker and to the run's queue, whatever it says itself."""

from __future__ import annotations

import importlib
import inspect
import json
import os
from typing import Any, cast

from celery import Celery
from celery.app import defaults, utils
from celery.app.routes import Router
from celery.app.task import Task

from contenders.celery import quorum
from tqbench import failure, hook

QUEUE = os.environ["TQBENCH_QUEUE"]
URL = os.environ["TQBENCH_BROKER_URL"]
NAME = os.environ["TQBENCH_APP"]

# Celery prefers these to an app's settings.
_VARIABLES = ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL")

# What leads an app to a broker, to other queues than the run's, or past both. Versions of Celery ignore
# settings that they don't have.
_REPLACED: dict[str, Any] = {
    "broker_url": URL,
    "broker_read_url": URL,
    "broker_write_url": URL,
    "broker_transport": None,
    "broker_host": None,
    "broker_port": None,
    "broker_user": None,
    "broker_password": None,
    "broker_vhost": None,
    "broker_use_ssl": None,
    "broker_login_method": None,
    "result_backend": None,
    "result_backend_transport_options": {},
    "redis_backend_use_ssl": None,
    "task_default_queue": QUEUE,
    "task_default_queue_type": "classic",
    "task_default_exchange": None,
    "task_default_exchange_type": "direct",
    "task_default_routing_key": None,
    "task_routes": None,
    "task_queues": None,
    "task_queue_max_priority": None,
    "task_create_missing_queues": True,
    "task_create_missing_queue_type": "classic",
    "task_create_missing_queue_exchange_type": None,
    "worker_direct": False,
    "task_always_eager": False,
}

_WHY = {
    "": "the application's broker and queues are never used",
    "task_always_eager": "a task that runs in its caller never reaches a worker",
}

# The transport's options that hold under any broker. Others name places on the app's own.
_KEPT = (
    "confirm_publish",
    "fetch_retry_policy",
    "health_check_interval",
    "max_connections",
    "max_retries",
    "polling_interval",
    "queue_order_strategy",
    "retry_on_timeout",
    "socket_connect_timeout",
    "socket_keepalive",
    "socket_timeout",
    "visibility_timeout",
    "wait_time_seconds",
)

# An app's settings of these may hold a secret.
_SECRET = ("url", "password", "user", "backend", "ssl", "host")


def _point() -> None:
    """Point the variables at the trial's broker."""
    os.environ.update(dict.fromkeys(_VARIABLES, URL))
    os.environ.pop("CELERY_RESULT_BACKEND", None)


def _found(name: str) -> Any:
    """Find the app as `celery --app` does, and also in a factory's product and in a Flask application."""
    thing = hook.loaded(name)
    if ":" not in name:
        thing = cast("Any", utils).find_app(name, imp=importlib.import_module)
    if inspect.isroutine(thing):
        thing = cast("Any", thing)()
    thing = cast("Any", getattr(thing, "extensions", {})).get("celery", thing)
    if not isinstance(thing, Celery):
        raise SystemExit(
            f"{name} is a {type(thing).__name__}, not a Celery app:"
            f" write the app's name after a colon, such as {name.split(':', 1)[0]}:app"
        )
    return thing


_results = os.environ.pop("CELERY_RESULT_BACKEND", None)
_point()  # while the app is loaded
# A task that is bound while the app is loaded would keep the app's own default of when it acknowledges.
_task: Any = Task
_bound = _task.from_config
_task.from_config = tuple(x for x in _bound if x[0] != "acks_late")
app: Any = _found(NAME)
if not app.configured:
    app._finalize_pending_conf()  # Celery takes an error in the application's settings for a missing one
_results = app.backend_cls or app.conf.result_backend or _results
# Where results may go: nowhere, unless the app has a backend.
_places: list[str] = []


def _noted(name: str, value: object, was: object, why: str) -> None:
    text = "set by the application" if any(word in name for word in _SECRET) else str(was)
    hook.noted(name, str(value), text[:200], why)


def _replaced() -> None:
    """Note the settings that lead elsewhere and that the app had set."""
    known = cast("Any", defaults)
    usual: dict[str, Any] = {key: option.default for key, option in known.flatten(known.NAMESPACES)}
    for name, value in _REPLACED.items():
        given = app.conf.get(name)
        if name != "result_backend" and given not in (None, usual.get(name), value):
            ours = "the run's own" if value in (URL, QUEUE) else str(value or "not set")
            _noted(name, ours, given, _WHY.get(name, _WHY[""]))


def _settle() -> None:
    """Replace the settings that lead elsewhere, and note those that the app had set."""
    _replaced()
    given = dict(app.conf.broker_transport_options or {})
    # Kombu's SQLAlchemy transport passes them on to the database.
    kept = {k: v for k, v in given.items() if k in _KEPT and not URL.startswith("sqla+")}
    if others := ", ".join(sorted(given.keys() - kept)):
        _noted(
            "broker_transport_options",
            f"without {others}",
            "set by the application",
            "these are of the application's broker",
        )
    accepted: set[str] = set(app.conf.accept_content or ())
    if accepted and "json" not in accepted and "application/json" not in accepted:
        _noted(
            "accept_content",
            ", ".join(map(str, [*accepted, "json"])),
            ", ".join(map(str, accepted)),
            "tqbench's readiness tasks are JSON",
        )
        app.conf.accept_content = [*accepted, "json"]
    chosen: dict[str, Any] = json.loads(os.environ["TQBENCH_CELERY_SETTINGS"])
    for name, why in (
        ("worker_pool", "the contender's name says which pool"),
        ("worker_concurrency", "each side has the processes and threads of its set-up"),
    ):
        given, usual = app.conf.get(name), {"worker_pool": "prefork"}.get(name)
        if name in chosen and given not in (None, usual, chosen[name]):
            _noted(name, chosen[name] or "not set", given, why)
    for name in ("task_ignore_result", "worker_disable_rate_limits"):  # the application's own choices
        chosen.pop(name, None)
    options = {**kept, **chosen.pop("broker_transport_options", {})}
    app.conf.update({**_REPLACED, **chosen, "broker_transport_options": options})
    _point()  # the app may have loaded others from a file
    app.backend_cls = app._backend_cache = None
    vars(app._local).pop("backend", None)  # it may have been made while the app was loaded
    if _results and not str(_results).startswith("disabled"):
        where = os.environ.get("TQBENCH_CELERY_RESULTS")
        if not where:
            folder = os.path.join(os.environ["TQBENCH_PROBE_DIR"], "results")
            os.makedirs(folder, exist_ok=True)
            where = "file://" + folder
        app.conf.result_backend = where
        os.environ["CELERY_RESULT_BACKEND"] = where  # a file of variables that is read later keeps it
        _places.append(where)
        place = "the trial's Redis" if where == URL else "files in the trial's folder"
        _noted("result_backend", place, _results, "the application's own is never used; chords need one")


_settle()
_task.from_config = _bound
for _one in app._tasks.values():
    if _one.acks_late is None:
        type(_one).acks_late = app.conf.task_acks_late


class _OneQueue(Router):
    """Sends each task to the run's queue, whatever queue or exchange it asks for."""

    def route(
        self, options: Any, name: Any, args: Any = (), kwargs: Any = None, task_type: Any = None
    ) -> Any:
        asked = ("queue", "exchange", "exchange_type", "routing_key")
        route: dict[str, Any] = {k: v for k, v in options.items() if k not in asked}
        return {**route, "queue": cast("Any", self.queues)[QUEUE]}


def _router(queues: Any = None, create_missing: bool | None = None) -> _OneQueue:
    """Make the app's router, which Celery also does when the app changes its routes."""
    return _OneQueue(queues=queues or app.amqp.queues, create_missing=create_missing is not False, app=app)


app.amqp.Router = _router
quorum.settle(app)
for _kept in ("queues", "router", "default_queue", "default_exchange"):
    app.amqp.__dict__.pop(_kept, None)  # made with the app's settings

# Each connection of each app is made here. It has no types.
_connection: Any = cast("Any", Celery)._connection


def _only_ours(self: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
    """Connect the app to the trial's broker: it may set another one later, and there may be a second app."""
    if self is not app:
        failure.end(
            f"{NAME} has a second Celery app, {self.main}, which sends tasks too: only one can be measured"
        )
    if url != URL:
        hook.elsewhere(hook.address(url))
    return _connection(self, url, *args, **kwargs)


setattr(Celery, "_connection", _only_ours)  # noqa: B010 - its signature is the framework's affair

# Each result backend is made here.
_backend: Any = cast("Any", Celery)._get_backend


def _results_here(self: Any) -> Any:
    """Keep results with the trial: the app may set another backend later, and there may be a second app."""
    asked = str(self.backend_cls or self.conf.result_backend or "")
    if asked and not asked.startswith("disabled") and asked not in _places:
        hook.elsewhere(hook.address(asked))
    return _backend(self)


setattr(Celery, "_get_backend", _results_here)  # noqa: B010 - as above
app.set_current()  # shared tasks belong to the current app
app.set_default()
