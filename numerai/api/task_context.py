"""Carries the request id from the request that queues a Celery task into the log lines of that task."""

from __future__ import annotations

from typing import Any

import structlog
from celery import signals

from numerai.api.request_id import choose_request_id

HEADER = "numerai_request_id"


def connect() -> None:
    """Listen to Celery's signals. Safe to call twice."""
    signals.before_task_publish.connect(add_request_id, dispatch_uid="numerai.add_request_id")
    signals.task_prerun.connect(bind_request_id, dispatch_uid="numerai.bind_request_id")
    signals.task_postrun.connect(unbind_request_id, dispatch_uid="numerai.unbind_request_id")


def add_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Put the current request id, if there is one, into the headers of a task about to be queued."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id and headers is not None:
        headers.setdefault(HEADER, request_id)


def bind_request_id(task_id: str, task: Any, **_: Any) -> None:
    """Give the task's log lines the id of the request that queued it, or a new one for tasks of the timetable."""
    if task.request.is_eager:
        return
    sent = getattr(task.request, HEADER, None)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=choose_request_id(sent), task_id=task_id, task=task.name)


def unbind_request_id(task: Any, **_: Any) -> None:
    """Forget the task, so that nothing of it is in the next one's lines."""
    if not task.request.is_eager:
        structlog.contextvars.clear_contextvars()
