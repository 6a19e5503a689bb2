"""A member's reading, sent when an operator says so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.management.base import CommandError

from core.services.prepare import NoEdition, Prepared, ReadingsNotOffered, send_reading_now


def send_now(user_id: UUID, *, now: datetime) -> Prepared:
    """Make a member's reading of today and queue it for whoever has not had it. Raises CommandError with the mend."""
    try:
        return send_reading_now(user_id=user_id, now=now)
    except ReadingsNotOffered as error:
        raise CommandError("The member gets no readings: a proven account and a primary profile are needed.") from error
    except NoEdition as error:
        raise CommandError("There are no texts to make readings of: run manage.py load_content.") from error
