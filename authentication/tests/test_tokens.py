"""Which tokens are taken, and how soon one stops."""

from __future__ import annotations

import base64
import json
import uuid

import jwt
import pytest
import redis
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from authentication import members, tokens
from authentication.callers import Caller
from authentication.models import Session, User
from authentication.services import sessions
from authentication.services.profile import bump_data_version
from authentication.tests.factories import ApiClient, make_user, sign_in_as
from numerai.api import valkey
from numerai.hooks import member_changed

pytestmark = pytest.mark.django_db

NOON = "2026-03-02T12:00:00Z"
# A stranger's answer would be 401 NOT_AUTHENTICATED; nothing here reads the account but the authentication itself.
SESSIONS = "/api/v1/auth/second-factor"


def status(token: str, scheme: str = "Bearer") -> tuple[int, str]:
    answer = ApiClient().get(SESSIONS, headers={"Authorization": f"{scheme} {token}"})
    return answer.status_code, answer.json().get("error", {}).get("code", "")


def forged(pair, key: str = django_settings.JWT_SECRET_KEY, algorithm: str = "HS256", **claims: object) -> str:
    payload = jwt.decode(pair.access_token, options={"verify_signature": False}) | claims
    return jwt.encode({name: value for name, value in payload.items() if value is not None}, key, algorithm=algorithm)


def test_a_good_token_is_taken(user):
    assert status(sign_in_as(user).access_token) == (200, "")


def test_the_forger_of_these_tests_can_make_a_good_one(user):
    assert status(forged(sign_in_as(user))) == (200, "")


FORGERIES = [
    {"key": "another-key-that-is-long-enough-to-be-one-of-ours-but-is-not-ours"},
    {"algorithm": "HS512"},
    {"token_type": "refresh"},
    {"token_type": None},
    {"exp": 1},
    {"exp": None},
    {"jti": None},
    {"user_id": None},
    {"user_id": "1"},
    {"user_id": 7},
    {"session_id": None},
    {"token_version": "x"},
    {"token_version": None},
]
# Well written, and no longer or never good: only the member record knows.
STRANGERS = [
    {"user_id": "01890000-0000-7000-8000-000000000000"},
    {"session_id": "01890000000070008000000000000000"},
    {"token_version": 2},
]


@pytest.mark.parametrize("changes", FORGERIES + STRANGERS, ids=str)
def test_a_forged_token_is_refused(user, changes):
    assert status(forged(sign_in_as(user), **changes)) == (401, "INVALID_TOKEN")


def test_the_token_that_we_sign_is_read_without_simplejwt(user):
    pair = sign_in_as(user)
    read = tokens.read_usual_access(pair.access_token)
    assert read is not None
    assert (read.user_id, read.session_id, read.token_version) == (user.pk, pair.session_id, user.token_version)


@pytest.mark.parametrize(
    "changes",
    [*FORGERIES, {"iat": 4_000_000_000}, {"iat": "x"}, {"iat": None}, {"exp": "x"}, {"nbf": 4_000_000_000},
     {"jti": 7}, {"sub": 7}, {"aud": "other"}],
    ids=str,
)  # fmt: skip
def test_what_simplejwt_refuses_is_refused_without_it(user, changes):
    assert tokens.read_usual_access(forged(sign_in_as(user), **changes)) is None


def test_no_letter_of_a_token_can_be_changed(user):
    token = sign_in_as(user).access_token
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    assert [at for at, one in enumerate(changed) if tokens.read_usual_access(one)] == []


def test_a_token_without_signature_is_refused(user):
    _, payload, _ = sign_in_as(user).access_token.split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    assert status(f"{header}.{payload}.") == (401, "INVALID_TOKEN")


@pytest.mark.parametrize("token", ["", "x", "a b", "a.b.c", "x" * 5000, "\xff"])
def test_what_is_no_token_is_refused(db, token):
    assert status(token) == (401, "INVALID_TOKEN")


def test_a_refresh_token_signs_no_request_in(user):
    assert status(sign_in_as(user).refresh_token) == (401, "INVALID_TOKEN")


def test_nobody_is_told_how_to_sign_in(db):
    answer = ApiClient().get(SESSIONS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "NOT_AUTHENTICATED")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_bad_token_is_told_where_strangers_are_welcome_too(db):
    answer = ApiClient().post(
        "/api/v1/numerology/calculate", {}, content_type="application/json", headers={"Authorization": "Bearer x"}
    )
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_token"')


def test_an_access_token_ends_after_an_hour(user):
    with time_machine.travel(NOON, tick=False) as clock:
        pair = sign_in_as(user)
        clock.shift(3599)
        assert status(pair.access_token) == (200, "")
        clock.shift(1)
        assert status(pair.access_token) == (401, "INVALID_TOKEN")


def admit(pair, user: User) -> members.MemberRecord | None:
    return members.get_record(user.pk, token_version=user.token_version, session_id=pair.session_id.hex)


def test_a_cold_member_costs_one_query_and_a_warm_one_none(user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        pair = sign_in_as(user)
    with CaptureQueriesContext(connection) as cold:
        assert admit(pair, user)
    assert len(cold) == 1  # the account by its primary key, with its live sessions
    with CaptureQueriesContext(connection) as warm:
        assert admit(pair, user)
    assert len(warm) == 0


def test_without_valkey_each_request_costs_the_one_query(user, settings):
    pair = sign_in_as(user)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with CaptureQueriesContext(connection) as queries:
        assert admit(pair, user)
        assert admit(pair, user)
    assert len(queries) == 2
    valkey.fuse.mend()


def warm(user: User, capture) -> tuple[ApiClient, sessions.TokenPair]:
    """Return a member whose record is in Valkey."""
    with capture(execute=True):
        pair = sign_in_as(user)
    assert admit(pair, user)
    return ApiClient(pair), pair


@pytest.fixture
def capture(django_capture_on_commit_callbacks):
    return django_capture_on_commit_callbacks


def test_a_closed_account_stops_at_once(user, capture):
    client, _ = warm(user, capture)
    with capture(execute=True):
        user.is_active = False
        user.save()
    assert client.get(SESSIONS).status_code == 401


def test_a_revoked_session_stops_at_once_and_the_others_go_on(user, capture):
    client, pair = warm(user, capture)
    other, _ = warm(user, capture)
    with capture(execute=True):
        assert other.delete(f"/api/v1/auth/sessions/{pair.session_id}").status_code == 204
    assert (client.get(SESSIONS).status_code, other.get(SESSIONS).status_code) == (401, 200)


def test_a_session_younger_than_the_record_is_let_in(user, capture):
    warm(user, capture)
    assert ApiClient(sign_in_as(user)).get(SESSIONS).status_code == 200


def test_a_session_ends_by_itself_after_thirty_days(user):
    with time_machine.travel(NOON, tick=False) as clock:
        pair = sign_in_as(user)
        clock.shift(30 * 24 * 3600)
        assert admit(pair, user) is None


def test_a_change_that_is_rolled_back_changes_nothing(user, capture):
    client, _ = warm(user, capture)
    with capture(execute=False):
        sessions.revoke_other_sessions(user_id=user.pk, session_id=uuid.uuid4(), caller=Caller(), now=timezone.now())
    Session.objects.update(ended_at=None, end_reason="")
    assert client.get(SESSIONS).status_code == 200


def test_what_was_read_before_a_change_is_not_kept_after_it(user, capture):
    with capture(execute=True):
        pair = sign_in_as(user)
    kept, mark = members._read(user.pk)
    assert kept is None
    stale = members.load(user.pk, now=timezone.now())
    with capture(execute=True):
        user.is_active = False
        user.save()
    members._store(user.pk, mark, stale)
    assert admit(pair, user) is None


def test_other_apps_make_a_members_answers_stale(user, capture):
    _, pair = warm(user, capture)
    before = admit(pair, user).data_version
    with capture(execute=True):
        member_changed(user_id=user.pk, fields=frozenset({"birth_date"}))
    assert admit(pair, user).data_version == before + 1


def test_the_record_holds_no_personal_data(user, capture):
    warm(user, capture)
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        raw = client.get(f"numerai:member:{user.pk}").decode()
    assert set(json.loads(raw)) == {"token_version", "data_version", "tier", "is_active", "is_staff", "sessions"}
    assert user.email not in raw


def test_a_version_bump_alone_reaches_the_record(user, capture):
    _, pair = warm(user, capture)
    with capture(execute=True):
        bump_data_version(user.pk)
    assert admit(pair, user).data_version == 2


def test_members_do_not_see_each_other(user, capture):
    pair = sign_in_as(user)
    other = make_user()
    record = members.get_record(other.pk, token_version=1, session_id=pair.session_id.hex)
    assert record is None
