"""The Celery app and the beat timetable. The database is the queue; Celery only pumps it."""

import os
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab
from django.conf import settings
from django.db import connections

from numerai import valkey_url

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "numerai.settings")

app = Celery("numerai")
_ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}
app.config_from_object(
    {
        "broker_connection_retry_on_startup": True,
        "task_publish_retry_policy": _ONCE_MORE,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_time_limit": 600,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "timezone": "UTC",
        "beat_scheduler": "ops.heartbeat:HeartbeatScheduler",
        "beat_schedule": {
            "publish-due-content": {
                "task": "core.tasks.publish_due_content",
                "schedule": 60.0,
                "options": {"expires": 60},
            },
            "roll-up-dashboard": {
                "task": "ops.tasks.roll_up_dashboard",
                "schedule": 300.0,
                "options": {"expires": 300},
            },
            "purge-accounts": {
                "task": "authentication.tasks.purge_expired",
                "schedule": crontab(hour="3", minute="50"),
            },
            "erase-due-accounts": {
                "task": "authentication.tasks.erase_due_accounts",
                "schedule": crontab(minute="20"),
            },
            "make-overdue-exports": {
                "task": "authentication.tasks.make_overdue_exports",
                "schedule": 300.0,
                "options": {"expires": 300},
            },
            "fold-api-key-usage": {
                "task": "authentication.tasks.fold_api_key_usage",
                "schedule": 60.0,
                "options": {"expires": 60},
            },
            "purge-expired": {"task": "numerai.api.tasks.purge_expired", "schedule": crontab(hour="3", minute="40")},
            # A day begins somewhere every quarter of an hour, and with it an essence may turn.
            "refresh-key-numbers": {"task": "core.tasks.refresh_key_numbers", "schedule": crontab(minute="*/15")},
            "prepare-readings": {
                "task": "core.tasks.start_preparing",
                "schedule": 60.0,
                "options": {"expires": 60},
            },
            "maintain-readings": {"task": "core.tasks.maintain_readings", "schedule": crontab(hour="2", minute="20")},
            "send-urgent": {
                "task": "notifications.tasks.send_due_deliveries",
                "schedule": 60.0,
                "kwargs": {"queue": "urgent"},
                "options": {"queue": "urgent", "expires": 60},
            },
            "send-ordinary": {
                "task": "notifications.tasks.send_due_deliveries",
                "schedule": 60.0,
                "kwargs": {"queue": "celery"},
                "options": {"expires": 60},
            },
            # More often than what it makes ahead of the clock: a broadcast's rate has no gaps.
            "advance-broadcasts": {
                "task": "notifications.tasks.advance_broadcasts",
                "schedule": 30.0,
                "options": {"expires": 30},
            },
            "forget-old-notifications": {
                "task": "notifications.tasks.forget_old",
                "schedule": crontab(hour="2", minute="25"),
            },
            "maintain-deliveries": {
                "task": "notifications.tasks.maintain_deliveries",
                "schedule": crontab(hour="2", minute="10"),
            },
        },
        # Celery's Django fixup would otherwise close the connection after every task.
        "CELERY_DB_REUSE_MAX": 10_000,
    }
)
app.autodiscover_tasks()


def _broker() -> dict[str, Any]:
    """Return where the broker is. Asked for late: the settings import this module's package."""
    url = valkey_url.broker_url(settings.CELERY_BROKER_URL)
    return {
        "broker_url": url,
        # Celery itself reads CELERY_BROKER_URL from the environment, as it was written; these two come first.
        "broker_read_url": url,
        "broker_write_url": url,
        # A broker that hangs must not hold the web request that queues a task: each step has a limit, and one repeat.
        "broker_transport_options": {
            "visibility_timeout": 3600,
            "global_keyprefix": "numerai:celery:",
            "socket_connect_timeout": 1,
            "socket_timeout": 2,
            "socket_keepalive": True,
            **_ONCE_MORE,
            **valkey_url.broker_options(settings.CELERY_BROKER_URL),
        },
    }


app.add_defaults(_broker)


@signals.task_prerun.connect
def drop_dead_connections(**_: Any) -> None:
    """Begin a task as Django begins a request: a connection that the database has ended is opened anew.

    Where connections are kept, Celery never looks: once PostgreSQL was restarted, every task would fail for ever.
    """
    for connection in connections.all(initialized_only=True):
        # Within a transaction a task is a part of what called it.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


@signals.import_modules.connect
def refuse_bad_settings(**_: Any) -> None:
    """End a worker or beat with one clear message if a setting is wrong, before it opens anything."""
    from numerai.checks import refuse_bad_settings as refuse

    refuse()


@signals.worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Read, before the first task, what tasks would otherwise read one by one."""
    from numerai.warm_up import before_work

    before_work()
