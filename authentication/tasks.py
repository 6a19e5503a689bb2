from celery import shared_task
from django.utils import timezone

from authentication.services import cleaning


@shared_task
def purge_expired() -> None:
    """Forget old codes, sessions and unproven accounts. Safe to run twice."""
    cleaning.purge_expired(now=timezone.now())
