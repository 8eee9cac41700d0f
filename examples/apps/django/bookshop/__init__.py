"""A Django project whose package has the Celery app, as Celery's documentation shows."""

from .celery import app as celery_app

__all__ = ["celery_app"]
