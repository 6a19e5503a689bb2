"""What the numerology app holds about a member: given out, and forgotten."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.selectors.content import export_edits
from core.selectors.profiles import export_profiles
from core.services.content import forget_editor
from core.services.profiles import erase_profiles

HOLDS = {"core.NumerologyProfile": "profiles", "core.ContentVersion": "content_edits"}


def export_member(user_id: UUID) -> dict[str, Any]:
    """Return everything the app holds about a member, one section a table."""
    return {"profiles": export_profiles(user_id), "content_edits": export_edits(user_id)}


def erase_member(user_id: UUID) -> None:
    """Forget everything the app holds about a member."""
    erase_profiles(user_id)
    forget_editor(user_id)
