"""A Flask application made by a factory, with Celery set up as Flask's documentation shows."""

from typing import Any

from celery import Celery, Task, shared_task
from flask import Flask, current_app


def celery_of(web: Flask) -> Celery:
    """Make the application's Celery app, whose tasks run in the application's context."""

    class InContext(Task):
        """A task that runs in the application's context."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with web.app_context():
                return self.run(*args, **kwargs)

    celery_app = Celery(web.name, task_cls=InContext)
    celery_app.config_from_object(web.config["CELERY"])
    celery_app.set_default()
    web.extensions["celery"] = celery_app
    return celery_app


def create_app() -> Flask:
    """Make the web application."""
    web = Flask(__name__)
    web.config.from_prefixed_env()
    web.config.from_mapping(CELERY={"broker_url": web.config["BROKER_URL"]}, GREETING="Hello")
    celery_of(web)
    return web


@shared_task(ignore_result=False)
def greet(name: str) -> str:
    """Greet someone, by a setting of the web application."""
    return f"{current_app.config['GREETING']}, {name}!"
