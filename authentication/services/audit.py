"""The audit log: sensitive acts, by ids only."""

from __future__ import annotations

from uuid import UUID

import structlog

from authentication.callers import Caller
from authentication.models import Act, AuditEvent


def record(
    act: Act | str, *, actor_id: UUID | None, subject_id: UUID | None = None, caller: Caller | None = None
) -> None:
    """Write one line; in the caller's transaction, if there is one. Without `subject_id` the actor is the subject.

    Other apps pass a name of their own for `act`, such as "export_made"; at most 40 characters, no personal data.
    """
    AuditEvent.objects.create(
        act=str(act),
        actor_id=actor_id,
        subject_id=subject_id or actor_id,
        network=caller.network if caller else "",
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
    )
