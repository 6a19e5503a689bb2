"""What a token of Google or Apple must be before anybody believes it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.utils import timezone

from authentication.checks import check_providers
from authentication.models import Session, SpentNonce, User
from authentication.services import cleaning
from authentication.tests.factories import (
    ACCEPTS,
    ApiClient,
)
from authentication.tests.providers import (
    APPLE_ID,
    GOOGLE_ID,
    claims_of,
    crafted,
    elliptic_key,
    hashed,
    new_nonce,
    outcome,
    private_key,
    public_jwk,
    public_pem,
    sign_in,
    signed,
    token,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("google_and_apple")]

GOOGLE, APPLE = "auth/social/google", "auth/social/apple"


@pytest.mark.parametrize("path", [GOOGLE, APPLE])
def test_a_good_token_signs_in(stranger, path):
    answer = sign_in(stranger, path)
    assert answer.status_code == 200
    member = ApiClient()
    headers = {"Authorization": f"Bearer {answer.json()['data']['access_token']}"}
    assert member.get("/api/v1/users/profile", headers=headers).json()["data"]["is_verified"] is True


def by_public_key(message: bytes) -> bytes:
    """Sign with the published key as if it were a shared password."""
    return hmac.new(public_pem(), message, hashlib.sha256).digest()


def by_right_key(message: bytes) -> bytes:
    return private_key().sign(message, padding.PKCS1v15(), hashes.SHA256())


def nothing(message: bytes) -> bytes:
    return b""


# What a stranger would make, by hand: libraries refuse to.
FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "alg none": lambda claims: crafted({"alg": "none", "kid": "first"}, claims, nothing),
    "alg None": lambda claims: crafted({"alg": "None", "kid": "first"}, claims, nothing),
    "alg none, well signed": lambda claims: crafted({"alg": "none", "kid": "first"}, claims, by_right_key),
    "no alg": lambda claims: crafted({"kid": "first"}, claims, by_right_key),
    "no signature": lambda claims: signed(claims).rpartition(".")[0] + ".",
    "the signature of something else": lambda claims: ".".join(
        signed({**claims, "sub": "2"}).split(".")[:2] + signed(claims).split(".")[2:]
    ),
    "another key": lambda claims: signed(claims, key=private_key("second")),
    "another key, that the token brings along": lambda claims: signed(
        claims, key=private_key("second"), jwk=public_jwk("second"), jku="http://127.0.0.1:1/keys"
    ),
    "an unknown key": lambda claims: signed(claims, key=private_key("second"), kid="second"),
    "no key id": lambda claims: crafted({"alg": "RS256"}, claims, by_right_key),
    "a list of key ids": lambda claims: crafted({"alg": "RS256", "kid": ["first"]}, claims, by_right_key),
    "the public key as a password": lambda claims: crafted({"alg": "HS256", "kid": "first"}, claims, by_public_key),
    "an elliptic key": lambda claims: signed(claims, key=elliptic_key(), algorithm="ES256"),
    "a longer hash": lambda claims: signed(claims, algorithm="RS512"),
    "claims that are no object": lambda claims: crafted({"alg": "RS256", "kid": "first"}, ["sub"], by_right_key),
    "not a token": lambda claims: "a.b.c",
    "nothing much": lambda claims: "x",
}


def test_the_way_they_are_made_makes_good_tokens_too(stranger):
    nonce = new_nonce()
    made = crafted({"alg": "RS256", "kid": "first"}, claims_of(nonce=nonce), by_right_key)
    assert stranger.send("post", GOOGLE, {"id_token": made, "nonce": nonce, "accepts": ACCEPTS}).status_code == 200


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_token_is_refused(stranger, kind):
    nonce = new_nonce()
    sent = {"id_token": FORGERIES[kind](claims_of(nonce=nonce)), "nonce": nonce, "accepts": ACCEPTS}
    assert outcome(stranger.send("post", GOOGLE, sent)) == (401, "INVALID_IDENTITY_TOKEN")
    assert not User.objects.exists()
    assert not SpentNonce.objects.exists()


def ago(**distance: float) -> int:
    return int((timezone.now() - timedelta(**distance)).timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        lambda: {"aud": "another.apps.googleusercontent.com"},
        lambda: {"aud": APPLE_ID},
        lambda: {"aud": [GOOGLE_ID]},
        lambda: {"aud": [GOOGLE_ID, "another"]},
        lambda: {"aud": None},
        lambda: {"iss": "https://accounts.google.com.example.org"},
        lambda: {"iss": "https://appleid.apple.com"},
        lambda: {"iss": None},
        lambda: {"exp": ago(seconds=61)},
        lambda: {"exp": None},
        lambda: {"iat": ago(minutes=11, seconds=1)},
        lambda: {"iat": ago(minutes=-5)},
        lambda: {"iat": None},
        lambda: {"sub": ""},
        lambda: {"sub": None},
        lambda: {"sub": "1" * 256},
        lambda: {"nonce": "the nonce of somebody else"},
        lambda: {"nonce": ""},
        lambda: {"nonce": 5},
        lambda: {"nonce": None},
    ],
)
def test_a_token_that_is_not_for_us_now_is_refused(stranger, changes):
    assert outcome(sign_in(stranger, **changes())) == (401, "INVALID_IDENTITY_TOKEN")
    assert not User.objects.exists()


@pytest.mark.parametrize(("path", "other"), [(GOOGLE, "apple"), (APPLE, "google")])
def test_a_token_of_one_provider_is_nothing_at_the_other(stranger, path, other):
    answer = stranger.send("post", path, {**token(other), "accepts": ACCEPTS})
    assert outcome(answer) == (401, "INVALID_IDENTITY_TOKEN")


def test_any_of_our_apps_may_send_a_token(stranger):
    assert sign_in(stranger, aud="ios.apps.googleusercontent.com").status_code == 200


def test_google_may_leave_its_scheme_out(stranger):
    assert sign_in(stranger, iss="accounts.google.com").status_code == 200


def test_the_app_may_hash_the_nonce_for_the_provider(stranger):
    nonce = new_nonce()
    sent = {"id_token": signed(claims_of(nonce=hashed(nonce))), "nonce": nonce, "accepts": ACCEPTS}
    assert stranger.send("post", GOOGLE, sent).status_code == 200
    # What can be read in a token is not enough to send it.
    seen = {**sent, "nonce": hashed(nonce), "id_token": signed(claims_of(nonce=hashed(nonce)))}
    assert outcome(stranger.send("post", GOOGLE, seen)) == (401, "INVALID_IDENTITY_TOKEN")


def test_a_token_is_good_once(stranger):
    sent = {**token(), "accepts": ACCEPTS}
    assert stranger.send("post", GOOGLE, sent).status_code == 200
    assert outcome(stranger.send("post", GOOGLE, sent)) == (401, "INVALID_IDENTITY_TOKEN")
    # Nor is another token with the same nonce.
    again = {**sent, "id_token": signed(claims_of(nonce=sent["nonce"], exp=ago(minutes=-50)))}
    assert outcome(stranger.send("post", GOOGLE, again)) == (401, "INVALID_IDENTITY_TOKEN")
    assert Session.objects.count() == 1


def test_used_tokens_are_remembered_until_they_are_too_old(stranger):
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False) as clock:
        sent = {**token(iat=ago(seconds=-60), exp=ago(hours=-24)), "accepts": ACCEPTS}
        stranger.send("post", GOOGLE, sent)
        clock.shift(timedelta(minutes=12))
        cleaning.purge_expired(now=timezone.now())
        assert outcome(stranger.send("post", GOOGLE, sent)) == (401, "INVALID_IDENTITY_TOKEN")
        clock.shift(timedelta(seconds=1))
        cleaning.purge_expired(now=timezone.now())
        assert not SpentNonce.objects.exists()
        assert outcome(stranger.send("post", GOOGLE, sent)) == (401, "INVALID_IDENTITY_TOKEN")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id_token": "x" * 4001}, "id_token"),
        ({"id_token": 5}, "id_token"),
        ({"nonce": "short"}, "nonce"),
        ({"nonce": "x" * 256}, "nonce"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"colour": "red"}, "non_field_errors"),
    ],
)
def test_bad_input_names_the_field(stranger, changes, field):
    answer = stranger.send("post", GOOGLE, {**token(), **changes})
    assert list(answer.json()["error"]["details"]["fields"]) == [field]


@pytest.mark.parametrize("path", [GOOGLE, APPLE])
def test_without_client_ids_it_is_off(stranger, settings, path):
    settings.GOOGLE_CLIENT_IDS = settings.APPLE_CLIENT_IDS = []
    assert outcome(sign_in(stranger, path)) == (503, "SOCIAL_SIGN_IN_NOT_CONFIGURED")


def test_a_check_tells_what_is_off_in_production(settings):
    settings.GOOGLE_CLIENT_IDS = []
    assert check_providers() == []
    settings.ENVIRONMENT = "production"
    [found] = check_providers()
    assert (found.id, "GOOGLE_CLIENT_IDS" in str(found.hint)) == ("authentication.W001", True)


def test_a_provider_that_is_down_is_told_as_such(stranger, settings):
    settings.GOOGLE_BASE_URL = "http://127.0.0.1:1"
    answer = sign_in(stranger)
    assert outcome(answer) == (503, "PROVIDER_UNAVAILABLE")
    assert answer["Retry-After"] == "10"
