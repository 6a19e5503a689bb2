"""Everything that changes a profile.

Each use case locks the member's account first, so that two at once come one after the other: neither the plan's limit
nor the one primary profile can be missed. The database holds the latter as a constraint too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from authentication.callers import Caller
from authentication.models import User
from authentication.services.consents import forget_other_person, record_other_person
from core.exceptions import PrimaryProfile
from core.local_days import local_date
from core.models import NumerologyProfile, Relation
from core.numerology import BirthChart, EngineError, NameInput, option_values
from core.selectors.profiles import chart_of, stored_name
from core.services.key_numbers import clear_key_numbers, write_key_numbers
from numerai.api.exceptions import InvalidInput, NotFound
from numerai.hooks import member_changed
from payments.entitlements import Entitlement
from payments.selectors import require_room

INPUTS = frozenset(
    {
        "label", "relation", "birth_name", "current_name", "birth_date", "gender", "preset", "options",
        "vowel_overrides", "transliteration",
    }
)  # fmt: skip
# What member_changed is told: something about the profiles; and, of the primary one, what its numbers come from.
PROFILES, PRIMARY_PROFILE = "profiles", "primary_profile"
_NUMBERS_COME_FROM = INPUTS - {"label", "relation"}
OWN_LABEL = "Me"


def create_profile(
    *,
    user_id: UUID,
    inputs: Mapping[str, Any],
    has_consent: bool = False,
    caller: Caller | None = None,
    now: datetime,
) -> NumerologyProfile:
    """Keep somebody's birth data; the first profile of a member becomes the primary one.

    `inputs` holds birth_name (a text or NameInput), birth_date, label, relation, and any other of INPUTS. For anybody
    but the member, `has_consent` states that the person agrees. Raises InvalidInput without it or if no chart can be
    made of the inputs, and PlanLimitReached.
    """
    with transaction.atomic():
        user = _locked(user_id)
        count = NumerologyProfile.objects.filter(user=user).count()
        require_room(user_id=user_id, entitlement=Entitlement.NUMEROLOGY_PROFILES, used=count)
        profile = NumerologyProfile(user=user, is_primary=count == 0, updated_at=now)
        _write(profile, inputs)
        chart = _chart(profile, now, user)
        if profile.is_primary:
            write_key_numbers(profile, chart)
        profile.save(force_insert=True)
        if profile.relation != Relation.SELF:
            record_other_person(user_id=user_id, profile_id=profile.pk, has_consent=has_consent, caller=caller, now=now)
        _tell(profile, PRIMARY_PROFILE if profile.is_primary else PROFILES)
    return profile


def update_profile(
    *,
    user_id: UUID,
    profile_id: UUID,
    changes: Mapping[str, Any],
    has_consent: bool = False,
    caller: Caller | None = None,
    now: datetime,
) -> NumerologyProfile:
    """Change some inputs of a profile, and with them the key numbers. Raises NotFound and InvalidInput.

    A profile that was the member's own and becomes somebody else's needs that person's consent, as a new one does.
    """
    with transaction.atomic():
        user = _locked(user_id)
        profile = _owned(user, profile_id)
        was_own = profile.relation == Relation.SELF
        changed = _write(profile, changes)
        if not changed:
            return profile
        chart = _chart(profile, now, user)
        if profile.is_primary:
            write_key_numbers(profile, chart)
        profile.updated_at = now
        profile.save()
        is_own = profile.relation == Relation.SELF
        if was_own and not is_own:
            record_other_person(user_id=user_id, profile_id=profile.pk, has_consent=has_consent, caller=caller, now=now)
        if is_own and not was_own:
            forget_other_person(user_id=user_id, profile_id=profile.pk)
        follows = profile.is_primary and changed & _NUMBERS_COME_FROM
        _tell(profile, PRIMARY_PROFILE if follows else PROFILES)
    return profile


def make_primary(*, user_id: UUID, profile_id: UUID, now: datetime) -> NumerologyProfile:
    """Make a profile the one that readings follow. Doing so twice changes nothing. Raises NotFound."""
    with transaction.atomic():
        user = _locked(user_id)
        profile = _owned(user, profile_id)
        if profile.is_primary:
            return profile
        # The other one first: at no moment are there two.
        for before in NumerologyProfile.objects.filter(user=user, is_primary=True):
            before.is_primary = False
            clear_key_numbers(before)
            before.save()
        profile.is_primary = True
        write_key_numbers(profile, _chart(profile, now, user))
        profile.save()
        _tell(profile, PRIMARY_PROFILE)
    return profile


def delete_profile(*, user_id: UUID, profile_id: UUID) -> None:
    """Forget a profile. Raises NotFound, and PrimaryProfile for the primary one while there are others."""
    with transaction.atomic():
        user = _locked(user_id)
        profile = _owned(user, profile_id)
        if profile.is_primary and NumerologyProfile.objects.filter(user=user, is_primary=False).exists():
            raise PrimaryProfile
        forget_other_person(user_id=user_id, profile_id=profile.pk)
        NumerologyProfile.objects.filter(pk=profile.pk).delete()
        _tell(profile, PRIMARY_PROFILE if profile.is_primary else PROFILES)


def save_own_birth_data(*, user_id: UUID, changes: Mapping[str, Any], now: datetime) -> NumerologyProfile | None:
    """Write the birth name and date of the primary profile, making it if there is none yet.

    Returns the primary profile as it is then; None if there is neither one nor anything to make it of.
    Raises InvalidInput naming what is missing to make it.
    """
    with transaction.atomic():
        user = _locked(user_id)
        primary = NumerologyProfile.objects.filter(user=user, is_primary=True).first()
        if not changes:
            return primary
        if primary is not None:
            return update_profile(user_id=user_id, profile_id=primary.pk, changes=changes, now=now)
        missing = [name for name in ("birth_name", "birth_date") if name not in changes]
        if missing:
            raise InvalidInput({name: ["There is no profile yet; both are needed to make it."] for name in missing})
        inputs = {"label": OWN_LABEL, "relation": Relation.SELF, **changes}
        return create_profile(user_id=user_id, inputs=inputs, now=now)


def erase_profiles(user_id: UUID) -> None:
    """Forget every profile of a member."""
    NumerologyProfile.objects.filter(user_id=user_id).delete()


def _locked(user_id: UUID) -> User:
    return User.objects.select_for_update(no_key=True).only("pk", "time_zone").get(pk=user_id)


def _owned(user: User, profile_id: UUID) -> NumerologyProfile:
    profile = NumerologyProfile.objects.filter(user=user, pk=profile_id).first()
    if profile is None:
        raise NotFound
    return profile


def _write(profile: NumerologyProfile, inputs: Mapping[str, Any]) -> set[str]:
    """Put inputs on a profile; return which of them are new."""
    if not set(inputs) <= INPUTS:
        raise ValueError("these are not inputs of a profile")
    changed: set[str] = set()
    for name, value in inputs.items():
        given = _stored(name, value)
        if profile._state.adding or getattr(profile, name) != given:
            setattr(profile, name, given)
            changed.add(name)
    return changed


def _stored(name: str, value: Any) -> Any:
    if isinstance(value, NameInput):
        return stored_name(value)
    if isinstance(value, date):
        return value.isoformat()
    if name == "gender":
        return value or ""
    return value


def _chart(profile: NumerologyProfile, now: datetime, user: User) -> BirthChart:
    """Return the chart of the member's today, by which the inputs are judged. Raises InvalidInput."""
    try:
        return chart_of(profile, on=local_date(now, user.time_zone), explain=False)
    except EngineError as error:
        raise InvalidInput({_field_of(error): [error.message]}, reason=error.code) from None


def _field_of(error: EngineError) -> str:
    if error.field == "name":
        return "birth_name"
    return f"options.{error.field}" if error.field in option_values() else error.field


def _tell(profile: NumerologyProfile, what: str) -> None:
    member_changed(user_id=profile.user_id, fields=frozenset({PROFILES, what}))
