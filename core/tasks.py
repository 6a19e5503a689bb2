"""Entry points of Celery."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from core.services import content, key_numbers, prepare, upkeep
from numerai.background import run_on_commit

PREPARE = "core.tasks.prepare_due_readings"


@shared_task
def refresh_key_numbers() -> None:
    """Make anew the key numbers that an older engine made, and each essence that has run out."""
    key_numbers.refresh_key_numbers(now=timezone.now())


@shared_task
def publish_due_content() -> None:
    """Publish the drafts whose moment has come."""
    content.publish_due_drafts(now=timezone.now())


@shared_task
def start_preparing(chunk: int = prepare.CHUNK) -> None:
    """Start as many workers as the backlog is worth; beat's heartbeat, and nothing depends on its coming in time."""
    for _ in range(prepare.count_workers(now=timezone.now(), chunk=chunk)):
        run_on_commit(PREPARE, chunk)


@shared_task
def prepare_due_readings(chunk: int = prepare.CHUNK) -> None:
    """Prepare a chunk of due readings, and ask for another while work remains. Safe to run twice and side by side."""
    if prepare.prepare_due_readings(now=timezone.now(), chunk=chunk).has_more:
        run_on_commit(PREPARE, chunk)


@shared_task
def maintain_readings() -> None:
    """Make the months to come, and let the planner know what is in them. Safe to run twice."""
    upkeep.maintain_readings(today=timezone.now().date())
