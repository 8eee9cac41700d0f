"""A package whose app is in its module celery, as `celery -A shop` finds it."""
