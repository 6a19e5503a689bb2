"""Which worker sends what, and how a sender is woken."""

from __future__ import annotations

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

from notifications.kinds import Priority

log = structlog.get_logger(__name__)

URGENT = "urgent"
# Celery's own default queue, with everything else that the workers do.
ORDINARY = "celery"

PRIORITIES: dict[str, tuple[Priority, ...]] = {
    URGENT: (Priority.URGENT,),
    ORDINARY: (Priority.TRANSACTIONAL, Priority.READING, Priority.BROADCAST),
}
TASK = "notifications.tasks.send_due_deliveries"


def wake(queue: str, *, seconds: float = 0) -> None:
    """Ask a worker of `queue` to send what is due, in so many seconds.

    A broker that is down only makes the delivery late: beat asks every minute.
    """
    try:
        current_app.send_task(
            TASK,
            kwargs={"queue": queue},
            queue=queue,
            countdown=seconds or None,
            retry_policy={"max_retries": 1, "interval_start": 0.1, "interval_step": 0, "interval_max": 0.1},
        )
    except OperationalError as error:
        log.warning("sender_not_woken", queue=queue, error=type(error).__name__)
