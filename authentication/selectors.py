"""Reads of one's own account."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import BooleanField, Case, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from authentication.documents import Document, list_current
from authentication.models import ApiKey, ApiKeyUsage, Consent, Identity, RecoveryCode, SecondFactor, Session, User
from notifications.sources import Contact
from numerai import hooks


def get_account(*, user_id: UUID) -> User:
    """Return a member's own account, its tier along."""
    return User.objects.annotate(tier=hooks.tier_expression()).get(pk=user_id)


def list_sessions_of(*, user_id: UUID, current: UUID, now: datetime) -> QuerySet[Session]:
    """Return a member's live sessions, the latest seen first; `is_current` marks the one that asks."""
    is_current = Case(When(pk=current, then=Value(True)), default=Value(False), output_field=BooleanField())
    live = Session.objects.filter(user_id=user_id, ended_at=None, expires_at__gt=now)
    return live.annotate(is_current=is_current).order_by("-last_seen_at", "-pk")


@dataclass(frozen=True, slots=True)
class SecondFactorState:
    is_enabled: bool
    recovery_codes_left: int


def get_second_factor_of(*, user_id: UUID) -> SecondFactorState:
    """Return whether a member's second factor is on, and how many recovery codes are left."""
    return SecondFactorState(
        is_enabled=SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).exists(),
        recovery_codes_left=RecoveryCode.objects.filter(user_id=user_id, used_at=None).count(),
    )


@dataclass(frozen=True, slots=True)
class ConsentState:
    """A document as it counts today, and what a member last agreed to of it."""

    document: Document
    consent: Consent | None

    @property
    def is_given(self) -> bool:
        return self.consent is not None and self.consent.version == self.document.version


def list_consents_of(*, user_id: UUID, today: date) -> list[ConsentState]:
    """Return what a member agreed to, document by document. Statements about single profiles are shown with those."""
    standing = Consent.objects.filter(user_id=user_id, about_id=None, withdrawn_at=None).order_by("given_at", "pk")
    last = {consent.document: consent for consent in standing}
    return [ConsentState(document, last.get(document.name)) for document in list_current(today=today)]


def has_consented(*, user_id: UUID, document: str, today: date) -> bool:
    """Say whether a member agreed to the current version of a document and has not taken it back."""
    return any(one.is_given for one in list_consents_of(user_id=user_id, today=today) if one.document.name == document)


def list_api_keys_of(*, user_id: UUID, today: date) -> QuerySet[ApiKey]:
    """Return a member's live keys, the newest first, each with how often and when last it was used."""
    usage = ApiKeyUsage.objects.filter(api_key=OuterRef("pk")).order_by().values("api_key")
    recent = Q(day__gt=today - timedelta(days=30))
    return (
        ApiKey.objects.filter(user_id=user_id, revoked_at=None)
        .annotate(
            requests_30_days=Coalesce(
                Subquery(usage.values(total=Sum("requests", filter=recent)), output_field=IntegerField()), 0
            ),
            last_used_on=Subquery(usage.values(last=Max("day"))),
        )
        .order_by("-created_at", "-pk")
    )


def list_identities_of(*, user_id: UUID) -> QuerySet[Identity]:
    """Return the accounts of Google and Apple that a member has connected, the newest first."""
    return Identity.objects.filter(user_id=user_id).order_by("-linked_at", "-pk")


def contacts_of(user_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """Return how members are written to, without those whose account is closed or was never proven."""
    rows = User.objects.filter(pk__in=user_ids, is_active=True, is_verified=True)
    return {
        user_id: Contact(email, language, time_zone)
        for user_id, email, language, time_zone in rows.values_list("pk", "email", "language", "time_zone")
    }
