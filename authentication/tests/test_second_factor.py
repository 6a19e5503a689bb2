from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from authentication.models import Act, AuditEvent, RecoveryCode, SecondFactor, Session
from authentication.tests.factories import (
    PASSWORD,
    ApiClient,
    authenticator_code,
    deliveries_to,
    make_second_factor,
    make_user,
    sign_in_as,
)

pytestmark = pytest.mark.django_db

NOON = "2026-03-02T12:00:00Z"


@pytest.fixture
def frozen():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def set_up(client: ApiClient, password: str = PASSWORD):
    return client.send("post", "auth/second-factor/setup", {"password": password})


def confirm(client: ApiClient, code: str):
    return client.send("post", "auth/second-factor/confirm", {"code": code})


def challenge_for(user, client: ApiClient | None = None) -> str:
    sent = {"email": user.email, "password": PASSWORD}
    return (client or ApiClient()).send("post", "auth/login", sent).json()["data"]["challenge"]


def answer(challenge: str, code: str):
    return ApiClient().send("post", "auth/login/second-factor", {"challenge": challenge, "code": code})


def test_setting_up_gives_a_secret_and_an_address_for_a_qr_code(member, user):
    data = set_up(member).json()["data"]
    parts = urlsplit(data["otpauth_uri"])
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parse_qs(parts.query)["secret"] == [data["secret"]]
    assert len(base64.b32decode(data["secret"])) == 20
    assert data["secret"] not in str(SecondFactor.objects.values().get())
    state = member.send("get", "auth/second-factor").json()["data"]
    assert state == {"is_enabled": False, "recovery_codes_left": 0}


def test_a_first_code_turns_it_on_and_gives_recovery_codes(frozen, member, user):
    set_up(member)
    codes = confirm(member, authenticator_code(SecondFactor.objects.get())).json()["data"]["recovery_codes"]
    assert len(set(codes)) == 10
    assert not RecoveryCode.objects.filter(digest__in=codes).exists()
    state = member.send("get", "auth/second-factor").json()["data"]
    assert state == {"is_enabled": True, "recovery_codes_left": 10}
    assert deliveries_to(user.email)[-1][1]["event"] == "second_factor_enabled"


def test_it_takes_the_password(member):
    assert set_up(member, "not the password").json()["error"]["code"] == "WRONG_PASSWORD"


def test_a_wrong_code_turns_nothing_on(frozen, member):
    set_up(member)
    assert confirm(member, "000000").json()["error"]["code"] == "INVALID_CODE"
    assert SecondFactor.objects.get().confirmed_at is None


def test_confirming_without_setting_up_is_a_conflict(member):
    assert confirm(member, "000000").json()["error"]["code"] == "SECOND_FACTOR_NOT_ENABLED"


def test_a_second_setup_replaces_the_first_until_it_is_confirmed(frozen, member):
    first = set_up(member).json()["data"]["secret"]
    assert set_up(member).json()["data"]["secret"] != first
    confirm(member, authenticator_code(SecondFactor.objects.get()))
    refused = set_up(member)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "SECOND_FACTOR_ENABLED")


def test_signing_in_takes_a_code_then(frozen, user):
    factor = make_second_factor(user)
    challenge = challenge_for(user)
    assert not Session.objects.exists()
    done = answer(challenge, authenticator_code(factor))
    assert done.status_code == 200
    token = done.json()["data"]["access_token"]
    assert ApiClient().get("/api/v1/users/profile", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_an_unconfirmed_factor_asks_for_nothing(member, user):
    set_up(member)
    data = ApiClient().send("post", "auth/login", {"email": user.email, "password": PASSWORD}).json()["data"]
    assert "access_token" in data


def test_each_code_is_good_once(frozen, user):
    factor = make_second_factor(user)
    code = authenticator_code(factor)
    assert answer(challenge_for(user), code).status_code == 200
    assert answer(challenge_for(user), code).json()["error"]["code"] == "INVALID_CODE"


@pytest.mark.parametrize(("steps", "status"), [(-2, 400), (-1, 200), (0, 200), (1, 200), (2, 400)])
def test_a_clock_may_be_half_a_minute_off(frozen, user, steps, status):
    factor = make_second_factor(user)
    assert answer(challenge_for(user), authenticator_code(factor, steps=steps)).status_code == status


def test_wrong_codes_are_slowed_whatever_challenge_they_come_with(frozen, user):
    factor = make_second_factor(user)
    wrong = f"{(int(authenticator_code(factor)) + 1) % 1_000_000:06d}"
    first, second = challenge_for(user), challenge_for(user)
    given = [answer(challenge, wrong).json()["error"]["code"] for challenge in (first, second) * 3]
    assert given == ["INVALID_CODE"] * 6
    assert answer(first, authenticator_code(factor)).json()["error"]["code"] == "TOO_MANY_ATTEMPTS"
    assert AuditEvent.objects.filter(act=Act.SECOND_FACTOR_REFUSED, subject_id=user.pk).count() == 6


def test_a_challenge_ends_after_five_minutes(frozen, user):
    factor = make_second_factor(user)
    challenge = challenge_for(user)
    frozen.shift(301)
    refused = answer(challenge, authenticator_code(factor))
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "INVALID_TOKEN")


def test_a_challenge_ends_with_the_password(frozen, user):
    factor = make_second_factor(user)
    challenge = challenge_for(user)
    user.token_version += 1
    user.save()
    assert answer(challenge, authenticator_code(factor)).status_code == 401


@pytest.mark.parametrize("challenge", ["", "x", "a:b:c"])
def test_what_is_no_challenge_is_refused(db, challenge):
    assert answer(challenge, "123456").status_code in (400, 401)


def test_a_code_of_another_member_is_refused(frozen, user):
    make_second_factor(user)
    other = make_user()
    SecondFactor.objects.create(
        user=other, secret=base64.b32encode(b"x" * 20).decode(), confirmed_at="2026-01-01T00:00Z"
    )
    assert answer(challenge_for(user), authenticator_code(other.second_factor)).status_code == 400


def test_a_recovery_code_stands_in_once_and_the_member_is_told(frozen, member, user):
    set_up(member)
    codes = confirm(member, authenticator_code(SecondFactor.objects.get())).json()["data"]["recovery_codes"]
    assert answer(challenge_for(user), codes[0].upper()).status_code == 200
    assert answer(challenge_for(user), codes[0]).json()["error"]["code"] == "INVALID_CODE"
    assert "recovery_code_used" in [payload.get("event") for _, payload in deliveries_to(user.email)]
    assert member.send("get", "auth/second-factor").json()["data"]["recovery_codes_left"] == 9


def test_turning_it_off_takes_password_and_code(frozen, user):
    factor = make_second_factor(user)
    client = ApiClient(sign_in_as(user))
    code = authenticator_code(factor)
    path = "auth/second-factor/disable"
    assert client.send("post", path, {"password": "wrong", "code": code}).json()["error"]["code"] == "WRONG_PASSWORD"
    wrong = client.send("post", path, {"password": PASSWORD, "code": "abc-def-gh"})
    assert wrong.json()["error"]["code"] == "INVALID_CODE"
    assert client.send("post", path, {"password": PASSWORD, "code": code}).status_code == 204
    assert not SecondFactor.objects.exists()
    again = client.send("post", path, {"password": PASSWORD, "code": code})
    assert again.json()["error"]["code"] == "SECOND_FACTOR_NOT_ENABLED"


def test_recovery_codes_are_replaced_as_a_whole(frozen, user):
    factor = make_second_factor(user)
    old = RecoveryCode.objects.create(user=user, digest="x")
    sent = {"password": PASSWORD, "code": authenticator_code(factor)}
    made = ApiClient(sign_in_as(user)).send("post", "auth/second-factor/recovery-codes", sent).json()["data"]
    assert len(made["recovery_codes"]) == 10
    assert not RecoveryCode.objects.filter(pk=old.pk).exists()
