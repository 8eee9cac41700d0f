"""The app. Its settings are in an object, its tasks are found in shop.tasks."""

from celery import Celery

app = Celery("shop")
app.config_from_object("shop.settings")
app.autodiscover_tasks(["shop"])
