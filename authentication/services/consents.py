"""Agreeing to the documents of agreements/, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from authentication.callers import Caller
from authentication.documents import OTHER_PEOPLE, Document, get_current, list_current
from authentication.exceptions import ConsentNeeded
from authentication.models import Act, Consent, ConsentWay
from authentication.services import audit
from numerai.api.exceptions import InvalidInput

# One statement, whoever the address belongs to: an account that exists agrees to nothing that a stranger sends.
_AT_REGISTRATION = """
INSERT INTO authentication_consent (user_id, document, version, way, given_at)
SELECT account.id, given.document, given.version, %(way)s, %(now)s
FROM authentication_user AS account
CROSS JOIN unnest(%(documents)s::text[], %(versions)s::text[]) AS given (document, version)
WHERE account.id = %(user_id)s AND NOT account.is_verified
ON CONFLICT DO NOTHING
"""


def require_accepted(accepts: Mapping[str, str], *, today: date) -> None:
    """Raise InvalidInput unless the current version of every document asked at registration is accepted."""
    required = [document for document in list_current(today=today) if document.is_required]
    problems = {
        f"accepts.{document.name}": [f"Takes the current version, {document.version}, once the person has agreed."]
        for document in required
        if accepts.get(document.name) != document.version
    }
    if set(accepts) - {document.name for document in required}:
        problems["accepts"] = [f"Takes these documents only: {', '.join(document.name for document in required)}."]
    if problems:
        raise InvalidInput(problems)


def record_registration(*, user_id: UUID, accepts: Mapping[str, str], now: datetime) -> None:
    """Keep what was accepted with an account that waits to be proven; for others, do the same work and keep nothing.

    In the transaction that makes the account, after require_accepted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _AT_REGISTRATION,
            {
                "user_id": user_id,
                "way": ConsentWay.REGISTRATION.value,
                "now": now,
                "documents": list(accepts),
                "versions": list(accepts.values()),
            },
        )


def record_first_sign_in(*, user_id: UUID, accepts: Mapping[str, str], caller: Caller | None, now: datetime) -> None:
    """Keep what was accepted with an account that a provider vouches for. After require_accepted."""
    for name, version in accepts.items():
        _record(
            user_id=user_id, name=name, version=version, way=ConsentWay.SOCIAL_SIGN_IN, about_id=None,
            caller=caller, now=now,
        )  # fmt: skip


def record_other_person(
    *, user_id: UUID, profile_id: UUID, has_consent: bool, caller: Caller | None, now: datetime
) -> None:
    """Keep that a member stated to have another person's consent for storing their data in this profile.

    In the transaction that makes the profile. Raises InvalidInput for the field `has_consent` without the statement.
    """
    document = _current(OTHER_PEOPLE, today=now.date())
    if has_consent is not True:
        raise InvalidInput({"has_consent": [f"Takes true, which states: {document.text}"]})
    _record(
        user_id=user_id, name=document.name, version=document.version, way=ConsentWay.PROFILE, about_id=profile_id,
        caller=caller, now=now,
    )  # fmt: skip


def forget_other_person(*, user_id: UUID, profile_id: UUID) -> None:
    """Forget the statement about a profile that is deleted. In that transaction."""
    Consent.objects.filter(user_id=user_id, about_id=profile_id).delete()


def give(*, user_id: UUID, name: str, version: str, caller: Caller, now: datetime) -> None:
    """Agree to the current version of a document. Agreeing twice is agreeing once. Raises InvalidInput."""
    document = _current(name, today=now.date())
    if version != document.version:
        raise InvalidInput({"version": [f"Takes the current version, {document.version}."]})
    _record(user_id=user_id, name=name, version=version, way=ConsentWay.SETTINGS, about_id=None, caller=caller, now=now)


def withdraw(*, user_id: UUID, name: str, caller: Caller, now: datetime) -> None:
    """Take back what was agreed to in the settings. Raises ConsentNeeded for what an account cannot be without."""
    if _current(name, today=now.date()).is_required:
        raise ConsentNeeded
    with transaction.atomic():
        standing = Consent.objects.filter(user_id=user_id, document=name, about_id=None, withdrawn_at=None)
        if standing.update(withdrawn_at=now):
            audit.record(Act.CONSENT_WITHDRAWN, actor_id=user_id, caller=caller)


def _current(name: str, *, today: date) -> Document:
    document = get_current(name, today=today)
    if document is None:
        known = ", ".join(one.name for one in list_current(today=today))
        raise InvalidInput({"document": [f"Takes one of: {known}."]})
    return document


def _record(
    *, user_id: UUID, name: str, version: str, way: ConsentWay, about_id: UUID | None, caller: Caller | None,
    now: datetime,
) -> None:  # fmt: skip
    given = Consent(user_id=user_id, document=name, version=version, way=way, about_id=about_id, given_at=now)
    with transaction.atomic():
        Consent.objects.bulk_create([given], ignore_conflicts=True)
        if Consent.objects.filter(pk=given.pk).exists():
            audit.record(Act.CONSENT_GIVEN, actor_id=user_id, caller=caller)
