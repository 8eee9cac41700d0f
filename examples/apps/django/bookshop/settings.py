"""The project's settings, from the environment."""

import os
from urllib.parse import unquote, urlsplit

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["orders"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_at = urlsplit(os.environ["DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _at.hostname,
        "PORT": _at.port,
        "USER": unquote(_at.username or ""),
        "PASSWORD": unquote(_at.password or ""),
        "NAME": _at.path.lstrip("/"),
    }
}

CELERY_BROKER_URL = os.environ.get("BROKER_URL", "redis://broker.invalid:6379/0")
CELERY_RESULT_BACKEND = CELERY_BROKER_URL
CELERY_TASK_ROUTES = {"orders.tasks.*": {"queue": "orders"}}
