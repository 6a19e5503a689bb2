"""Entry points of Celery."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from core.services import key_numbers


@shared_task
def refresh_key_numbers() -> None:
    """Make anew the key numbers that an older engine made, and each essence that has run out."""
    key_numbers.refresh_key_numbers(now=timezone.now())
