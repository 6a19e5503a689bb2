from __future__ import annotations

import pytest

from authentication.models import Act, AuditEvent, Session
from authentication.tests.factories import PASSWORD, ApiClient, deliveries_to, last_code_to, make_user, sign_in_as

pytestmark = pytest.mark.django_db

NEW = "a different horse entirely"


def forgot(client: ApiClient, email: str):
    return client.send("post", "auth/forgot-password", {"email": email})


def reset(client: ApiClient, email: str, code: str, password: str = NEW):
    return client.send("post", "auth/reset-password", {"email": email, "code": code, "new_password": password})


def change(client: ApiClient, current: str = PASSWORD, new: str = NEW):
    return client.send("post", "auth/change-password", {"current_password": current, "new_password": new})


def test_a_code_sets_a_new_password_and_ends_every_session(stranger, user):
    pair = sign_in_as(user)
    assert forgot(stranger, user.email).status_code == 202
    assert reset(stranger, user.email, last_code_to(user.email)).status_code == 204
    user.refresh_from_db()
    assert (user.check_password(NEW), user.token_version) == (True, 2)
    assert Session.objects.get(pk=pair.session_id).end_reason == "password_changed"
    assert ApiClient(pair).get("/api/v1/users/profile").status_code == 401
    assert [kind for kind, _ in deliveries_to(user.email)] == ["one_time_code", "password_changed"]
    assert AuditEvent.objects.filter(act=Act.PASSWORD_RESET, subject_id=user.pk).exists()


def test_a_reset_code_is_good_once(stranger, user):
    forgot(stranger, user.email)
    code = last_code_to(user.email)
    assert reset(stranger, user.email, code).status_code == 204
    assert reset(stranger, user.email, code, "yet another horse").status_code == 400


def test_a_code_for_one_member_opens_no_other_account(stranger, user):
    other = make_user()
    forgot(stranger, user.email)
    assert reset(stranger, other.email, last_code_to(user.email)).json()["error"]["code"] == "INVALID_CODE"
    other.refresh_from_db()
    assert other.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["password", "1234567890", "short", "x" * 129])
def test_a_bad_password_does_not_use_the_code_up(stranger, user, password):
    forgot(stranger, user.email)
    code = last_code_to(user.email)
    refused = reset(stranger, user.email, code, password)
    assert list(refused.json()["error"]["details"]["fields"]) == ["new_password"]
    assert reset(stranger, user.email, code).status_code == 204


def test_a_password_like_the_accounts_own_data_is_refused_and_keeps_the_code(stranger):
    user = make_user(email="grace.hopper@example.com", full_name="Rear Admiral")
    forgot(stranger, user.email)
    code = last_code_to(user.email)
    assert "similar" in reset(stranger, user.email, code, "gracehopper").content.decode()
    assert "similar" in reset(stranger, user.email, code, "rear admiral").content.decode()
    assert reset(stranger, user.email, code).status_code == 204


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_verified": False}])
def test_closed_and_unverified_accounts_get_no_reset(stranger, fields):
    user = make_user(**fields)
    assert forgot(stranger, user.email).status_code == 202
    assert deliveries_to(user.email) == []


@pytest.mark.django_db(transaction=True)  # sessions end on commit
def test_changing_the_password_keeps_this_device_alone(user):
    client, other = ApiClient(sign_in_as(user)), ApiClient(sign_in_as(user))
    answer = change(client)
    assert answer.status_code == 200
    assert [one.get("/api/v1/users/profile").status_code for one in (client, other)] == [401, 401]
    token = answer.json()["data"]["access_token"]
    fresh = ApiClient().get("/api/v1/users/profile", headers={"Authorization": f"Bearer {token}"})
    assert fresh.status_code == 200
    again = ApiClient().send("post", "auth/refresh-token", {"refresh_token": answer.json()["data"]["refresh_token"]})
    assert again.status_code == 200
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert deliveries_to(user.email)[-1][0] == "password_changed"


def test_changing_takes_the_current_password(member, user):
    answer = change(member, current="not the password")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "WRONG_PASSWORD")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_guessing_the_current_password_is_slowed(member):
    guesses = [change(member, current=f"guess number {number}").json()["error"]["code"] for number in range(7)]
    assert guesses == ["WRONG_PASSWORD"] * 6 + ["TOO_MANY_ATTEMPTS"]


@pytest.mark.parametrize("password", ["password", "1234567890", "short", "x" * 129, "ada byron"])
def test_changing_to_a_bad_password_is_refused(member, user, password):
    assert list(change(member, new=password).json()["error"]["details"]["fields"]) == ["new_password"]
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_new_password_makes_waiting_codes_worthless(stranger, member, user):
    forgot(stranger, user.email)
    code = last_code_to(user.email)
    assert change(member).status_code == 200
    assert reset(stranger, user.email, code, "the thief's own horse").status_code == 400
