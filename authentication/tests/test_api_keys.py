from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import redis
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from authentication.models import Act, ApiKey, ApiKeyUsage, AuditEvent, Session
from authentication.scopes import Scope, scope_for
from authentication.services import api_key_usage, cleaning
from authentication.tasks import fold_api_key_usage
from authentication.tests.factories import (
    PASSWORD,
    ApiClient,
    deliveries_to,
    make_api_key,
    make_staff,
    make_user,
    sign_in_as,
)
from numerai.api import valkey

pytestmark = pytest.mark.django_db

CALCULATE = "/api/v1/numerology/calculate"
TOM = {"name": "Thomas Cruise Mapother IV", "birth_date": "1962-07-03"}
WANTED = {"name": "The shop", "scopes": ["numerology:read"], "password": PASSWORD}


@pytest.fixture(autouse=True)
def _no_usage() -> None:
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        for name in client.scan_iter("numerai:api-key-usage:*"):
            client.delete(name)


def calculate(key: str, scheme: str = "Api-Key"):
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"{scheme} {key}"}
    return client.post(CALCULATE, TOM, content_type="application/json", headers=headers)


def outcome(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def made(member: ApiClient, **changes) -> dict:
    answer = member.send("post", "auth/api-keys", {**WANTED, **changes})
    assert answer.status_code == 201
    return answer.json()["data"]


def test_a_key_is_shown_once_and_only_its_hash_is_kept(member, user):
    data = made(member)
    row = ApiKey.objects.get()
    assert data["key"].startswith(data["prefix"])
    assert (len(data["key"]), row.digest) != (0, data["key"])
    assert data["key"] not in str(ApiKey.objects.values().get())
    listed = member.send("get", "auth/api-keys")
    assert data["key"] not in listed.content.decode()
    assert [key["id"] for key in listed.json()["data"]] == [data["id"]]
    assert [kind for kind, _ in deliveries_to(user.email)] == ["security_notice"]
    assert AuditEvent.objects.filter(act=Act.API_KEY_CREATED, subject_id=user.pk).count() == 1


def test_a_key_speaks_for_its_owner_where_its_scope_is_asked_for(member):
    assert calculate(made(member)["key"]).status_code == 200


def test_the_scheme_is_read_in_any_case(user):
    assert calculate(make_api_key(user), scheme="api-KEY").status_code == 200


def test_a_key_without_the_scope_is_told_which(user):
    answer = calculate(make_api_key(user, Scope.READINGS_READ))
    assert outcome(answer) == (403, "SCOPE_MISSING")
    assert answer.json()["error"]["details"] == {"scope": "numerology:read"}


def test_what_is_not_for_keys_refuses_them(user):
    answer = Client().get("/api/v1/users/profile", headers={"Authorization": f"Api-Key {make_api_key(user)}"})
    assert outcome(answer) == (403, "API_KEY_NOT_ACCEPTED")


@pytest.mark.parametrize("key", ["", "numerai_", "numerai_" + "a" * 43, "x" * 5000, "numerai_" + "a" * 42 + "ä", "a b"])
def test_a_key_that_nobody_has_is_refused(key):
    answer = calculate(key.encode("utf-8").decode("latin-1"))
    assert outcome(answer) == (401, "INVALID_API_KEY")
    assert answer["WWW-Authenticate"] == 'Api-Key realm="api"'


def test_the_hash_of_a_key_is_no_key(user):
    make_api_key(user)
    assert calculate(ApiKey.objects.get().digest).status_code == 401


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_verified": False}])
def test_keys_of_a_closed_account_end_at_once(user, change):
    key = make_api_key(user)
    assert calculate(key).status_code == 200
    type(user).objects.filter(pk=user.pk).update(**change)
    assert outcome(calculate(key)) == (401, "INVALID_API_KEY")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": 1}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"scopes": "numerology:read"}, "scopes"),
        ({"colour": "red"}, "non_field_errors"),
    ],
)
def test_bad_input_names_the_field(member, change, field):
    answer = member.send("post", "auth/api-keys", {**WANTED, **change})
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (400, [field])


@pytest.mark.parametrize("body", [{"password": "wrong"}, {"password": ""}, {}])
def test_a_key_takes_the_password(member, body):
    wanted = {name: value for name, value in WANTED.items() if name != "password"}
    assert outcome(member.send("post", "auth/api-keys", {**wanted, **body})) == (403, "WRONG_PASSWORD")
    assert not ApiKey.objects.exists()


def test_an_account_without_a_password_confirms_by_a_fresh_sign_in():
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False) as clock:
        user = make_user(password=None)
        pair = sign_in_as(user)
        Session.objects.update(created_at=timezone.now())
        member = ApiClient(pair)
        clock.shift(timedelta(minutes=9, seconds=59))
        made(member, password="")
        clock.shift(timedelta(seconds=2))
        answer = member.send("post", "auth/api-keys", {**WANTED, "password": ""})
    assert outcome(answer) == (403, "SIGN_IN_AGAIN")


def test_there_are_at_most_ten_live_keys(member, user):
    for _ in range(10):
        make_api_key(user)
    assert outcome(member.send("post", "auth/api-keys", WANTED)) == (409, "TOO_MANY_API_KEYS")
    member.send("delete", f"auth/api-keys/{ApiKey.objects.all()[0].pk}")
    made(member)


def test_a_rotated_key_is_good_for_the_overlap_and_no_longer(member, user):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        old = made(member)
        answer = member.send("post", f"auth/api-keys/{old['id']}/rotate", {"password": PASSWORD, "overlap_hours": 0.5})
        assert answer.status_code == 400
        new = member.send("post", f"auth/api-keys/{old['id']}/rotate", {"password": PASSWORD, "overlap_hours": 1})
        assert (new.status_code, new.json()["data"]["id"]) == (200, old["id"])
        key = new.json()["data"]["key"]
        assert (calculate(old["key"]).status_code, calculate(key).status_code) == (200, 200)
        clock.shift(timedelta(minutes=60))
        assert (calculate(old["key"]).status_code, calculate(key).status_code) == (401, 200)
    assert AuditEvent.objects.filter(act=Act.API_KEY_ROTATED, subject_id=user.pk).count() == 1


def test_rotating_without_overlap_ends_the_old_key_now(member):
    old = made(member)
    member.send("post", f"auth/api-keys/{old['id']}/rotate", {"password": PASSWORD, "overlap_hours": 0})
    assert calculate(old["key"]).status_code == 401


def test_rotating_again_ends_the_oldest(member):
    keys = [made(member)]
    for _ in range(2):
        answer = member.send("post", f"auth/api-keys/{keys[0]['id']}/rotate", {"password": PASSWORD})
        keys.append(answer.json()["data"])
    assert [calculate(key["key"]).status_code for key in keys] == [401, 200, 200]


@pytest.mark.parametrize("hours", [-1, 169, "24", True])
def test_an_overlap_has_limits(member, hours):
    path = f"auth/api-keys/{made(member)['id']}/rotate"
    answer = member.send("post", path, {"password": PASSWORD, "overlap_hours": hours})
    assert list(answer.json()["error"]["details"]["fields"]) == ["overlap_hours"]


def test_a_revoked_key_ends_at_once_with_the_one_it_replaces(member, user):
    old = made(member)
    path = f"auth/api-keys/{old['id']}"
    key = member.send("post", f"{path}/rotate", {"password": PASSWORD}).json()["data"]["key"]
    assert member.send("delete", path).status_code == 204
    assert [calculate(one).status_code for one in (old["key"], key)] == [401, 401]
    assert member.send("get", "auth/api-keys").json()["data"] == []
    assert member.send("delete", path).status_code == 404
    assert member.send("post", f"{path}/rotate", {"password": PASSWORD}).status_code == 404
    assert AuditEvent.objects.filter(act=Act.API_KEY_REVOKED, subject_id=user.pk).count() == 1


def test_a_strangers_key_is_not_there(member):
    path = f"auth/api-keys/{made(member)['id']}"
    other = ApiClient(sign_in_as(make_user()))
    assert other.send("get", "auth/api-keys").json()["data"] == []
    assert other.send("delete", path).status_code == 404
    assert other.send("post", f"{path}/rotate", {"password": PASSWORD}).status_code == 404
    assert ApiKey.objects.get().revoked_at is None


@pytest.mark.parametrize("count", [1, 5])
def test_a_list_costs_the_same_for_one_key_and_for_five(member, user, count):
    for _ in range(count):
        make_api_key(user)
    member.send("get", "auth/api-keys")
    # How many keys there are, and the keys with their usage.
    with CaptureQueriesContext(connection) as queries:
        answer = member.send("get", "auth/api-keys")
    assert (len(answer.json()["data"]), len(queries)) == (count, 2)


def test_a_request_with_a_key_costs_one_query(user):
    key = make_api_key(user)
    with CaptureQueriesContext(connection) as queries:
        assert calculate(key).status_code == 200
    assert len(queries) == 1


def test_all_keys_of_an_account_share_one_count_apart_from_the_members_own(member, user):
    first, second = make_api_key(user), make_api_key(user)
    answers = [calculate(first) for _ in range(20)]
    assert (answers[0]["X-RateLimit-Limit"], answers[-1].status_code) == ("20", 200)
    assert outcome(calculate(second)) == (429, "RATE_LIMITED")
    assert member.post(CALCULATE, TOM, content_type="application/json").status_code == 200


def test_a_key_may_have_a_limit_of_its_own(user):
    own, common = make_api_key(user, requests_per_minute=3), make_api_key(user)
    assert [calculate(own).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert calculate(common).status_code == 200


def test_requests_are_counted_and_written_down_as_often_as_one_likes(member, user):
    key = make_api_key(user)
    row = ApiKey.objects.get()
    with time_machine.travel("2026-03-02T23:59:00Z", tick=False) as clock:
        for _ in range(3):
            calculate(key)
        fold_api_key_usage()
        fold_api_key_usage()
        calculate(key)
        clock.shift(timedelta(minutes=2))
        calculate(key)
        fold_api_key_usage()
    assert list(ApiKeyUsage.objects.order_by("day").values_list("api_key", "day", "requests")) == [
        (row.pk, date(2026, 3, 2), 4),
        (row.pk, date(2026, 3, 3), 1),
    ]


def test_the_list_tells_how_often_and_when_a_key_was_used(member, user):
    make_api_key(user)
    key, today = ApiKey.objects.get(), timezone.now().date()
    for days, requests in ((0, 5), (29, 7), (30, 100)):
        ApiKeyUsage.objects.create(api_key=key, day=today - timedelta(days=days), requests=requests)
    [listed] = member.send("get", "auth/api-keys").json()["data"]
    assert (listed["requests_30_days"], listed["last_used_on"]) == (12, today.isoformat())


def test_what_valkey_forgot_takes_nothing_from_what_is_written(user):
    make_api_key(user)
    key, now = ApiKey.objects.get(), datetime(2026, 3, 2, 12, tzinfo=UTC)
    ApiKeyUsage.objects.create(api_key=key, day=now.date(), requests=50)
    api_key_usage.count_request(key.pk, now=now)
    api_key_usage.write_counts(now=now)
    assert ApiKeyUsage.objects.get().requests == 50


def test_a_key_that_was_erased_is_counted_no_more():
    now = timezone.now()
    api_key_usage.count_request(UUID(int=1), now=now)
    api_key_usage.write_counts(now=now)
    assert not ApiKeyUsage.objects.exists()


def test_without_valkey_keys_work_uncounted(user, settings):
    key = make_api_key(user)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert calculate(key).status_code == 200
    valkey.fuse.mend()


def test_revoked_keys_are_forgotten_after_ninety_days(user):
    now = timezone.now()
    make_api_key(user)
    make_api_key(user, revoked_at=now - timedelta(days=89))
    make_api_key(user, revoked_at=now - timedelta(days=91))
    cleaning.purge_expired(now=now)
    assert ApiKey.objects.count() == 2


def test_staff_agree_a_limit_and_see_no_secret(user):
    key = make_api_key(user)
    staff = Client()
    staff.force_login(make_staff())
    row = ApiKey.objects.get()
    page = f"/admin/authentication/apikey/{row.pk}/change/"
    shown = staff.get(page).content.decode()
    assert (row.prefix in shown, row.digest in shown, key in shown) == (True, False, False)
    staff.post(page, {"requests_per_minute": "600"})
    row.refresh_from_db()
    assert (row.requests_per_minute, row.prefix) == (600, key[:14])
    assert AuditEvent.objects.filter(act=Act.API_KEY_LIMIT_SET, subject_id=user.pk).count() == 1
    assert staff.post(page, {"requests_per_minute": "0"}).status_code == 200
    assert staff.get(page.replace("change", "delete")).status_code == 403


def views(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from views(pattern.url_patterns)
        elif hasattr(pattern.callback, "cls"):
            yield pattern.callback.cls


VIEWS = sorted(set(views(get_resolver().url_patterns)), key=lambda view: view.__qualname__)


@pytest.mark.parametrize("view", VIEWS)
def test_views_name_scopes_that_exist_and_reading_opens_nothing_that_changes_or_deletes(view):
    methods = {method.upper() for method in view.http_method_names if hasattr(view, method)} - {"OPTIONS"}
    scopes = {method: scope_for(view, method) for method in methods}
    assert set(scopes.values()) - {None} <= set(Scope.values)
    changing = {scopes.get(method) for method in ("PUT", "PATCH", "DELETE")} - {None}
    assert [scope for scope in changing if scope.endswith(":read")] == []
