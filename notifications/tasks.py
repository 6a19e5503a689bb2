from celery import shared_task
from django.utils import timezone

from notifications import queues, upkeep
from notifications.claims import database_now
from notifications.sender import send_due
from notifications.services.broadcast_rounds import advance_all

# A retry that is due before beat's next minute deserves a call of its own.
_BEAT = 60.0


@shared_task
def send_due_deliveries(queue: str) -> None:
    """Send a chunk of what is due, and ask for another round while work remains. Safe to run twice and side by side."""
    result = send_due(queue=queue)
    if result.has_more:
        queues.wake(queue)
    elif result.retry_in is not None and result.retry_in < _BEAT:
        queues.wake(queue, seconds=result.retry_in + 0.5)


@shared_task
def advance_broadcasts() -> None:
    """Tell the next members of each broadcast that is on its way. Safe to run twice and side by side."""
    advance_all(now=database_now())


@shared_task
def maintain_deliveries() -> None:
    """Make the months to come, drop those of long ago. Safe to run twice."""
    upkeep.maintain_deliveries(today=timezone.now().date())


@shared_task
def forget_old() -> None:
    """Delete what is kept no longer. Safe to run twice."""
    upkeep.forget_old(now=timezone.now())
