import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from numerai import hooks
from numerai.api.idempotency import Answer, Claim, InProgress, KeyReused, claim, finish
from numerai.api.models import IdempotencyKey
from numerai.api.tasks import purge_expired
from numerai.tests.addresses import Working

User: Any = get_user_model()

pytestmark = [pytest.mark.urls("numerai.tests.addresses"), pytest.mark.django_db]


@pytest.fixture
def member() -> Any:
    user = User.objects.create_user("ada@example.com")
    user.refresh_from_db()
    Working.worked.clear()
    return user


def post(api: Client, user: Any, key: str | None, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": str(user.pk)} | ({} if key is None else {"Idempotency-Key": key})
    raw = json.dumps(body or {"name": "Ada Lovelace"})
    return api.post("/api/test/working", raw, content_type="application/json", headers=headers)


def test_the_same_request_is_executed_once_and_answered_twice(api: Client, member: Any) -> None:
    first, second = post(api, member, "k1"), post(api, member, "k1")
    assert (first.status_code, second.status_code, len(Working.worked)) == (201, 201, 1)
    assert second.json()["data"] == first.json()["data"] == {"name": "Ada Lovelace", "times": 1}
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert second.json()["meta"]["request_id"] == second["X-Request-ID"] != first["X-Request-ID"]


def test_without_the_header_every_request_is_executed(api: Client, member: Any) -> None:
    post(api, member, None)
    post(api, member, None)
    assert len(Working.worked) == 2


def test_another_key_is_another_request(api: Client, member: Any) -> None:
    post(api, member, "k1")
    post(api, member, "k2")
    assert len(Working.worked) == 2


def test_the_same_key_of_another_member_is_another_request(api: Client, member: Any) -> None:
    other = User.objects.create_user("bob@example.com")
    other.refresh_from_db()
    post(api, member, "k1")
    assert post(api, other, "k1").status_code == 201
    assert len(Working.worked) == 2


def test_the_same_key_for_another_body_is_refused(api: Client, member: Any) -> None:
    post(api, member, "k1")
    answer = post(api, member, "k1", {"name": "Bob"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert len(Working.worked) == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ä"])
def test_a_bad_key_is_refused(api: Client, member: Any, key: str) -> None:
    answer = post(api, member, key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_IDEMPOTENCY_KEY")
    assert Working.worked == []


@pytest.mark.parametrize(("failure", "status"), [("not-found", 404), ("denied", 403)])
def test_a_refusal_is_stored_like_any_answer(api: Client, member: Any, failure: str, status: int) -> None:
    answers = [post(api, member, "k1", {"fail": failure}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, status]
    assert answers[0].json()["error"] == answers[1].json()["error"]
    assert (answers[1]["Idempotency-Replayed"], len(Working.worked)) == ("true", 1)


@pytest.mark.parametrize("failure", ["unexpected", "unavailable", "conflict", "limited"])
def test_a_failure_of_the_moment_may_be_tried_again(api: Client, member: Any, failure: str) -> None:
    post(api, member, "k1", {"fail": failure})
    post(api, member, "k1", {"fail": failure})
    assert len(Working.worked) == 2
    assert not IdempotencyKey.objects.exists()


def test_what_is_stored_is_encrypted(api: Client, member: Any) -> None:
    post(api, member, "k1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_idempotencykey::text FROM api_idempotencykey")
        (stored,) = cursor.fetchone()
    assert "Lovelace" not in stored
    assert IdempotencyKey.objects.get().body == '{"name":"Ada Lovelace","times":1}'


def test_a_request_that_still_runs_blocks_its_repetition() -> None:
    user, now = uuid4(), timezone.now()
    assert isinstance(claim(user_id=user, key="k", fingerprint="f", now=now), Claim)
    with pytest.raises(InProgress) as refused:
        claim(user_id=user, key="k", fingerprint="f", now=now + timedelta(seconds=30))
    assert refused.value.retry_after == 90


def test_a_request_that_still_runs_blocks_other_bodies_too() -> None:
    user, now = uuid4(), timezone.now()
    claim(user_id=user, key="k", fingerprint="f", now=now)
    with pytest.raises(KeyReused):
        claim(user_id=user, key="k", fingerprint="other", now=now)


def test_the_lease_of_a_dead_process_runs_out_and_its_late_answer_is_dropped() -> None:
    user, now = uuid4(), timezone.now()
    dead = claim(user_id=user, key="k", fingerprint="f", now=now)
    heir = claim(user_id=user, key="k", fingerprint="f", now=now + timedelta(minutes=3))
    assert isinstance(dead, Claim)
    assert isinstance(heir, Claim)
    finish(dead, status=200, data={"by": "the dead"})
    finish(heir, status=200, data={"by": "the heir"})
    assert claim(user_id=user, key="k", fingerprint="f", now=now + timedelta(minutes=4)) == Answer(
        200, {"by": "the heir"}
    )


def test_after_a_day_the_key_is_free_again() -> None:
    user, now = uuid4(), timezone.now()
    held = claim(user_id=user, key="k", fingerprint="f", now=now)
    assert isinstance(held, Claim)
    finish(held, status=200, data={})
    assert isinstance(claim(user_id=user, key="k", fingerprint="g", now=now + timedelta(hours=25)), Claim)


def test_expired_rows_are_purged() -> None:
    now = timezone.now()
    claim(user_id=uuid4(), key="old", fingerprint="f", now=now - timedelta(hours=25))
    claim(user_id=uuid4(), key="new", fingerprint="f", now=now)
    purge_expired()
    assert [row.key for row in IdempotencyKey.objects.all()] == ["new"]


def test_erasing_a_member_forgets_the_stored_answers() -> None:
    user = uuid4()
    claim(user_id=user, key="k", fingerprint="f", now=timezone.now())
    claim(user_id=uuid4(), key="k", fingerprint="f", now=timezone.now())
    registered = next(one for one in hooks.list_personal_data() if one.app == "api")
    registered.erase(user)
    assert IdempotencyKey.objects.count() == 1
    assert registered.export(user) == {}


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_execute_once(api: Client, member: Any) -> None:
    start = threading.Barrier(20)

    def one(_: int) -> int:
        start.wait()
        try:
            return int(post(Client(), member, "k1").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(one, range(20)))
    assert len(Working.worked) == 1
    assert set(statuses) <= {201, 409}
    assert 201 in statuses


@pytest.mark.django_db(transaction=True)
def test_of_many_heirs_one_takes_over() -> None:
    user, now = uuid4(), timezone.now()
    claim(user_id=user, key="k", fingerprint="f", now=now)
    start = threading.Barrier(10)

    def one(_: int) -> str:
        start.wait()
        try:
            return type(claim(user_id=user, key="k", fingerprint="f", now=now + timedelta(minutes=3))).__name__
        except InProgress:
            return "InProgress"
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(one, range(10))) == ["Claim"] + ["InProgress"] * 9
