"""Reads of profiles, each scoped to its owner, and the charts that come from them."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

from django.db.models import QuerySet

from core.models import NumerologyProfile
from core.numerology import BirthChart, NameInput, birth_chart
from numerai.api.exceptions import NotFound

StoredName = str | dict[str, Any]


class HasKey(Protocol):
    """A member or an account: what `request.user` may be."""

    @property
    def pk(self) -> Any: ...


def get_profile_for(*, user: HasKey, profile_id: UUID) -> NumerologyProfile:
    """Return one of a member's own profiles. Raises NotFound, for a stranger's too."""
    profile = NumerologyProfile.objects.filter(user_id=user.pk, pk=profile_id).first()
    if profile is None:
        raise NotFound
    return profile


def get_primary_for(*, user: HasKey) -> NumerologyProfile | None:
    """Return a member's primary profile, if there is one."""
    return NumerologyProfile.objects.filter(user_id=user.pk, is_primary=True).first()


def list_profiles_of(*, user: HasKey) -> QuerySet[NumerologyProfile]:
    """Return a member's profiles, the primary one first, then in the order in which they were made."""
    return NumerologyProfile.objects.filter(user_id=user.pk).order_by("-is_primary", "pk")


def chart_of(profile: NumerologyProfile, *, on: date | None, explain: bool = True) -> BirthChart:
    """Return the chart of a profile; `on` is the day for age, personal cycles and transits. Raises EngineError."""
    return birth_chart(**chart_arguments(profile), on=on, explain=explain)


def chart_arguments(profile: NumerologyProfile) -> dict[str, Any]:
    """Return what `birth_chart` takes of a profile."""
    return {
        "name": name_of(profile.birth_name),
        "birth_date": profile.birth_date,
        "preset": profile.preset,
        "options": profile.options,
        "current_name": None if profile.current_name is None else name_of(profile.current_name),
        "gender": profile.gender or None,
        "vowel_overrides": profile.vowel_overrides,
        "transliteration": profile.transliteration,
    }


def name_of(stored: StoredName) -> str | NameInput:
    """Return a stored name as the engine takes it."""
    if isinstance(stored, str):
        return stored
    return NameInput(stored["first"], tuple(stored["middle"]), stored["last"], stored["suffix"])


def stored_name(name: str | NameInput) -> StoredName:
    """Return a name as it is stored; `name_of` turns it back."""
    if isinstance(name, str):
        return name
    return {"first": name.first, "middle": list(name.middle), "last": name.last, "suffix": name.suffix}


def export_profiles(user_id: UUID) -> list[dict[str, Any]]:
    """Return every profile of a member, for an export of personal data."""
    rows = NumerologyProfile.objects.filter(user_id=user_id).order_by("pk")
    return [
        {
            "id": str(row.pk),
            "label": row.label,
            "relation": row.relation,
            "birth_name": row.birth_name,
            "current_name": row.current_name,
            "birth_date": row.birth_date,
            "gender": row.gender,
            "preset": row.preset,
            "options": row.options,
            "vowel_overrides": row.vowel_overrides,
            "transliteration": row.transliteration,
            "is_primary": row.is_primary,
            "created_at": row.created_at.isoformat(),
            "updated_at": row.updated_at.isoformat(),
        }
        for row in rows
    ]
