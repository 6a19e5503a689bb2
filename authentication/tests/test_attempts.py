"""The waits of services/attempts.py: exact, growing, capped, and never the member's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from authentication.callers import Caller
from authentication.exceptions import TooManyAttempts
from authentication.services import attempts
from authentication.services.attempts import Rule, begin_sign_in, take

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOME, ELSEWHERE = Caller(network="home"), Caller(network="elsewhere")


def wait_after(key: str, rule: Rule, now: datetime) -> float:
    with pytest.raises(TooManyAttempts) as refusal:
        take(key, rule=rule, now=now)
    return refusal.value.retry_after or 0


def test_waits_double_up_to_the_longest():
    rule, now, waits = Rule(free=2, first=10, longest=60), START, []
    take("k", rule=rule, now=now)
    take("k", rule=rule, now=now)
    for _ in range(5):
        take("k", rule=rule, now=now)
        waits.append(wait_after("k", rule, now))
        now += timedelta(seconds=waits[-1])
    assert waits == [10, 20, 40, 60, 60]


def test_a_guess_that_began_a_moment_earlier_waits_for_nothing():
    before = START - timedelta(milliseconds=5)
    take("k", rule=attempts.INSIDE, now=START)
    take("k", rule=attempts.INSIDE, now=before)
    attempts.forgive("k")
    take("k", rule=attempts.INSIDE, now=before)


def test_nor_does_a_sign_in_beside_one_that_was_right():
    begin_sign_in(email="ada@example.com", caller=HOME, now=START).was_right(now=START)
    begin_sign_in(email="ada@example.com", caller=HOME, now=START - timedelta(milliseconds=5))


def test_a_refused_guess_does_not_prolong_the_wait():
    rule = Rule(free=1, first=10, longest=60)
    take("k", rule=rule, now=START)
    take("k", rule=rule, now=START)
    assert wait_after("k", rule, START) == 10
    assert wait_after("k", rule, START + timedelta(seconds=9)) == 1
    take("k", rule=rule, now=START + timedelta(seconds=10))


def test_a_day_without_a_guess_forgets():
    rule = Rule(free=1, first=10, longest=60)
    for _ in range(2):
        take("k", rule=rule, now=START)
    later = START + timedelta(days=1, seconds=1)
    take("k", rule=rule, now=later)
    take("k", rule=rule, now=later)


def guess_from_many_networks(email: str, count: int, now: datetime) -> None:
    for number in range(count):
        take(attempts.key_of("account", email), rule=attempts.ACCOUNT, now=now + timedelta(minutes=number))


def test_a_stranger_who_keeps_guessing_delays_strangers_by_a_minute_at_most():
    guess_from_many_networks("ada@example.com", 40, START)
    now = START + timedelta(minutes=39, seconds=1)
    with pytest.raises(TooManyAttempts) as refusal:
        begin_sign_in(email="ada@example.com", caller=ELSEWHERE, now=now)
    assert 0 < refusal.value.retry_after <= 60


def test_the_member_is_not_delayed_where_they_signed_in_before():
    begin_sign_in(email="ada@example.com", caller=HOME, now=START).was_right(now=START)
    guess_from_many_networks("ada@example.com", 40, START)
    now = START + timedelta(minutes=39, seconds=1)
    begin_sign_in(email="ada@example.com", caller=HOME, now=now).was_right(now=now)


def test_a_place_is_trusted_for_a_month():
    begin_sign_in(email="ada@example.com", caller=HOME, now=START).was_right(now=START)
    assert attempts.is_trusted(email="ada@example.com", caller=HOME, now=START + timedelta(days=29))
    assert not attempts.is_trusted(email="ada@example.com", caller=HOME, now=START + timedelta(days=30))
    assert not attempts.is_trusted(email="ada@example.com", caller=ELSEWHERE, now=START)
    assert not attempts.is_trusted(email="bob@example.com", caller=HOME, now=START)
