"""The Celery app and the beat timetable. The database is the queue; Celery only pumps it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "numerai.settings")

app = Celery("numerai")
app.config_from_object(
    {
        "broker_connection_retry_on_startup": True,
        "broker_transport_options": {"visibility_timeout": 3600, "global_keyprefix": "numerai:celery:"},
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_time_limit": 600,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "timezone": "UTC",
        "beat_scheduler": "ops.heartbeat:HeartbeatScheduler",
        "beat_schedule": {},
        # Celery's Django fixup would otherwise close the connection after every task.
        "CELERY_DB_REUSE_MAX": 10_000,
    }
)
