"""Whose account a good token of Google or Apple opens; connecting and disconnecting."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from authentication.models import AccountDeletion, Act, AuditEvent, Consent, Identity, Session, User
from authentication.tests.factories import (
    ACCEPTS,
    PASSWORD,
    ApiClient,
    authenticator_code,
    deliveries_to,
    last_code_to,
    make_identity,
    make_second_factor,
    make_staff,
    make_user,
    sign_in_as,
)
from authentication.tests.providers import (
    claims_of,
    outcome,
    sign_in,
    token,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("google_and_apple")]

GOOGLE, APPLE, LINK = "auth/social/google", "auth/social/apple", "auth/social/google/link"
ADA = "ada@gmail.com"
COMPANY = {"email": "ada@company.example"}


def linked_to(user: User) -> Identity:
    return make_identity(user, claims_of()["sub"])


def test_a_new_account_is_proven_named_and_agreed_to(stranger):
    sent = {**token(name="Ada Byron"), "accepts": ACCEPTS, "language": "de", "time_zone": "Europe/Berlin"}
    assert stranger.send("post", GOOGLE, sent).status_code == 200
    user = User.objects.get()
    assert (user.email, user.is_verified, user.full_name) == (ADA, True, "Ada Byron")
    assert (user.language, user.time_zone, user.has_usable_password()) == ("de", "Europe/Berlin", False)
    assert {(one.document, one.way) for one in Consent.objects.all()} == {
        ("terms", "social_sign_in"),
        ("minimum_age", "social_sign_in"),
    }
    acts = set(AuditEvent.objects.filter(subject_id=user.pk).values_list("act", flat=True))
    assert {Act.REGISTERED, Act.IDENTITY_LINKED, Act.SIGNED_IN} <= acts
    assert [kind for kind, _ in deliveries_to(ADA)] == ["welcome"]


def test_the_name_that_the_app_sends_goes_first(stranger):
    stranger.send("post", GOOGLE, {**token(name="Ada Byron"), "accepts": ACCEPTS, "full_name": "Ada Lovelace"})
    assert User.objects.get().full_name == "Ada Lovelace"


@pytest.mark.parametrize("name", ["Ada\nByron", "x" * 201, 5])
def test_a_name_that_can_be_none_is_left_out(stranger, name):
    assert sign_in(stranger, name=name).status_code == 200
    assert User.objects.get().full_name == ""


def test_no_account_is_made_without_agreement_and_the_token_is_still_good(stranger):
    sent = token()
    answer = stranger.send("post", GOOGLE, sent)
    assert answer.status_code == 400
    assert set(answer.json()["error"]["details"]["fields"]) == {"accepts.terms", "accepts.minimum_age"}
    assert not User.objects.exists()
    assert stranger.send("post", GOOGLE, {**sent, "accepts": ACCEPTS}).status_code == 200


@pytest.mark.parametrize(
    "changes", [{"email": None}, {"email_verified": False}, {"email_verified": None}, {"email": "no address"}]
)
def test_no_account_is_made_of_an_address_that_nobody_vouches_for(stranger, changes):
    assert outcome(sign_in(stranger, **changes)) == (409, "IDENTITY_WITHOUT_EMAIL")
    assert not User.objects.exists()


def test_what_is_stored_names_nobody_at_the_provider(stranger):
    sign_in(stranger)
    stored = str(Identity.objects.values().get())
    assert (claims_of()["sub"] in stored, ADA in stored) == (False, False)
    assert Identity.objects.get().email == ADA


def test_the_same_person_comes_back_to_the_same_account(stranger):
    sign_in(stranger)
    sign_in(stranger, email="moved@gmail.com", email_verified=False)
    assert (User.objects.count(), Session.objects.count(), Identity.objects.count()) == (1, 2, 1)


def test_who_comes_back_needs_to_agree_to_nothing(stranger, user):
    linked_to(user)
    assert stranger.send("post", GOOGLE, token()).status_code == 200


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        (GOOGLE, {"email": "Ada@Gmail.com"}),
        (GOOGLE, {**COMPANY, "hd": "company.example"}),
        (APPLE, {"email": "ada@icloud.com", "email_verified": "true"}),
        (APPLE, {"email": "x@privaterelay.appleid.com", "email_verified": True}),
    ],
)
def test_a_proven_account_is_joined_by_the_word_of_who_gives_out_the_address(stranger, path, changes):
    user = make_user(email=changes["email"])
    assert sign_in(stranger, path, **changes).status_code == 200
    assert Identity.objects.get().user == user
    assert user.check_password(PASSWORD)
    [(kind, payload), *_] = deliveries_to(user.email)
    assert (kind, payload["event"]) == ("security_notice", "sign_in_method_added")


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        (GOOGLE, COMPANY),
        (GOOGLE, {"email": "ada@notgmail.com"}),
        (GOOGLE, {"email": "ada@gmail.com.example.org"}),
        (APPLE, COMPANY),
        (APPLE, {**COMPANY, "hd": "company.example"}),
        (APPLE, {"email": ADA}),
    ],
)
@pytest.mark.parametrize("is_verified", [True, False])
def test_an_account_is_never_joined_on_a_word_that_may_be_out_of_date(stranger, path, changes, is_verified):
    user = make_user(email=changes["email"], is_verified=is_verified)
    sent = token(path.split("/")[2], **changes)
    assert outcome(stranger.send("post", path, {**sent, "accepts": ACCEPTS})) == (409, "SIGN_IN_TO_LINK")
    assert not Identity.objects.exists()
    user.refresh_from_db()
    assert user.is_verified == is_verified


@pytest.mark.parametrize(
    "who", [lambda: make_staff(email=ADA), lambda: make_user(email=ADA, is_active=False)], ids=["staff", "closed"]
)
def test_accounts_of_staff_and_closed_ones_are_never_joined_silently(stranger, who):
    who()
    assert outcome(sign_in(stranger)) == (409, "SIGN_IN_TO_LINK")
    assert not Identity.objects.exists()


def test_an_account_with_a_second_factor_is_never_joined_silently(stranger):
    make_second_factor(make_user(email=ADA))
    assert outcome(sign_in(stranger)) == (409, "SIGN_IN_TO_LINK")


def test_a_refused_token_is_good_for_connecting_after_signing_in(stranger):
    user = make_user(**COMPANY)
    sent = token(**COMPANY)
    stranger.send("post", GOOGLE, {**sent, "accepts": ACCEPTS})
    answer = ApiClient(sign_in_as(user)).send("post", LINK, {**sent, "password": PASSWORD})
    assert (answer.status_code, answer.json()["data"]["email"]) == (200, COMPANY["email"])


def test_nothing_is_left_of_a_registration_that_nobody_proved(stranger):
    body = {"email": ADA, "password": PASSWORD, "full_name": "Not Ada", "accepts": ACCEPTS}
    stranger.send("post", "auth/register", body)
    squatter = User.objects.get()
    code = last_code_to(ADA)
    assert sign_in(stranger).status_code == 200
    user = User.objects.get()
    assert (user.pk == squatter.pk, user.full_name, user.has_usable_password()) == (False, "", False)
    assert outcome(stranger.send("post", "auth/login", {"email": ADA, "password": PASSWORD})) == (
        401,
        "INVALID_CREDENTIALS",
    )
    assert outcome(stranger.send("post", "auth/verify-otp", {"email": ADA, "code": code})) == (400, "INVALID_CODE")


def test_an_account_that_was_used_and_is_no_longer_proven_is_kept(stranger):
    user = make_user(email=ADA)
    sign_in_as(user)
    User.objects.update(is_verified=False)
    assert outcome(sign_in(stranger)) == (409, "SIGN_IN_TO_LINK")
    assert User.objects.get() == user


@pytest.mark.parametrize(
    ("change", "refusal"),
    [({"is_active": False}, (401, "INVALID_CREDENTIALS")), ({"is_verified": False}, (403, "NOT_VERIFIED"))],
)
def test_a_closed_account_is_opened_by_no_provider(stranger, user, change, refusal):
    linked_to(user)
    User.objects.update(**change)
    assert outcome(sign_in(stranger)) == refusal
    assert not Session.objects.exists()


def test_signing_in_calls_a_scheduled_erasure_off(stranger, user):
    linked_to(user)
    AccountDeletion.objects.create(
        user_id=user.pk, asked_at=timezone.now(), erase_at=timezone.now() + timedelta(days=30)
    )
    assert sign_in(stranger).status_code == 200
    assert not AccountDeletion.objects.exists()


def test_a_second_factor_is_asked_for(stranger, user):
    linked_to(user)
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        factor = make_second_factor(user)
        data = sign_in(stranger).json()["data"]
        assert set(data) == {"challenge", "expires_in"}
        assert not Session.objects.exists()
        sent = {"challenge": data["challenge"], "code": authenticator_code(factor)}
        assert stranger.send("post", "auth/login/second-factor", sent).status_code == 200


def test_an_account_without_a_password_can_do_everything_by_a_fresh_sign_in(stranger):
    stranger.pair = SimpleNamespace(**sign_in(stranger).json()["data"])
    assert stranger.send("post", "auth/change-email", {"new_email": "new@example.com"}).status_code == 202
    setup = stranger.send("post", "auth/second-factor/setup", {})
    assert setup.status_code == 200
    Session.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert outcome(stranger.send("post", "auth/second-factor/setup", {})) == (403, "SIGN_IN_AGAIN")
    assert outcome(stranger.send("post", "auth/change-email", {"new_email": "a@b.example"})) == (403, "SIGN_IN_AGAIN")


def test_a_password_can_be_set_later(stranger):
    sign_in(stranger)
    stranger.send("post", "auth/forgot-password", {"email": ADA})
    sent = {"email": ADA, "code": last_code_to(ADA), "new_password": PASSWORD}
    assert stranger.send("post", "auth/reset-password", sent).status_code == 204
    assert stranger.send("post", "auth/login", {"email": ADA, "password": PASSWORD}).status_code == 200


def link(member: ApiClient, **changes: Any) -> Any:
    return member.send("post", LINK, {**token(**changes), "password": PASSWORD})


def test_a_member_connects_and_is_told(member, user, stranger):
    assert link(member, email="other@elsewhere.example", email_verified=False).status_code == 200
    assert sign_in(stranger).status_code == 200
    assert Session.objects.filter(user=user).count() == 2
    assert deliveries_to(user.email)[0][1]["event"] == "sign_in_method_added"


def test_connecting_takes_the_password(member):
    answer = member.send("post", LINK, {**token(), "password": "not this one"})
    assert outcome(answer) == (403, "WRONG_PASSWORD")
    assert not Identity.objects.exists()


def test_connecting_twice_is_connecting_once(member, user):
    assert [link(member).status_code for _ in range(2)] == [200, 200]
    assert (Identity.objects.count(), len(deliveries_to(user.email))) == (1, 1)


def test_what_is_anothers_cannot_be_connected(member):
    other = make_user()
    linked_to(other)
    assert outcome(link(member)) == (409, "IDENTITY_TAKEN")
    assert Identity.objects.get().user == other


def test_connecting_uses_a_token_up(member, stranger):
    sent = token()
    member.send("post", LINK, {**sent, "password": PASSWORD})
    assert outcome(stranger.send("post", GOOGLE, sent)) == (401, "INVALID_IDENTITY_TOKEN")


def test_the_list_shows_ones_own(member, user):
    make_identity(make_user(), "stranger")
    mine = make_identity(user, email=ADA)
    [shown] = member.send("get", "auth/social/identities").json()["data"]
    assert (shown["id"], shown["provider"], shown["email"]) == (str(mine.pk), "google", ADA)


def test_a_member_disconnects_and_is_told(member, user, stranger):
    path = f"auth/social/identities/{linked_to(user).pk}"
    assert member.send("delete", path).status_code == 204
    assert deliveries_to(user.email)[0][1]["event"] == "sign_in_method_removed"
    assert AuditEvent.objects.filter(act=Act.IDENTITY_UNLINKED, subject_id=user.pk).count() == 1
    assert member.send("delete", path).status_code == 404
    sign_in(stranger)
    assert User.objects.count() == 2


def test_a_strangers_connection_is_not_there(member):
    theirs = linked_to(make_user())
    assert member.send("delete", f"auth/social/identities/{theirs.pk}").status_code == 404
    assert Identity.objects.exists()


def test_the_only_way_in_stays():
    user = make_user(password=None)
    first, second = (make_identity(user, subject) for subject in "ab")
    member = ApiClient(sign_in_as(user))
    assert member.send("delete", f"auth/social/identities/{first.pk}").status_code == 204
    assert outcome(member.send("delete", f"auth/social/identities/{second.pk}")) == (409, "LAST_WAY_IN")
    assert Identity.objects.get() == second
