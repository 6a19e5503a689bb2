"""Slowing down whoever guesses passwords and second factors, without letting a stranger lock a member out.

Two counters watch a sign-in. One is of the account and the network together: after five wrong guesses each further one
waits twice as long, up to a quarter of an hour. The other is of the account alone, for guesses spread over many
networks: after twenty, up to one minute; and the limits take 10 requests a minute. A network from which this account
was signed in within the last month is excused from the second, so that a stranger who keeps guessing delays nobody but
themselves and other strangers.

A guess is counted before it is judged, by one statement that counts only if the wait is over: however many guesses
come at the same moment, no more than the rule allows are judged. Being right takes the count back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from authentication.callers import Caller
from authentication.exceptions import TooManyAttempts
from authentication.models import AttemptCounter
from numerai.api import limits
from numerai.crypto import blind_index

# A day without a guess, and the count begins anew.
MEMORY = timedelta(days=1)
TRUST = timedelta(days=30)
# Not the present moment: a request that began just before, or on a server whose clock is behind, would have to wait.
NO_WAIT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rule:
    """After `free` failures each one waits `first` seconds, doubling, but never more than `longest`."""

    free: int
    first: int
    longest: int


PAIR = Rule(free=5, first=15, longest=900)
ACCOUNT = Rule(free=20, first=5, longest=60)
# Guesses at the password or the second factor by somebody who is signed in, or knows the password already.
INSIDE = Rule(free=5, first=15, longest=900)


def key_of(name: str, *parts: object) -> str:
    """Return a counter's key: keyed and hashed, since it stands for an address or a network."""
    return f"{name}:{blind_index(' '.join(map(str, parts)), context='authentication.attempts')}"


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """One guess at a password, counted already."""

    pair: str
    account: str

    def was_right(self, *, now: datetime) -> None:
        """Take the guess back: the pair begins anew and is trusted, the account's count loses this one."""
        AttemptCounter.objects.filter(key=self.pair).update(failures=0, blocked_until=NO_WAIT, right_at=now)
        AttemptCounter.objects.filter(key=self.account, failures__gt=0).update(
            failures=F("failures") - 1, blocked_until=NO_WAIT
        )


def begin_sign_in(*, email: str, caller: Caller, now: datetime) -> SignInAttempt:
    """Count a guess at this account's password. Raises TooManyAttempts while the next one must wait."""
    attempt = SignInAttempt(pair=key_of("pair", email, caller.network), account=key_of("account", email))
    trusted = is_trusted(email=email, caller=caller, now=now)
    if not trusted:
        limit_account(email)
    take(attempt.pair, rule=PAIR, now=now)
    take(attempt.account, rule=ACCOUNT, now=now, is_excused=trusted)
    return attempt


def limit_account(email: str) -> None:
    """Count a request that names this address, wherever it comes from: 10 a minute. Raises RateLimited.

    With or without an account behind it. Outside any transaction.
    """
    _limit(key_of("address", email))


def limit_network(request: Any) -> None:
    """Count a request by where it comes from, for pages that are no API views. Raises RateLimited."""
    _limit(limits.address_key(request))


def _limit(key: str) -> None:
    verdict = limits.hit("authentication", key, "anonymous")
    if not verdict.allowed:
        raise verdict.error(retry_after=verdict.retry_after)


def is_trusted(*, email: str, caller: Caller, now: datetime) -> bool:
    """Return whether this account was signed in from this network lately."""
    pair = key_of("pair", email, caller.network)
    return AttemptCounter.objects.filter(key=pair, right_at__gt=now - TRUST).exists()


def take(key: str, *, rule: Rule, now: datetime, is_excused: bool = False) -> None:
    """Count one guess. Raises TooManyAttempts while the wait of the last one lasts; `is_excused` counts, and passes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO authentication_attemptcounter AS counter (key, failures, last_at, blocked_until)
            VALUES (%(key)s, 1, %(now)s, %(no_wait)s)
            ON CONFLICT (key) DO UPDATE SET
                failures = CASE WHEN counter.last_at < %(forgotten)s THEN 1 ELSE counter.failures + 1 END,
                last_at = %(now)s,
                blocked_until = CASE
                    WHEN counter.last_at < %(forgotten)s OR counter.failures < %(free)s THEN %(no_wait)s
                    ELSE %(now)s + make_interval(
                        secs => least(%(longest)s, %(first)s * power(2, least(counter.failures - %(free)s, 20)))
                    )
                END
            WHERE counter.blocked_until <= %(now)s OR %(excused)s
            RETURNING failures
            """,
            {
                "key": key,
                "now": now,
                "no_wait": NO_WAIT,
                "forgotten": now - MEMORY,
                "free": rule.free,
                "first": rule.first,
                "longest": rule.longest,
                "excused": is_excused,
            },
        )
        taken = cursor.fetchone()
    if taken is None:
        until = AttemptCounter.objects.filter(key=key).values_list("blocked_until", flat=True).first() or now
        raise TooManyAttempts(retry_after=max(1.0, (until - now).total_seconds()))


def forgive(key: str) -> None:
    """Begin a counter anew: the guess was right."""
    AttemptCounter.objects.filter(key=key).update(failures=0, blocked_until=NO_WAIT)


def forget(*, user_id: UUID, email: str, networks: Iterable[str]) -> None:
    """Delete the counters of an account, and of it with these networks. Those with others end after a month."""
    keys = [key_of("account", email), key_of("password", user_id), key_of("second_factor", user_id)]
    keys += [key_of("pair", email, network) for network in networks]
    AttemptCounter.objects.filter(key__in=keys).delete()
