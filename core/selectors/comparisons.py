"""Reads of comparisons and of the people they are made of, each scoped to its owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.exceptions import NotAuthenticated

from authentication.exceptions import ScopeMissing
from authentication.scopes import Scope
from core.models import Comparison, NumerologyProfile
from core.numerology import Person
from core.selectors.profiles import HasKey, name_of
from numerai.api.exceptions import NotFound


def people_of(sent: Sequence[Mapping[str, Any]], *, user: Any) -> list[Person]:
    """Return the people that a request names: given in it, or profiles of the member's own; one query at most.

    Raises NotAuthenticated, ScopeMissing or NotFound where a profile is not the caller's to read.
    """
    asked = {person["profile_id"] for person in sent if "profile_id" in person}
    profiles = _profiles(asked, user) if asked else {}
    return [
        _person_of(profiles[person["profile_id"]]) if "profile_id" in person else _person_given(person)
        for person in sent
    ]


def list_comparisons_of(*, user: HasKey) -> QuerySet[Comparison]:
    """Return a member's comparisons with their profiles."""
    return Comparison.objects.filter(user_id=user.pk).select_related("first_profile", "second_profile")


def export_comparisons(user_id: UUID) -> list[dict[str, Any]]:
    """Return every comparison of a member, for an export of personal data."""
    return [
        {
            "id": str(row.pk),
            "first_profile": row.first_profile_id and str(row.first_profile_id),
            "second_profile": row.second_profile_id and str(row.second_profile_id),
            **row.result,
            "created_at": row.created_at.isoformat(),
        }
        for row in Comparison.objects.filter(user_id=user_id).order_by("pk")
    ]


def _profiles(asked: set[UUID], user: Any) -> dict[UUID, NumerologyProfile]:
    if not user or not user.is_authenticated:
        raise NotAuthenticated
    scopes = getattr(user, "scopes", None)
    if scopes is not None and Scope.PROFILES_READ not in scopes:
        raise ScopeMissing(details={"scope": Scope.PROFILES_READ})
    found = NumerologyProfile.objects.filter(user_id=user.pk).in_bulk(list(asked))
    if set(found) != asked:
        raise NotFound
    return found


def _person_of(profile: NumerologyProfile) -> Person:
    return Person(
        birth_date=profile.birth_date,
        name=name_of(profile.birth_name),
        vowel_overrides=profile.vowel_overrides,
        transliteration=profile.transliteration,
    )


def _person_given(sent: Mapping[str, Any]) -> Person:
    return Person(**{key: value for key, value in sent.items() if key != "label"})
