"""Everything that changes a reading: it is stored when it is opened, and answered."""

from __future__ import annotations

from uuid import UUID

from core.models import DailyReading, ReadingResponse, ReadingSchedule


def erase_readings(user_id: UUID) -> None:
    """Forget every reading of a member, what they said of it, and when the next one would be."""
    ReadingSchedule.objects.filter(pk=user_id).delete()
    ReadingResponse.objects.filter(user_id=user_id).delete()
    DailyReading.objects.filter(user_id=user_id).delete()
