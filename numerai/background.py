"""Handing work to a worker, for work that the timetable finds again if that fails."""

from __future__ import annotations

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def run_on_commit(task: str, *args: str | int) -> None:
    """Queue a task, by its name, once the current transaction is committed.

    For tasks whose work is a row that beat looks for too: a broker that is down only makes it late.
    """
    transaction.on_commit(partial(_run, task, args))


def _run(task: str, args: tuple[str | int, ...]) -> None:
    try:
        current_app.send_task(task, args=args)
    except OperationalError as error:
        log.warning("task_not_queued", task=task, error=type(error).__name__)
