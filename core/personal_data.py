"""What the numerology app holds about a member: given out, and forgotten."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.selectors.calendar_feeds import export_feeds
from core.selectors.comparisons import export_comparisons
from core.selectors.content import export_edits
from core.selectors.profiles import export_profiles
from core.selectors.readings import export_readings, export_responses, export_schedule
from core.services.calendar_feeds import revoke_feeds
from core.services.comparisons import forget_comparisons
from core.services.content import forget_editor
from core.services.profiles import erase_profiles
from core.services.readings import erase_readings

HOLDS = {
    "core.NumerologyProfile": "profiles",
    "core.CalendarFeed": "calendar_feeds",
    "core.Comparison": "comparisons",
    "core.ContentVersion": "content_edits",
    "core.DailyReading": "readings",
    "core.ReadingResponse": "reading_responses",
    "core.ReadingSchedule": "reading_schedule",
}


def export_member(user_id: UUID) -> dict[str, Any]:
    """Return everything the app holds about a member, one section a table."""
    return {
        "profiles": export_profiles(user_id),
        "calendar_feeds": export_feeds(user_id),
        "comparisons": export_comparisons(user_id),
        "content_edits": export_edits(user_id),
        "readings": export_readings(user_id),
        "reading_responses": export_responses(user_id),
        "reading_schedule": export_schedule(user_id),
    }


def erase_member(user_id: UUID) -> None:
    """Forget everything the app holds about a member."""
    erase_readings(user_id)
    revoke_feeds(user_id)
    forget_comparisons(user_id)
    erase_profiles(user_id)
    forget_editor(user_id)
