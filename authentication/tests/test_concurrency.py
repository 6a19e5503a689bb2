"""Two at once, with real threads and a real database: which conditional statement holds."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from authentication.callers import Caller
from authentication.exceptions import InvalidCode, InvalidIdentityToken, InvalidToken, LastWayIn, TooManyAttempts
from authentication.models import ApiKey, AttemptCounter, CodePurpose, Identity, OneTimeCode, Provider, Session, User
from authentication.services import (
    api_keys,
    attempts,
    codes,
    contact,
    passwords,
    registration,
    second_factor,
    sessions,
    social,
)
from authentication.tests.factories import (
    ACCEPTS,
    PASSWORD,
    authenticator_code,
    deliveries_to,
    last_code_to,
    make_api_key,
    make_identity,
    make_second_factor,
    make_user,
    sign_in_as,
)
from authentication.tests.providers import token
from authentication.tokens import TokenPair, read_refresh
from numerai.api.exceptions import AppError, Conflict

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Caller(network="here")


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act(number)` in as many threads, all let go together; return what each returned, or the error it raised."""
    gate = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            results[number] = act(number)
        except AppError as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def register(email: str, password: str) -> float:
    return registration.register(
        email=email,
        password=password,
        accepts=ACCEPTS,
        full_name="",
        language="en",
        time_zone="UTC",
        caller=HERE,
        now=timezone.now(),
    )


def test_two_registrations_of_one_address_make_one_account_and_one_code():
    at_once(4, lambda number: register("ada@example.com", PASSWORD))
    assert User.objects.filter(email="ada@example.com").count() == 1
    assert [kind for kind, _ in deliveries_to("ada@example.com")] == ["one_time_code"]
    assert User.objects.get().check_password(PASSWORD)


def test_two_registrations_with_different_passwords_keep_neither():
    at_once(2, lambda number: register("ada@example.com", f"{PASSWORD} {number}"))
    assert not User.objects.get().has_usable_password()


def test_a_code_is_spent_once():
    register("ada@example.com", PASSWORD)
    code = last_code_to("ada@example.com")
    results = at_once(
        3,
        lambda number: registration.verify_address(
            email="ada@example.com", digits=code, caller=HERE, now=timezone.now()
        ),
    )
    assert Counter(type(result) for result in results) == {registration.Verified: 1, InvalidCode: 2}
    assert [kind for kind, _ in deliveries_to("ada@example.com")].count("welcome") == 1


def test_a_reset_code_sets_one_password():
    user = make_user()
    passwords.ask_for_reset(email=user.email, now=timezone.now())
    code = last_code_to(user.email)
    results = at_once(
        3,
        lambda number: passwords.reset_password(
            email=user.email, digits=code, new_password=f"a new horse {number}", caller=HERE, now=timezone.now()
        ),
    )
    assert Counter(type(result) for result in results) == {type(None): 1, InvalidCode: 2}


def test_parallel_wrong_codes_have_three_tries_in_all():
    user = make_user()
    issued = codes.issue(whom=user.pk, purpose=CodePurpose.CHANGE_EMAIL, user=user, now=timezone.now(), target="x@y.zz")
    results = at_once(
        8, lambda number: codes.take_try(whom=user.pk, purpose=CodePurpose.CHANGE_EMAIL, now=timezone.now())
    )
    assert Counter(results) == {True: 3, False: 5}
    with pytest.raises(InvalidCode):
        contact.change_email(user_id=user.pk, digits=issued.digits, caller=HERE, now=timezone.now())


def test_two_requests_for_a_code_send_one():
    user = make_user()
    at_once(4, lambda number: passwords.ask_for_reset(email=user.email, now=timezone.now()))
    assert len(deliveries_to(user.email)) == 1
    OneTimeCode.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
    at_once(4, lambda number: passwords.ask_for_reset(email=user.email, now=timezone.now()))
    assert len(deliveries_to(user.email)) == 2


def test_two_refreshes_with_one_token_stay_one_family():
    user = make_user()
    pair = sign_in_as(user)
    results = at_once(
        4,
        lambda number: sessions.refresh_session(refresh_token=pair.refresh_token, caller=HERE, now=timezone.now()),
    )
    assert len({read_refresh(result.refresh_token).jti for result in results}) == 1
    session = Session.objects.get()
    assert session.ended_at is None
    later = timezone.now() + timedelta(hours=1)
    for_all = [
        sessions.refresh_session(refresh_token=result.refresh_token, caller=HERE, now=later).session_id
        for result in results
    ]
    assert for_all == [session.pk] * 4


def test_an_old_token_used_twice_at_once_ends_the_session_once():
    user = make_user()
    pair = sign_in_as(user)
    sessions.refresh_session(refresh_token=pair.refresh_token, caller=HERE, now=timezone.now())
    later = timezone.now() + timedelta(minutes=1)
    results = at_once(
        4, lambda number: sessions.refresh_session(refresh_token=pair.refresh_token, caller=HERE, now=later)
    )
    assert {type(result) for result in results} == {InvalidToken}
    assert [kind for kind, _ in deliveries_to(user.email)] == ["session_family_ended"]


def test_a_code_of_the_authenticator_is_spent_once():
    user = make_user()
    code = authenticator_code(make_second_factor(user))
    results = at_once(4, lambda number: second_factor.spend_code(user=user, code=code, caller=HERE, now=timezone.now()))
    assert Counter(type(result) for result in results) == {type(None): 1, InvalidCode: 3}


def test_parallel_guesses_at_a_password_are_judged_as_many_times_as_the_rule_allows():
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    results = at_once(10, lambda number: attempts.take("k", rule=attempts.PAIR, now=now))
    # Five are free; the sixth is judged and makes the next wait.
    assert Counter(type(result) for result in results) == {type(None): 6, TooManyAttempts: 4}
    assert AttemptCounter.objects.get().failures == 6


def test_two_accounts_cannot_move_to_one_address():
    users = [make_user(), make_user()]
    for user in users:
        contact.ask_for_email_change(
            user_id=user.pk,
            session_id=sign_in_as(user).session_id,
            password=PASSWORD,
            new_email="new@example.com",
            caller=HERE,
            now=timezone.now(),
        )
    digits = [payload["code"] for _, payload in deliveries_to("new@example.com")]
    results = at_once(
        2,
        lambda number: contact.change_email(
            user_id=users[number].pk, digits=digits[number], caller=HERE, now=timezone.now()
        ),
    )
    assert Counter(getattr(result, "code", "moved") for result in results) == {"moved": 1, "ADDRESS_TAKEN": 1}


def test_two_rotations_of_one_key_show_one_new_key():
    user = make_user()
    pair, now = sign_in_as(user), timezone.now()
    make_api_key(user)
    key_id = ApiKey.objects.get().pk
    results = at_once(
        3,
        lambda number: api_keys.rotate_key(
            user_id=user.pk,
            session_id=pair.session_id,
            key_id=key_id,
            password=PASSWORD,
            overlap=timedelta(hours=1),
            caller=HERE,
            now=now,
        ),
    )
    [shown] = [result for result in results if isinstance(result, api_keys.NewKey)]
    assert Counter(type(result) for result in results) == {api_keys.NewKey: 1, Conflict: 2}
    assert ApiKey.objects.get().digest == api_keys.digest_of(shown.key)


def test_two_new_keys_at_once_do_not_both_take_the_last_place():
    user = make_user()
    pair, now = sign_in_as(user), timezone.now()
    for _ in range(api_keys.MAX_KEYS - 1):
        make_api_key(user)
    at_once(
        3,
        lambda number: api_keys.create_key(
            user_id=user.pk,
            session_id=pair.session_id,
            password=PASSWORD,
            name="shop",
            scopes=["numerology:read"],
            caller=HERE,
            now=now,
        ),
    )
    assert ApiKey.objects.count() == api_keys.MAX_KEYS


def sign_in_by_google(sent: dict[str, str]) -> TokenPair:
    newcomer = social.Newcomer(accepts=ACCEPTS, full_name="", language="en", time_zone="UTC")
    return social.sign_in(provider=Provider.GOOGLE, **sent, newcomer=newcomer, caller=HERE, now=timezone.now())


@pytest.mark.usefixtures("google_and_apple")
def test_a_providers_token_is_used_once():
    sent = token()
    results = at_once(4, lambda number: sign_in_by_google(sent))
    assert Counter(type(result) for result in results) == {TokenPair: 1, InvalidIdentityToken: 3}
    assert (User.objects.count(), Session.objects.count()) == (1, 1)


@pytest.mark.usefixtures("google_and_apple")
def test_two_first_sign_ins_of_one_person_make_one_account():
    tokens = [token() for _ in range(4)]
    results = at_once(4, lambda number: sign_in_by_google(tokens[number]))
    assert Counter(type(result) for result in results) == {TokenPair: 4}
    assert (User.objects.count(), Identity.objects.count(), Session.objects.count()) == (1, 1, 4)
    assert [kind for kind, _ in deliveries_to("ada@gmail.com")].count("welcome") == 1


def test_the_last_two_ways_in_are_not_closed_at_once():
    user = make_user(password=None)
    identities = [make_identity(user, str(number)) for number in range(2)]
    results = at_once(
        2,
        lambda number: social.unlink(
            user_id=user.pk, identity_id=identities[number].pk, caller=HERE, now=timezone.now()
        ),
    )
    assert Counter(type(result) for result in results) == {type(None): 1, LastWayIn: 1}
    assert Identity.objects.count() == 1
