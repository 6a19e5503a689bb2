"""Reads of profiles, each scoped to its owner, and the charts that come from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from authentication.models import User
from core.exceptions import NoPrimaryProfile
from core.local_days import local_date
from core.models import NumerologyProfile
from core.numerology import BirthChart, NameInput, birth_chart
from numerai.api.exceptions import NotFound
from numerai.crypto import Ciphertext
from numerai.db import Query, Row, fetch_row

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


def get_chart_source(*, user_id: UUID, profile_id: UUID | None) -> tuple[NumerologyProfile, str]:
    """Return one of a member's profiles, the primary one without an id, and the member's time zone; one query.

    The profile has what a chart is made of and no more. Raises NotFound, or NoPrimaryProfile without an id.
    """
    row = fetch_row(chart_source_query(user_id=user_id, profile_id=profile_id))
    return chart_source_of(row, profile_id=profile_id)


def chart_source_query(*, user_id: UUID, profile_id: UUID | None) -> Query:
    """Return the query for the row that `chart_source_of` reads.

    In SQL, because charts are asked for often: the ORM takes longer to write this query than the database to answer it.
    """
    if profile_id is None:
        return Query(f"{_CHART_SOURCE} AND p.is_primary", (user_id,))
    return Query(f"{_CHART_SOURCE} AND p.id = %s", (user_id, profile_id))


def chart_source_of(row: Row | None, *, profile_id: UUID | None) -> tuple[NumerologyProfile, str]:
    """Return the profile of a row, and the member's time zone; raises what `get_chart_source` does."""
    if row is None:
        raise NotFound if profile_id else NoPrimaryProfile
    return profile_of(tuple(_CHART_COLUMNS), row), row[-1]


def columns_of_profile(*more: str) -> tuple[str, ...]:
    """Return the columns of what a chart is made of and more of the profile, in the order that `profile_of` takes."""
    fields = NumerologyProfile._meta.concrete_fields
    return tuple(field.attname for field in fields if field.attname in {*_CHART_COLUMNS, *more})


def profile_of(columns: tuple[str, ...], row: Row) -> NumerologyProfile:
    """Return a profile that has these columns of a row that begins with them, and no others."""
    values = [
        None if value is None else _CHART_COLUMNS.get(name, _as_it_is)(value)
        for name, value in zip(columns, row, strict=False)
    ]
    return NumerologyProfile.from_db(None, columns, values)


def _as_it_is(value: Any) -> Any:
    return value


# What a chart is made of, in the model's order, and how the database's value becomes the model's.
_CHART_COLUMNS: dict[str, Callable[[Any], Any]] = {
    "id": _as_it_is,
    "birth_name": Ciphertext,
    "current_name": Ciphertext,
    "birth_date": Ciphertext,
    "gender": _as_it_is,
    "preset": _as_it_is,
    "options": json.loads,
    "vowel_overrides": json.loads,
    "transliteration": Ciphertext,
}
_CHART_SOURCE = (
    f"SELECT {', '.join(f'p.{name}' for name in _CHART_COLUMNS)}, u.time_zone FROM core_numerologyprofile p"  # noqa: S608
    " JOIN authentication_user u ON u.id = p.user_id WHERE p.user_id = %s"
)


def chart_day(profile: NumerologyProfile, *, now: datetime, zone: str) -> date:
    """Return today in a time zone; for somebody born today further east, who is not born here yet, the birth date."""
    return max(local_date(now, zone), date.fromisoformat(profile.birth_date))


@dataclass(frozen=True, slots=True)
class OwnData:
    """An account, and the birth data of its primary profile; None without one."""

    account: User
    birth_name: StoredName | None
    date_of_birth: str | None


def get_own_data(*, user_id: UUID) -> OwnData:
    """Return a member's account and birth data; one query."""
    primary = NumerologyProfile.objects.filter(user=OuterRef("pk"), is_primary=True)
    columns = JSONObject(id="id", birth_name="birth_name", birth_date="birth_date")
    account = User.objects.annotate(primary=Subquery(primary.values(found=columns)[:1])).get(pk=user_id)
    row = account.primary
    if row is None:
        return OwnData(account, None, None)
    profile = NumerologyProfile(id=UUID(row["id"]))
    profile.birth_name, profile.birth_date = Ciphertext(row["birth_name"]), Ciphertext(row["birth_date"])
    return OwnData(account, profile.birth_name, profile.birth_date)


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
