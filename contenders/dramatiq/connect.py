"""Make Dramatiq's client of the trial's broker, which connects on first use: see app.py."""

from __future__ import annotations

import importlib
import json
import os
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from dramatiq.broker import Broker

REDIS = os.environ.get("TQBENCH_BROKER", "redis") == "redis"
SETTINGS: dict[str, dict[str, Any]] = json.loads(os.environ.get("TQBENCH_SETTINGS", "{}"))


def broker() -> Broker:
    """Make the client."""
    settings = {"url": os.environ.get("TQBENCH_BROKER_URL"), **SETTINGS.get("broker", {})}
    if REDIS:
        settings.setdefault("namespace", os.environ.get("TQBENCH_QUEUE", "dramatiq"))
        return importlib.import_module("dramatiq.brokers.redis").RedisBroker(**settings)
    if tls := SETTINGS.get("tls"):
        tls.setdefault("ca_certs", ssl.get_default_verify_paths().cafile)
        settings["url"] = f"{settings['url']}?{urlencode({'ssl_options': repr(tls)})}"
    return importlib.import_module("dramatiq.brokers.rabbitmq").RabbitmqBroker(**settings)
