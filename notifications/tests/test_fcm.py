"""Pushes to apps, by the real client against a Firebase of our own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from notifications import queues, sender
from notifications.channels.fcm import _pace_of
from notifications.claims import LEASE, database_now
from notifications.kinds import Channel, Kind
from notifications.models import Delivery, Device, State
from notifications.pace import Pace, take
from notifications.sender import Result, send_due
from notifications.services import queue_push, remove_device
from notifications.tests.factories import MEMBER, PAYLOADS, TOKEN, add_device, states, the_delivery
from notifications.tests.google import PROJECT, service_account
from notifications.tests.push_services import Firebase, PushService, fcm_error
from numerai.counters import read

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 11, 21)


@pytest.fixture
def firebase() -> Firebase:
    return Firebase()


@pytest.fixture
def fcm(firebase: Firebase, settings: Any, tmp_path: Path) -> Iterator[PushService]:
    """Firebase, and the settings that point to it."""
    with PushService(firebase) as service:
        key_file = tmp_path / "firebase.json"
        key_file.write_text(json.dumps(service_account(service.url)))
        settings.FIREBASE_PROJECT_ID, settings.FIREBASE_CREDENTIALS_PATH = PROJECT, str(key_file)
        settings.FCM_BASE_URL = service.url
        settings.PUSH_TIMEOUT = 5
        yield service


def push(kind: Kind = Kind.NEW_SIGN_IN, *, subject: str = "1", user_id: UUID = MEMBER, **more: Any) -> int:
    arguments = {"due_on": TODAY, "payload": PAYLOADS[kind], "language": "en", **more}
    return queue_push(kind=kind, user_id=user_id, subject=subject, **arguments)


def send(**more: Any) -> Result:
    return send_due(queue=queues.URGENT, **more)


def sent(service: PushService) -> list[dict[str, Any]]:
    return [request.message for request in service.requests if request.path != "/token"]


def test_each_device_gets_the_message_once(fcm: PushService):
    add_device(1), add_device(2)
    assert push() == 2
    assert send().sent == 2
    assert sorted(message["token"] for message in sent(fcm)) == [f"{TOKEN}1", f"{TOKEN}2"]
    assert states() == [State.SENT, State.SENT]
    assert send().sent == 0


def test_the_request_is_what_firebase_takes(fcm: PushService):
    add_device()
    push(expires_at=timezone.now() + timedelta(hours=1))
    send()
    (token, request) = fcm.requests
    message = request.message
    assert token.path == "/token"
    assert request.path == f"/v1/projects/{PROJECT}/messages:send"
    assert request.headers["authorization"] == "Bearer token-1"
    assert request.headers["content-type"] == "application/json"
    assert message["notification"]["title"] == "A new sign-in to your account"
    assert message["data"] == {"kind": "new_sign_in", "on": "2026-11-21", "tag": message["android"]["collapse_key"]}
    assert message["android"]["priority"] == "HIGH"
    assert 3_590 <= int(message["android"]["ttl"].removesuffix("s")) <= 3_600
    left = int(message["apns"]["headers"]["apns-expiration"]) - timezone.now().timestamp()
    assert 3_580 <= left <= 3_600
    assert message["apns"]["headers"]["apns-priority"] == "10"


def test_a_message_with_a_page_of_its_own_names_it(fcm: PushService):
    add_device()
    news = {"title": "News", "line": "There are some.", "url": "/calendar"}
    push(kind=Kind.BROADCAST_TEST, payload=news, expires_at=timezone.now() + timedelta(hours=1))
    send_due(queue=queues.ORDINARY)
    assert sent(fcm)[0]["data"]["url"] == "/calendar"


def test_the_provider_s_id_is_kept(fcm: PushService):
    add_device()
    push()
    send()
    assert the_delivery().provider_message_id.startswith("0:")


def test_a_repeat_has_the_same_collapse_key_everywhere_and_another_message_has_another(
    fcm: PushService, firebase: Firebase
):
    device = add_device()
    push()
    firebase.answers[f"{TOKEN}1"] = fcm_error(503, "UNAVAILABLE")
    send()
    send(now=database_now() + timedelta(minutes=1))
    push(subject="2")
    send(now=database_now() + timedelta(minutes=1))
    keys = [
        {
            message["android"]["collapse_key"],
            message["android"]["notification"]["tag"],
            message["apns"]["headers"]["apns-collapse-id"],
            message["data"]["tag"],
        }
        for message in sent(fcm)
    ]
    assert device.channel == Channel.FCM
    assert [len(key) for key in keys] == [1, 1, 1]
    assert keys[0] == keys[1] != keys[2]


def test_one_token_of_google_serves_many_chunks(fcm: PushService, firebase: Firebase):
    add_device()
    for subject in "123":
        push(subject=subject)
        send()
    assert firebase.tokens_given == 1
    assert len(sent(fcm)) == 3


def test_a_token_that_google_takes_back_is_renewed_and_the_message_goes(fcm: PushService, firebase: Firebase):
    add_device()
    firebase.refused = {"token-1"}
    push()
    assert send().sent == 1
    assert firebase.tokens_given == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (fcm_error(404, "UNREGISTERED"), "unregistered"),
        (fcm_error(403, "SENDER_ID_MISMATCH"), "sender_id_mismatch"),
        (
            fcm_error(400, "INVALID_ARGUMENT", message="The registration token is not a valid FCM registration token"),
            "invalid_token",
        ),
    ],
)
def test_a_device_that_is_gone_is_retired_and_forgotten(
    fcm: PushService, firebase: Firebase, answer: Any, code: str, fresh_counts: None
):
    gone, alive = add_device(1), add_device(2)
    firebase.answers[f"{TOKEN}1"] = answer
    push()
    result = send()
    assert (result.sent, result.ended) == (1, 1)
    assert Delivery.objects.get(target=gone.pk).outcome == code
    assert read()["numerai_devices_retired_total"] == {("fcm", code): 1}
    gone.refresh_from_db()
    assert (gone.retired_for, gone.address, gone.retired_at is None) == (code, None, False)
    assert Device.objects.get(retired_at=None) == alive
    assert push(subject="2") == 1


@pytest.mark.parametrize(
    ("answer", "code", "shortest"),
    [
        (fcm_error(429, "QUOTA_EXCEEDED"), "quota_exceeded", 60),
        (fcm_error(429, "QUOTA_EXCEEDED", Retry_After="120"), "quota_exceeded", 120),
        (fcm_error(503, "UNAVAILABLE"), "unavailable", 3),
        (fcm_error(503, "UNAVAILABLE", Retry_After="90"), "unavailable", 90),
        (fcm_error(500, "INTERNAL"), "internal", 3),
        (fcm_error(502, ""), "http_502", 3),
        (fcm_error(401, "THIRD_PARTY_AUTH_ERROR"), "apple_refused_certificate", 3),
        ((200, {}, b"<html>not Firebase</html>"), "http_200", 3),
    ],
)
def test_a_temporary_failure_is_tried_again_and_never_before_the_time_that_was_asked_for(
    fcm: PushService, firebase: Firebase, answer: Any, code: str, shortest: int
):
    device = add_device()
    firebase.answers[f"{TOKEN}1"] = answer
    push()
    result = send()
    row = the_delivery()
    assert (row.state, row.attempts, row.outcome) == (State.QUEUED, 1, code)
    assert result.retry_in >= shortest
    device.refresh_from_db()
    assert device.retired_at is None
    firebase.answers.clear()
    assert send(now=row.send_at).sent == 1


def test_a_message_that_firebase_does_not_take_ends_alone_and_its_device_stays(fcm: PushService, firebase: Firebase):
    device = add_device()
    firebase.answers[f"{TOKEN}1"] = fcm_error(400, "INVALID_ARGUMENT", message="Invalid value at 'message.android'")
    push()
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, "invalid_message")
    device.refresh_from_db()
    assert device.retired_at is None


@pytest.mark.parametrize("status", [403, 404])
def test_a_project_that_refuses_us_holds_the_chunk_and_costs_no_attempt(
    fcm: PushService, firebase: Firebase, settings: Any, status: int
):
    settings.PUSH_CONNECTIONS = 1
    for number in range(3):
        add_device(number)
        firebase.answers[f"{TOKEN}{number}"] = fcm_error(status, "")
    push()
    result = send()
    assert (result.postponed, result.has_more, len(sent(fcm))) == (3, False, 1)
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.QUEUED, 0)}
    assert Device.objects.filter(retired_at=None).count() == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [((400, {}, {"error": "invalid_grant"}), "credentials_refused"), ((200, {}, b"no json"), "credentials_refused")],
)
def test_a_service_account_that_google_refuses_sends_nothing(
    fcm: PushService, firebase: Firebase, answer: Any, code: str
):
    firebase.token_answer = answer
    add_device()
    push()
    assert send().postponed == 1
    assert sent(fcm) == []
    assert (the_delivery().outcome, the_delivery().attempts) == (code, 0)


def test_a_firebase_that_is_down_costs_no_attempt_and_all_goes_when_it_is_back(fcm: PushService, settings: Any):
    add_device(1), add_device(2)
    push()
    settings.FCM_BASE_URL = "http://127.0.0.1:1"
    send()
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.QUEUED, 0)}
    settings.FCM_BASE_URL = fcm.url
    assert send(now=database_now() + timedelta(minutes=1)).sent == 2


def test_a_firebase_that_says_nothing_costs_the_timeout_and_an_attempt(
    fcm: PushService, firebase: Firebase, settings: Any
):
    settings.PUSH_TIMEOUT = 0.2
    release = threading.Event()
    add_device()

    class Silent(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            release.wait(10)

    firebase.answers = Silent()
    push()
    send()
    release.set()
    assert (the_delivery().outcome, the_delivery().attempts) == ("no_answer", 1)


def test_a_device_that_moved_to_another_member_gets_nothing_of_the_first(fcm: PushService):
    add_device()
    push()
    add_device(user_id=UUID(int=7))
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, "device_gone")
    assert sent(fcm) == []


def test_a_device_that_was_removed_gets_nothing(fcm: PushService):
    device = add_device()
    push()
    remove_device(user_id=MEMBER, device_id=device.pk)
    send()
    assert (the_delivery().outcome, sent(fcm)) == ("device_gone", [])


def test_what_is_over_is_not_sent(fcm: PushService):
    add_device()
    push(expires_at=timezone.now() + timedelta(minutes=1))
    send(now=timezone.now() + timedelta(minutes=2))
    assert (the_delivery().state, sent(fcm)) == (State.EXPIRED, [])


def test_a_chunk_takes_the_same_number_of_queries_for_any_number_of_devices(
    fcm: PushService, django_assert_num_queries: Any
):
    add_device(1)
    push()
    # Clock, expiry, switches; four channels' claims, each in a transaction (12); quiet hours, preferences, devices,
    # outcomes in a transaction (3).
    with django_assert_num_queries(21):
        assert send().sent == 1
    for number in range(2, 12):
        add_device(number)
    push(subject="2")
    with django_assert_num_queries(21):
        assert send().sent == 11


def test_senders_at_once_send_each_device_once(fcm: PushService):
    for number in range(60):
        add_device(number, user_id=UUID(int=number % 20 + 1))
    for member in range(1, 21):
        push(user_id=UUID(int=member))

    def send_some(_: int) -> int:
        try:
            return send(limit=9).sent
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(send_some, range(12))) == 60
    assert Counter(message["token"] for message in sent(fcm)) == Counter(f"{TOKEN}{number}" for number in range(60))


def test_a_device_is_retired_together_with_what_is_said_of_its_delivery(fcm: PushService, firebase: Firebase):
    add_device()
    firebase.answers[f"{TOKEN}1"] = fcm_error(404, "UNREGISTERED")
    push()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_device ADD CONSTRAINT nobody_goes CHECK (retired_at IS NULL)")
        try:
            with pytest.raises(IntegrityError):
                send()
        finally:
            cursor.execute("ALTER TABLE notifications_device DROP CONSTRAINT nobody_goes")
    assert states() == [State.SENDING], "recorded as failed, it would never be said of the device again"
    assert send(now=database_now() + LEASE).ended == 1
    assert Device.objects.get().retired_for == "unregistered"


def test_the_bucket_grants_the_rate_and_no_more():
    name = f"test-{timezone.now().timestamp()}"
    # A tenth of a second's worth may run ahead.
    granted = [take(name, wanted=40, rate=1_000)[0] for _ in range(5)]
    assert 100 <= sum(granted) <= 130
    none, wait = take(name, wanted=1_000_000, rate=1)
    assert none == 0
    assert 0 < wait <= 1.2


def test_who_waits_for_a_turn_waits_as_long_as_the_rate_says():
    async def take_turns(pace: Pace) -> float:
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(pace.turn(50) for _ in range(8)))
        return asyncio.get_running_loop().time() - began

    # Five at once, a fiftieth of a second for each more.
    name = f"test-{timezone.now().timestamp()}"
    assert asyncio.run(take_turns(Pace(name))) > 0.035
    waits = {bucket: count for (of, bucket), count in read()["numerai_push_pace_seconds"].items() if of == name}
    assert waits.pop("sum") > 35_000
    assert sum(waits.values()) >= 2


def test_no_message_is_begun_after_the_window_however_slow_the_rate(
    fcm: PushService, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sender, "SENDING_WINDOW", timedelta(seconds=0.6))
    settings.FCM_MESSAGES_PER_SECOND = 5
    _pace_of.cache_clear()  # with what it still has of a faster rate
    for number in range(12):
        add_device(number)
    push()
    result = send()
    assert 1 <= result.sent <= 6
    assert result.sent + result.postponed == 12
    assert len(sent(fcm)) == result.sent
    outcomes = Counter(Delivery.objects.values_list("state", "outcome"))
    assert outcomes == {(State.SENT, "accepted"): result.sent, (State.QUEUED, "not_begun"): result.postponed}


def test_logs_hold_neither_token_nor_text(fcm: PushService, firebase: Firebase, capsys: Any, caplog: Any):
    add_device()
    firebase.answers[f"{TOKEN}1"] = fcm_error(404, "UNREGISTERED")
    push()
    send()
    said = capsys.readouterr().out + caplog.text
    assert "unregistered" in said
    assert TOKEN not in said
    assert "Firefox" not in said
