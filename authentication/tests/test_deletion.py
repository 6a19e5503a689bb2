"""Asking for the end of an account, and calling it off by signing in."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from authentication.exceptions import InvalidApiKey
from authentication.models import AccountDeletion, Act, AuditEvent, DeletionState, Session
from authentication.services import api_keys, deletion, erasure
from authentication.services.sessions import begin_session
from authentication.tests.factories import (
    PASSWORD,
    ApiClient,
    authenticator_code,
    deliveries_to,
    make_second_factor,
    make_staff,
    make_user,
    sign_in_as,
)
from authentication.tests.test_concurrency import HERE, at_once

pytestmark = pytest.mark.django_db

ACCOUNT = "users/account"


def sign_in(user, password: str = PASSWORD):
    return ApiClient().send("post", "auth/login", {"email": user.email, "password": password})


def kinds(user) -> list[str]:
    return [kind for kind, _ in deliveries_to(user.email)]


def test_the_password_schedules_the_erasure_and_says_when(member, user):
    with time_machine.travel("2026-03-02T23:30:00Z", tick=False):
        member.pair = sign_in_as(user)
        answer = member.send("delete", ACCOUNT, {"password": PASSWORD})
    assert answer.status_code == 202
    assert answer.json()["data"]["erase_at"] == "2026-04-01T23:30:00Z"
    # Half past midnight in London, where summer time has begun.
    assert ("account_deletion_scheduled", {"erased_on": "2026-04-02"}) in deliveries_to(user.email)
    assert AccountDeletion.objects.get().state == DeletionState.SCHEDULED
    assert AuditEvent.objects.filter(act=Act.DELETION_ASKED, actor_id=user.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_every_session_ends_at_once(member, user):
    phone = ApiClient(sign_in_as(user))
    member.send("delete", ACCOUNT, {"password": PASSWORD})
    assert [client.send("get", "users/profile").status_code for client in (member, phone)] == [401, 401]
    assert set(Session.objects.values_list("end_reason", flat=True)) == {"closing"}


def test_api_keys_sleep_until_the_account_is_kept(user):
    pair, now = sign_in_as(user), timezone.now()
    made = api_keys.create_key(
        user_id=user.pk, session_id=pair.session_id, password=PASSWORD, name="n", scopes=["numerology:read"],
        caller=HERE, now=now,
    )  # fmt: skip
    row = AccountDeletion.objects.create(user_id=user.pk, asked_at=now, erase_at=now + timedelta(days=30))
    with pytest.raises(InvalidApiKey):
        api_keys.find_holder(made.key, now=now)
    row.delete()
    assert api_keys.find_holder(made.key, now=now).id == user.pk


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"password": "not this one"}, 403, "WRONG_PASSWORD"),
        ({}, 400, "VALIDATION_ERROR"),
        (None, 400, "VALIDATION_ERROR"),
        ({"password": PASSWORD, "now": True}, 400, "VALIDATION_ERROR"),
    ],
)
def test_without_the_password_nothing_happens(member, sent, status, code):
    answer = member.send("delete", ACCOUNT, sent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert not AccountDeletion.objects.exists()
    assert member.send("get", "users/profile").status_code == 200


def test_guesses_at_the_password_are_slowed(member):
    answers = [member.send("delete", ACCOUNT, {"password": "guess"}).status_code for _ in range(7)]
    assert answers == [403] * 6 + [429]


@pytest.mark.parametrize(("minutes", "status"), [(9, 202), (11, 403)])
def test_an_account_without_a_password_needs_a_fresh_sign_in(minutes, status):
    user = make_user(password=None)
    client = ApiClient(sign_in_as(user))
    Session.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))
    answer = client.send("delete", ACCOUNT)
    assert answer.status_code == status
    assert AccountDeletion.objects.exists() is (status == 202)


def test_another_fresh_session_does_not_prove_an_old_one():
    user = make_user(password=None)
    old = ApiClient(sign_in_as(user))
    Session.objects.update(created_at=timezone.now() - timedelta(hours=1))
    sign_in_as(user)
    answer = old.send("delete", ACCOUNT)
    assert answer.json()["error"]["code"] == "SIGN_IN_AGAIN"


def test_staff_are_made_ordinary_members_first():
    answer = ApiClient(sign_in_as(make_staff())).send("delete", ACCOUNT, {"password": PASSWORD})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "STAFF_ACCOUNT")


def test_signing_in_keeps_the_account(member, user):
    member.send("delete", ACCOUNT, {"password": PASSWORD})
    answer = sign_in(user)
    assert answer.status_code == 200
    assert not AccountDeletion.objects.exists()
    assert "account_deletion_cancelled" in kinds(user)
    assert AuditEvent.objects.filter(act=Act.DELETION_CANCELLED, actor_id=user.pk).count() == 1
    assert sign_in(user).status_code == 200
    assert kinds(user).count("account_deletion_cancelled") == 1


def test_a_wrong_password_does_not_keep_the_account(member, user):
    member.send("delete", ACCOUNT, {"password": PASSWORD})
    assert sign_in(user, "not this one").status_code == 401
    assert AccountDeletion.objects.exists()


def test_a_password_without_its_second_factor_does_not_keep_the_account(member, user):
    factor = make_second_factor(user)
    member.send("delete", ACCOUNT, {"password": PASSWORD})
    challenge = sign_in(user).json()["data"]["challenge"]
    assert AccountDeletion.objects.exists()
    sent = {"challenge": challenge, "code": authenticator_code(factor)}
    assert ApiClient().send("post", "auth/login/second-factor", sent).status_code == 200
    assert not AccountDeletion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_may_be_asked_for_again(member, user):
    for _ in range(2):
        user.refresh_from_db()
        member.pair = sign_in_as(user)
        assert member.send("delete", ACCOUNT, {"password": PASSWORD}).status_code == 202
    assert AccountDeletion.objects.count() == 1
    assert kinds(user).count("account_deletion_scheduled") == 2


def test_a_stranger_changes_nothing_about_another_account(member, user):
    other = make_user()
    ApiClient(sign_in_as(other)).send("delete", ACCOUNT, {"password": PASSWORD})
    assert AccountDeletion.objects.get().user_id == other.pk
    assert member.send("get", "users/profile").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_asking_at_once_schedules_once():
    user = make_user()
    pair, now = sign_in_as(user), timezone.now()
    results = at_once(
        4,
        lambda number: deletion.ask_for_deletion(
            user_id=user.pk, session_id=pair.session_id, password=PASSWORD, caller=HERE, now=now
        ),
    )
    assert len({result.pk for result in results}) == 1
    assert kinds(user) == ["account_deletion_scheduled"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round", range(5))
def test_of_a_sign_in_and_the_eraser_at_once_one_wins(round):
    user = make_user()
    now = timezone.now()
    row = AccountDeletion.objects.create(user_id=user.pk, asked_at=now - timedelta(days=30), erase_at=now)

    def act(number: int) -> str:
        if number == 0:
            begin_session(user=user, caller=HERE, now=now)
            return "signed in"
        return "erasing" if erasure._claim(row.pk, now=now) else "nothing to do"

    signed_in, eraser = at_once(2, act)
    outcome = (getattr(signed_in, "code", signed_in), eraser)
    assert outcome in [("signed in", "nothing to do"), ("INVALID_CREDENTIALS", "erasing")]
    user.refresh_from_db()
    is_kept = outcome[1] == "nothing to do"
    assert (user.is_active, AccountDeletion.objects.exists()) == (is_kept, not is_kept)
    assert Session.objects.filter(ended_at=None).exists() is is_kept
