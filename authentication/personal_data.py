"""What this app holds about a member: how it is given out, and how it is forgotten.

The tables are named in HOLDS, one line each; see numerai.hooks.register_personal_data.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session as AdminSession
from django.db import transaction
from django.db.models import Model, Q, QuerySet

from authentication import members
from authentication.models import (
    AccountDeletion,
    ApiKey,
    AuditEvent,
    Consent,
    DataExport,
    Identity,
    OneTimeCode,
    Session,
    User,
)
from authentication.selectors import get_second_factor_of
from authentication.services import attempts, codes
from notifications.kinds import Channel
from notifications.selectors import list_suppressions
from notifications.services import forget_address
from numerai.hooks import NOT_EXPORTED

HOLDS = {
    "authentication.User": "account",
    "authentication.Session": "sessions",
    "authentication.OneTimeCode": "codes",
    # Keyed hashes of who guessed at what.
    "authentication.AttemptCounter": NOT_EXPORTED,
    "authentication.SecondFactor": "second_factor",
    "authentication.RecoveryCode": "second_factor",
    # Exported, and never erased: it holds ids only (docs/decisions/0007-accounts-and-sessions.md).
    "authentication.AuditEvent": "acts",
    "authentication.Consent": "consents",
    "authentication.DataExport": "exports",
    "authentication.Identity": "identities",
    "authentication.ApiKey": "api_keys",
    "authentication.ApiKeyUsage": "api_keys",
    "authentication.AccountDeletion": "deletion",
    "admin.LogEntry": "admin_log",
    # The cookie of a member of staff in the admin.
    "sessions.Session": NOT_EXPORTED,
    # Known by the address, which only accounts can tell.
    "notifications.SuppressedAddress": "stopped_addresses",
}


def export(user_id: UUID) -> Mapping[str, Any]:
    """Return everything about a member's account, as JSON-safe values. Secrets and keyed hashes are left out."""
    user = User.objects.get(pk=user_id)
    factor = get_second_factor_of(user_id=user_id)
    return {
        "account": {
            "id": str(user.pk),
            "phone": user.phone,
            **_values(
                user, "email", "is_verified", "full_name", "language", "time_zone", "is_active", "is_staff",
                "created_at", "last_login",
            ),
            "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        },
        "sessions": _rows(
            Session.objects.filter(user=user).order_by("pk"),
            "device", "place", "created_at", "last_seen_at", "expires_at", "ended_at", "end_reason",
        ),
        "codes": _rows(
            OneTimeCode.objects.filter(user=user).order_by("pk"),
            "purpose", "target", "sent_at", "expires_at", "used_at",
        ),
        "second_factor": {"is_enabled": factor.is_enabled, "recovery_codes_left": factor.recovery_codes_left},
        "acts": _rows(
            AuditEvent.objects.filter(Q(subject_id=user_id) | Q(actor_id=user_id)).order_by("pk"), "at", "act"
        ),
        "consents": _rows(
            Consent.objects.filter(user=user).order_by("pk"),
            "document", "version", "way", "about_id", "given_at", "withdrawn_at",
        ),
        "exports": _rows(
            DataExport.objects.filter(user=user).defer("archive").order_by("pk"),
            "state", "asked_at", "made_at", "expires_at",
        ),
        "identities": _rows(Identity.objects.filter(user=user).order_by("pk"), "provider", "email", "linked_at"),
        "api_keys": [
            {
                **_values(
                    key, "name", "prefix", "scopes", "requests_per_minute", "created_at", "rotated_at", "revoked_at"
                ),
                "usage": _rows(key.usage.order_by("day"), "day", "requests"),
            }
            for key in ApiKey.objects.filter(user=user).order_by("pk")
        ],
        "deletion": _rows(AccountDeletion.objects.filter(user_id=user_id), "state", "asked_at", "erase_at"),
        "admin_log": _rows(_admin_log_of(user_id).order_by("pk"), "action_time", "action_flag"),
        "stopped_addresses": list_suppressions(_addresses_of(user)),
    }  # fmt: skip


def erase(user_id: UUID) -> None:
    """Forget a member's account. The audit log stays: it holds ids only.

    So does the row of the erasure itself (AccountDeletion), which services/erasure.py deletes when it is finished.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=user_id).first()
        whoms: list[object] = [user_id]
        if user is not None:
            whoms.append(user.email)
            for channel, address in _addresses_of(user):
                forget_address(channel=channel, address=address)
            networks = Session.objects.filter(user=user).values_list("network", flat=True).distinct()
            attempts.forget(user_id=user_id, email=user.email, networks=networks)
        codes.forget(whoms)
        _admin_log_of(user_id).delete()
        _forget_admin_sessions(user_id)
        User.objects.filter(pk=user_id).delete()
        members.forget_on_commit(user_id)


def _addresses_of(user: User) -> list[tuple[Channel, str]]:
    phone = [(Channel.SMS, user.phone)] if user.phone else []
    return [(Channel.EMAIL, user.email), *phone]


def _admin_log_of(user_id: UUID) -> QuerySet[LogEntry]:
    """Return what a member of staff did in the admin, and what staff did there to this account."""
    account = ContentType.objects.get_for_model(User)
    return LogEntry.objects.filter(Q(user_id=user_id) | Q(content_type=account, object_id=str(user_id)))


def _forget_admin_sessions(user_id: UUID) -> None:
    """End the sign-ins to the admin. There are as many rows as staff: the rest of the product has its own sessions."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for row in AdminSession.objects.iterator():
        if store.decode(row.session_data).get(SESSION_KEY) == str(user_id):
            row.delete()


def _rows(rows: QuerySet[Any], *names: str) -> list[dict[str, Any]]:
    return [_values(row, *names) for row in rows]


def _values(row: Model, *names: str) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # Which a moment is, too.
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
