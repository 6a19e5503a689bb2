"""Whether an address has an account shows in no status, body, header or amount of work."""

from __future__ import annotations

from typing import Any

import argon2.low_level
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from authentication.models import CodePurpose
from authentication.services import codes
from authentication.tests.factories import ACCEPTS, PASSWORD, ApiClient, make_user

pytestmark = pytest.mark.django_db

STATES = {"verified": {}, "unverified": {"is_verified": False}, "closed": {"is_active": False}}


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The parameters of every Argon2 computation, counted where the real library is entered."""
    made: list[tuple[Any, ...]] = []

    def counting(original):
        def counted(*args: Any, **kwargs: Any) -> Any:
            made.append((original.__name__,))
            return original(*args, **kwargs)

        return counted

    for name in ("hash_secret", "verify_secret"):
        wrapped = counting(getattr(argon2.low_level, name))
        monkeypatch.setattr(argon2.low_level, name, wrapped)
    monkeypatch.setattr("argon2._password_hasher.verify_secret", argon2.low_level.verify_secret)
    return made


def request(path: str, email: str, code: str = "000000") -> Any:
    body = {
        "auth/register": {"email": email, "password": "quite another horse", "accepts": ACCEPTS},
        "auth/login": {"email": email, "password": "not the password"},
        "auth/forgot-password": {"email": email},
        "auth/resend-otp": {"email": email},
        "auth/verify-otp": {"email": email, "code": code},
        "auth/reset-password": {"email": email, "code": code, "new_password": "quite another horse"},
    }[path]
    return ApiClient().send("post", path, body)


PATHS = ["register", "login", "forgot-password", "resend-otp", "verify-otp", "reset-password"]
UNSAID = ("X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Content-Length")


def observed(answer: Any) -> tuple[Any, ...]:
    body = answer.json()
    body.pop("meta")
    headers = {name: value for name, value in answer.items() if name not in UNSAID}
    return answer.status_code, body, headers, len(answer.content)


def shape(statement: str) -> str:
    """Return what kind of statement it is, and of which table."""
    words = statement.replace('"', "").split()
    if words[:1] == ["ROLLBACK"]:
        return ""  # a mail to nobody is queued and taken back: the one statement that is more
    tables = [word for word in words if word.startswith(("authentication_", "notifications_"))]
    return f"{words[0]} {tables[0].partition('.')[0] if tables else ''}".strip()


def work_of(path: str, email: str, hashes: list[tuple[Any, ...]], capture: Any) -> tuple[list[str], int, int]:
    """Return the statements, how many hashes were computed, and how many things were left for after the commit."""
    hashes.clear()
    with capture() as later, CaptureQueriesContext(connection) as queries:
        request(path, email)
    return [shape(query["sql"]) for query in queries], len(hashes), len(later)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", PATHS)
def test_the_answer_is_the_same(path, state):
    user = make_user(**STATES[state])
    known, unknown = request(f"auth/{path}", user.email), request(f"auth/{path}", "member9@example.org")
    assert observed(known) == observed(unknown)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", PATHS)
def test_the_work_is_the_same(path, state, hashes, django_capture_on_commit_callbacks):
    user = make_user(**STATES[state])
    capture = django_capture_on_commit_callbacks
    queries, hashed, later = work_of(f"auth/{path}", user.email, hashes, capture)
    unknown_queries, unknown_hashed, unknown_later = work_of(f"auth/{path}", "member9@example.org", hashes, capture)
    assert later == unknown_later
    assert hashed == unknown_hashed == (1 if path in ("register", "login") else 0)
    # Another password for an address that waits to be proven: neither is kept.
    more = {("register", "unverified"): ["UPDATE authentication_user"]}.get((path, state), [])
    assert sorted(filter(None, queries)) == sorted(filter(None, [*unknown_queries, *more]))


@pytest.mark.parametrize("path", ["forgot-password", "resend-otp"])
def test_the_wait_between_codes_is_the_same(path):
    user = make_user(is_verified=path == "forgot-password")
    answers = [request(f"auth/{path}", email) for email in [user.email, "member9@example.org"] * 2]
    assert [answer.status_code for answer in answers] == [202, 202, 429, 429]
    assert observed(answers[2]) == observed(answers[3])


def test_a_guess_at_a_code_that_was_never_sent_opens_nothing(monkeypatch):
    monkeypatch.setattr(codes.secrets, "randbelow", lambda limit: 123456)
    request("auth/forgot-password", "member9@example.org")
    assert codes.OneTimeCode.objects.get(purpose=CodePurpose.RESET_PASSWORD).user is None
    assert request("auth/reset-password", "member9@example.org", code="123456").status_code == 400


@pytest.mark.parametrize("is_known", [True, False])
def test_guesses_are_slowed_alike(is_known):
    email = make_user().email if is_known else "member9@example.org"
    assert [request("auth/login", email).status_code for _ in range(7)] == [401] * 6 + [429]


def test_a_right_password_costs_one_hash(hashes):
    user = make_user()
    hashes.clear()
    assert ApiClient().send("post", "auth/login", {"email": user.email, "password": PASSWORD}).status_code == 200
    assert len(hashes) == 1
