from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from numerai.api import idempotency
from numerai.api.models import RateLimitCounter


@shared_task
def purge_expired() -> None:
    """Delete stored answers and counters that no longer matter. Safe to run twice."""
    now = timezone.now()
    idempotency.purge_expired(now=now)
    RateLimitCounter.objects.filter(window_start__lt=now - timedelta(days=2)).delete()
