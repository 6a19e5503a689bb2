from __future__ import annotations

import jwt
import pytest
import time_machine

from authentication.models import Act, AttemptCounter, AuditEvent, Session, User
from authentication.tests.factories import PASSWORD, ApiClient, deliveries_to, make_user, sign_in_as

pytestmark = pytest.mark.django_db

NOON = "2026-03-02T12:00:00Z"


def sign_in(client: ApiClient, email: str, password: str = PASSWORD):
    return client.send("post", "auth/login", {"email": email, "password": password})


def test_the_right_password_gives_a_pair_of_tokens(stranger, user):
    answer = sign_in(stranger, user.email.upper())
    data = answer.json()["data"]
    assert (answer.status_code, data["token_type"], data["expires_in"]) == (200, "Bearer", 3600)
    assert answer["Cache-Control"] == "no-store"
    access = jwt.decode(data["access_token"], options={"verify_signature": False})
    assert set(access) == {
        "token_type", "user_id", "session_id", "token_version", "exp", "iat", "jti", "email", "is_premium",
    }  # fmt: skip
    assert (access["user_id"], access["exp"] - access["iat"]) == (str(user.pk), 3600)
    refresh = jwt.decode(data["refresh_token"], options={"verify_signature": False})
    assert set(refresh) == {"token_type", "user_id", "session_id", "token_version", "exp", "iat", "jti"}
    assert refresh["exp"] - refresh["iat"] == 30 * 24 * 3600


def test_the_session_keeps_hashes_and_a_device_only(stranger, user):
    stranger.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) AppleWebKit Version/19 Safari/605"
    data = sign_in(stranger, user.email).json()["data"]
    session = Session.objects.get()
    jti = jwt.decode(data["refresh_token"], options={"verify_signature": False})["jti"]
    assert session.device == "Safari on iPhone"
    assert jti not in str(Session.objects.values().get())
    assert "127.0.0.1" not in str(Session.objects.values().get())


def test_the_first_sign_in_is_no_news_and_the_second_is(stranger, user):
    sign_in(stranger, user.email)
    assert deliveries_to(user.email) == []
    sign_in(stranger, user.email)
    [(kind, payload)] = deliveries_to(user.email)
    assert (kind, payload["time_zone"]) == ("new_sign_in", "Europe/London")


@pytest.mark.parametrize("password", ["wrong horse battery staple", " " + PASSWORD, PASSWORD + " ", PASSWORD.upper()])
def test_a_wrong_password_is_refused(stranger, user, password):
    answer = sign_in(stranger, user.email, password)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "INVALID_CREDENTIALS")
    assert AuditEvent.objects.get().act == Act.SIGN_IN_FAILED
    assert not Session.objects.exists()


def test_a_closed_account_answers_like_a_wrong_password(stranger):
    user = make_user(is_active=False)
    assert sign_in(stranger, user.email).json()["error"]["code"] == "INVALID_CREDENTIALS"


def test_an_unverified_account_is_named_to_who_knows_the_password_only(stranger):
    user = make_user(is_verified=False)
    assert sign_in(stranger, user.email, "not the password").json()["error"]["code"] == "INVALID_CREDENTIALS"
    answer = sign_in(stranger, user.email)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "NOT_VERIFIED")


def test_a_password_in_an_older_hash_is_hashed_anew(stranger, user, settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[::-1]
    user.set_password(PASSWORD)
    user.save()
    assert user.password.startswith("pbkdf2")
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[::-1]
    assert sign_in(stranger, user.email).status_code == 200
    user.refresh_from_db()
    assert user.password.startswith("argon2")


def test_bcrypt_hashes_of_another_product_are_taken(stranger, user, settings):
    settings.PASSWORD_HASHERS = [settings.PASSWORD_HASHERS[1]]
    user.set_password(PASSWORD)
    user.save()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", *settings.PASSWORD_HASHERS]
    assert sign_in(stranger, user.email).status_code == 200


def test_the_sixth_wrong_guess_from_one_network_makes_the_next_wait(stranger, user):
    with time_machine.travel(NOON, tick=False) as clock:
        guesses = [sign_in(stranger, user.email, "wrong guess").status_code for _ in range(6)]
        assert guesses == [401] * 6
        refused = sign_in(stranger, user.email)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TOO_MANY_ATTEMPTS")
        assert refused["Retry-After"] == "15"
        clock.shift(15)
        assert sign_in(stranger, user.email).status_code == 200
        assert not AttemptCounter.objects.filter(key__startswith="pair", failures__gt=0).exists()


def test_a_token_in_the_header_is_no_reason_to_refuse_a_sign_in(stranger, user):
    answer = stranger.post(
        "/api/v1/auth/login",
        {"email": user.email, "password": PASSWORD},
        content_type="application/json",
        headers={"Authorization": "Bearer expired"},
    )
    assert answer.status_code == 200


def test_more_than_twenty_devices_end_the_one_least_lately_seen(user):
    first, *_ = [sign_in_as(user) for _ in range(21)]
    assert Session.objects.filter(ended_at=None).count() == 20
    assert Session.objects.get(end_reason="displaced").pk == first.session_id


def test_signing_in_is_remembered_on_the_account(stranger, user):
    sign_in(stranger, user.email)
    assert User.objects.get(pk=user.pk).last_login is not None
