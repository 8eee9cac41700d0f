"""Settings from the environment, with queues and routes of the shop's own."""

import os

broker_url = os.environ["SHOP_BROKER_URL"]
broker_transport_options = {"global_keyprefix": "shop:", "visibility_timeout": 600}
task_routes = {"shop.tasks.order": {"queue": "orders"}, "mail.*": {"queue": "emails", "routing_key": "mail"}}
