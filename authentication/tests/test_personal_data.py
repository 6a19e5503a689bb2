"""What an account is made of, given out whole and forgotten whole."""

from __future__ import annotations

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session as AdminSession
from django.test import Client
from django.utils import timezone

from authentication.models import (
    ApiKey,
    ApiKeyUsage,
    AttemptCounter,
    AuditEvent,
    CodePurpose,
    Identity,
    OneTimeCode,
    RecoveryCode,
    SecondFactor,
    Session,
    User,
)
from authentication.personal_data import erase, export
from authentication.services import attempts, codes, contact
from authentication.tests.factories import (
    PASSWORD,
    ApiClient,
    make_api_key,
    make_identity,
    make_second_factor,
    make_staff,
    make_user,
    sign_in_as,
)
from notifications.kinds import Channel
from notifications.models import Delivery, SuppressedAddress, SuppressionReason
from notifications.services import suppress_address

pytestmark = pytest.mark.django_db

TABLES = [
    User, Session, OneTimeCode, AttemptCounter, SecondFactor, RecoveryCode, LogEntry, AdminSession, SuppressedAddress,
    ApiKey, ApiKeyUsage, Identity,
]  # fmt: skip


def fill(user: User) -> None:
    """Leave traces of an account in every table that can hold one."""
    sign_in_as(user)
    make_second_factor(user)
    RecoveryCode.objects.create(user=user, digest="d")
    ApiClient().send("post", "auth/login", {"email": user.email, "password": "not this one"})
    attempts.take(attempts.key_of("password", user.pk), rule=attempts.INSIDE, now=timezone.now())
    contact.ask_for_phone(user_id=user.pk, phone="+447911123456", now=timezone.now())
    codes.issue(whom=user.email, purpose=CodePurpose.VERIFY_EMAIL, user=None, now=timezone.now())
    suppress_address(channel=Channel.EMAIL, address=user.email, reason=SuppressionReason.BOUNCED)
    make_api_key(user)
    make_identity(user, email="ada@gmail.com", subject=user.email)
    ApiKeyUsage.objects.create(api_key=ApiKey.objects.get(user=user), day=timezone.now().date(), requests=3)
    Client().force_login(user)
    LogEntry.objects.create(user=user, action_flag=1)


def counts() -> list[int]:
    return [model.objects.count() for model in TABLES]


def test_forgetting_an_account_leaves_no_row_of_it():
    user = make_staff()
    fill(user)
    assert 0 not in counts()
    # The failed sign-in came from a network that never signed in: its counter is a keyed hash of both.
    left = AttemptCounter.objects.get(key=attempts.key_of("account", user.email))
    erase(user.pk)
    unknown_network = AttemptCounter.objects.values_list("key", flat=True)
    assert [key.partition(":")[0] for key in unknown_network] == ["pair"]
    assert left.key not in unknown_network
    assert [count for model, count in zip(TABLES, counts(), strict=True) if model is not AttemptCounter] == [0] * 11


def test_forgetting_an_account_touches_nobody_else():
    other = make_staff(email="other@example.com")
    fill(other)
    before = counts()
    user = make_staff()
    fill(user)
    erase(user.pk)
    # The pair of the failed sign-in stays.
    assert counts() == [count + (model is AttemptCounter) for model, count in zip(TABLES, before, strict=True)]
    other.refresh_from_db()
    assert Session.objects.get().user == other


def test_what_staff_did_to_an_account_in_the_admin_is_forgotten_with_it(admin_user):
    user = make_user()
    LogEntry.objects.log_actions(admin_user.pk, [user], 2, single_object=True)
    erase(user.pk)
    assert not LogEntry.objects.exists()


def test_the_audit_log_stays():
    user = make_user()
    sign_in_as(user)
    erase(user.pk)
    assert AuditEvent.objects.filter(subject_id=user.pk).exists()


def test_the_export_tells_everything_and_no_secret():
    user = make_user(full_name="Ada Byron", time_zone="Europe/London")
    fill(user)
    given = export(user.pk)
    assert given["account"]["email"] == user.email
    assert given["account"]["full_name"] == "Ada Byron"
    assert given["sessions"][0]["device"] == "Firefox on Linux"
    assert given["codes"][0]["target"] == "+447911123456"
    assert given["second_factor"] == {"is_enabled": True, "recovery_codes_left": 1}
    assert {"signed_in", "sign_in_failed"} <= {act["act"] for act in given["acts"]}
    assert given["stopped_addresses"][0]["reason"] == "bounced"
    assert given["identities"][0]["email"] == "ada@gmail.com"
    assert given["api_keys"][0]["usage"][0]["requests"] == 3
    json.dumps(given)
    secrets = [
        user.password,
        SecondFactor.objects.get().secret,
        PASSWORD,
        Session.objects.get().current,
        ApiKey.objects.get().digest,
    ]
    assert [secret for secret in secrets if secret in str(given)] == []


def test_the_export_tells_nothing_of_others():
    user, other = make_user(), make_user(email="other@example.com")
    fill(other)
    assert other.email not in str(export(user.pk))
    assert not Delivery.objects.filter(user_id=user.pk).exists()
    assert export(user.pk)["acts"] == []
