from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from authentication.exceptions import CodeSentRecently
from authentication.models import Act, AuditEvent, CodePurpose, OneTimeCode, User
from authentication.services import codes
from authentication.tests.factories import ACCEPTS, PASSWORD, ApiClient, deliveries_to, last_code_to, make_user

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"
NOON = "2026-03-02T12:00:00Z"


def register(client: ApiClient, email: str = ADA, password: str = PASSWORD, **more: object):
    return client.send("post", "auth/register", {"email": email, "password": password, "accepts": ACCEPTS, **more})


def verify(client: ApiClient, code: str, email: str = ADA):
    return client.send("post", "auth/verify-otp", {"email": email, "code": code})


def test_registering_makes_an_unverified_account_and_sends_a_code(stranger):
    answer = register(stranger, full_name="Ada Byron", language="de", time_zone="Asia/Kathmandu")
    assert (answer.status_code, answer.json()["data"]) == (202, {"resend_after": 60})
    user = User.objects.get(email=ADA)
    assert (user.is_verified, user.full_name, user.language, user.time_zone) == (
        False, "Ada Byron", "de", "Asia/Kathmandu",
    )  # fmt: skip
    assert user.password.startswith("argon2$")
    [(kind, payload)] = deliveries_to(ADA)
    assert (kind, payload["purpose"], payload["minutes"]) == ("one_time_code", "verify_email", 10)


def test_an_address_is_stored_in_one_form(stranger):
    register(stranger, email="  Ａda@Example.COM ")
    assert User.objects.get().email == ADA


def test_the_code_verifies_the_account_and_welcomes(stranger):
    register(stranger)
    answer = verify(stranger, last_code_to(ADA))
    assert answer.json()["data"] == {"is_verified": True, "password_needed": False}
    assert User.objects.get(email=ADA).is_verified
    assert deliveries_to(ADA)[-1][0] == "welcome"
    assert AuditEvent.objects.filter(act=Act.ADDRESS_VERIFIED).count() == 1


def test_a_code_is_good_once(stranger):
    register(stranger)
    code = last_code_to(ADA)
    assert verify(stranger, code).status_code == 200
    again = verify(stranger, code)
    assert (again.status_code, again.json()["error"]["code"]) == (400, "INVALID_CODE")


def test_a_code_is_kept_as_a_keyed_hash_only(stranger):
    register(stranger)
    code = last_code_to(ADA)
    kept = " ".join(str(value) for value in OneTimeCode.objects.values().get().values())
    assert code not in kept
    assert ADA not in kept


def test_three_wrong_tries_end_a_code(stranger):
    register(stranger)
    code = last_code_to(ADA)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    refused = [verify(stranger, wrong).status_code for _ in range(3)]
    assert refused == [400, 400, 400]
    assert verify(stranger, code).status_code == 400
    assert not User.objects.get(email=ADA).is_verified


def test_the_right_code_is_taken_at_the_third_try(stranger):
    register(stranger)
    code = last_code_to(ADA)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert [verify(stranger, wrong).status_code for _ in range(2)] == [400, 400]
    assert verify(stranger, code).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (600, 400)])
def test_a_code_lives_ten_minutes(stranger, seconds, status):
    with time_machine.travel(NOON, tick=False) as clock:
        register(stranger)
        clock.shift(seconds)
        assert verify(stranger, last_code_to(ADA)).status_code == status


def test_only_the_newest_code_is_good(stranger):
    with time_machine.travel(NOON, tick=False) as clock:
        register(stranger)
        first = last_code_to(ADA)
        clock.shift(60)
        assert stranger.send("post", "auth/resend-otp", {"email": ADA}).status_code == 202
        newest = last_code_to(ADA)
        assert verify(stranger, first).status_code == (200 if first == newest else 400)
        assert verify(stranger, newest).status_code == 200


def test_another_code_waits_a_minute(stranger):
    with time_machine.travel(NOON, tick=False) as clock:
        register(stranger)
        clock.shift(59)
        answer = stranger.send("post", "auth/resend-otp", {"email": ADA})
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "CODE_SENT_RECENTLY")
        assert answer["Retry-After"] == "1"
        assert len(deliveries_to(ADA)) == 1


def test_ten_codes_a_day_are_enough():
    user = make_user(email=ADA, is_verified=False)
    start = datetime(2026, 3, 2, 12, tzinfo=UTC)
    moments = [start + timedelta(seconds=61 * number) for number in range(11)]
    issue = partial(codes.issue, whom=ADA, purpose=CodePurpose.VERIFY_EMAIL, user=user)
    issued = [issue(now=moment).code.sent_at for moment in moments[:10]]
    assert issued == moments[:10]
    with pytest.raises(CodeSentRecently) as refusal:
        issue(now=moments[10])
    assert refusal.value.retry_after == 24 * 3600 - 10 * 61
    assert issue(now=start + timedelta(days=1)).digits


def test_a_code_of_one_purpose_is_nothing_for_another(stranger):
    register(stranger)
    answer = stranger.send(
        "post", "auth/reset-password", {"email": ADA, "code": last_code_to(ADA), "new_password": "another horse 77"}
    )
    assert answer.json()["error"]["code"] == "INVALID_CODE"


def test_a_known_address_gets_a_mail_that_says_so_and_keeps_its_password(stranger):
    user = make_user(email=ADA)
    answer = register(stranger, password="quite another horse 1")
    assert (answer.status_code, answer.json()["data"]) == (202, {"resend_after": 60})
    assert [kind for kind, _ in deliveries_to(ADA)] == ["account_exists"]
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_no_code_can_be_spent_for_a_known_address(stranger):
    make_user(email=ADA)
    register(stranger)
    row = OneTimeCode.objects.get(purpose=CodePurpose.VERIFY_EMAIL)
    assert row.user_id is None


def test_registering_again_with_the_same_password_changes_nothing(stranger):
    register(stranger)
    register(stranger)
    answer = verify(stranger, last_code_to(ADA))
    assert answer.json()["data"] == {"is_verified": True, "password_needed": False}


def test_who_registers_an_address_first_cannot_sign_in_once_its_owner_proves_it(stranger):
    with time_machine.travel(NOON, tick=False) as clock:
        register(stranger, password="the thief's own horse", full_name="Thief")
        clock.shift(61)
        register(stranger, password=PASSWORD)
        answer = verify(stranger, last_code_to(ADA))
        assert answer.json()["data"] == {"is_verified": True, "password_needed": True}
    user = User.objects.get(email=ADA)
    assert (user.has_usable_password(), user.full_name) == (False, "")


@pytest.mark.parametrize(
    ("password", "part"),
    [
        ("short1", "at least 8"),
        ("x" * 129, "128"),
        ("password123", "common"),
        ("9283749283", "numeric"),
        ("ada.lovelace", "similar"),
        ("lovelace1815", "similar"),
    ],
)
def test_bad_passwords_are_refused_by_name(stranger, password, part):
    answer = register(stranger, email="ada.lovelace@example.com", password=password, full_name="Lovelace 1815")
    assert answer.status_code == 400
    assert part in " ".join(answer.json()["error"]["details"]["fields"]["password"])
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "a" * 250 + "@example.com"),
        ("email", 5551),
        ("full_name", "x" * 201),
        ("full_name", "Ada\nByron"),
        ("language", "english"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("surprise", "value"),
    ],
)
def test_bad_fields_are_refused(stranger, field, value):
    answer = register(stranger, **{field: value})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert str(value) not in str(answer.json()["error"])


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "١٢٣٤٥٦", 123456, ""])
def test_a_code_that_is_none_is_refused(stranger, code):
    answer = stranger.send("post", "auth/verify-otp", {"email": ADA, "code": code})
    assert answer.json()["error"]["details"]["fields"]["code"]
