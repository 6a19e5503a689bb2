"""What the API itself knows of a member: stored answers, and how often the member came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from numerai.api import limits
from numerai.api.models import IdempotencyKey


def export(user_id: UUID) -> Mapping[str, Any]:
    """Return nothing: the stored answers repeat, for a day, what the other apps export; counts live for a window."""
    return {}


def erase(user_id: UUID) -> None:
    """Forget a member's stored answers and counts."""
    IdempotencyKey.objects.filter(user_id=user_id).delete()
    limits.forget_account(user_id)
