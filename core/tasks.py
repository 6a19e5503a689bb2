"""Entry points of Celery."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from core.services import content, key_numbers


@shared_task
def refresh_key_numbers() -> None:
    """Make anew the key numbers that an older engine made, and each essence that has run out."""
    key_numbers.refresh_key_numbers(now=timezone.now())


@shared_task
def publish_due_content() -> None:
    """Publish the drafts whose moment has come."""
    content.publish_due_drafts(now=timezone.now())
