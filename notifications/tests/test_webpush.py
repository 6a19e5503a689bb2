"""Pushes to browsers from end to end: keys of a browser, a push service of our own, and what only the browser reads."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.utils import timezone
from http_ece import ECEException
from py_vapid import Vapid02

from notifications import queues
from notifications.channels.webpush import is_public, is_public_or_here
from notifications.claims import database_now
from notifications.kinds import Channel, Kind
from notifications.models import Device, Platform, State
from notifications.sender import Result, send_due
from notifications.services import queue_push, register_device
from notifications.subscriptions import Unacceptable, check_endpoint
from notifications.tests.factories import MEMBER, PAYLOADS, base64url, states, the_delivery
from notifications.tests.push_services import Answer, Browser, PushService, Request

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 11, 21)


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    """A push service on this machine that accepts everything, and settings that let us send there."""
    settings.WEBPUSH_ALLOW_LOOPBACK = True
    settings.VAPID_SUBJECT = "mailto:push@numerai.test"
    settings.PUSH_TIMEOUT = 5
    with PushService(lambda request: (201, {"Location": "https://push.example/m/0:42"}, b"")) as service:
        yield service


@pytest.fixture
def browser(service: PushService) -> Browser:
    return Browser(service.url)


def subscribe(browser: Browser) -> Device:
    device, _ = register_device(
        user_id=MEMBER,
        channel=Channel.WEBPUSH,
        identity=browser.subscription.endpoint,
        address=browser.subscription.to_text(),
        platform=Platform.WEB,
    )
    return device


def push(kind: Kind = Kind.NEW_SIGN_IN, *, subject: str = "1", **more: Any) -> None:
    arguments = {"due_on": TODAY, "payload": PAYLOADS[kind], "language": "en", **more}
    queue_push(kind=kind, user_id=MEMBER, subject=subject, **arguments)


def send(**more: Any) -> Result:
    return send_due(queue=queues.URGENT, **more)


def claims_of(request: Request) -> dict[str, Any]:
    """Return what the signature says, without looking whether it is ours."""
    part = request.headers["authorization"].removeprefix("vapid t=").split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_the_browser_reads_what_was_pushed_and_nobody_else_does(service: PushService, browser: Browser):
    subscribe(browser)
    push()
    assert send().sent == 1
    (request,) = service.requests
    said = browser.read(request.body)
    assert said["title"] == "A new sign-in to your account"
    assert said["body"] == "Firefox on Linux. If it was not you, change your password."
    assert (said["kind"], said["on"], said["lang"]) == ("new_sign_in", "2026-11-21", "en")
    assert b"sign-in" not in request.body
    with pytest.raises((ECEException, InvalidTag)):
        Browser(service.url).read(request.body)
    assert (states(), the_delivery().provider_message_id) == ([State.SENT], "0:42")


def test_a_push_leads_to_its_page_where_its_kind_has_one(service: PushService, browser: Browser):
    subscribe(browser)
    push(Kind.EXPORT_READY, expires_at=timezone.now() + timedelta(days=7))
    push()
    send()
    send_due(queue=queues.ORDINARY)
    said = {each["kind"]: each for each in (browser.read(request.body) for request in service.requests)}
    assert said["export_ready"]["url"] == PAYLOADS[Kind.EXPORT_READY]["url"]
    assert "url" not in said["new_sign_in"]


def test_the_request_has_the_headers_of_the_standards(service: PushService, browser: Browser):
    subscribe(browser)
    push(expires_at=timezone.now() + timedelta(hours=1))
    send()
    (request,) = service.requests
    assert request.path == "/push/browser"
    assert request.headers["content-encoding"] == "aes128gcm"
    assert 3_590 <= int(request.headers["ttl"]) <= 3_600
    assert request.headers["urgency"] == "high"
    assert request.headers["topic"] == browser.read(request.body)["tag"]
    assert 1 <= len(request.headers["topic"]) <= 32


def test_the_push_service_can_verify_who_we_are(service: PushService, browser: Browser, settings: Any):
    subscribe(browser)
    push()
    send()
    (request,) = service.requests
    assert Vapid02.verify(request.headers["authorization"])
    assert request.headers["authorization"].endswith(f"k={settings.VAPID_PUBLIC_KEY}")
    claims = claims_of(request)
    assert (claims["aud"], claims["sub"]) == (service.url, "mailto:push@numerai.test")
    assert 0 < claims["exp"] - timezone.now().timestamp() < 24 * 3_600


def test_a_forged_signature_is_none(service: PushService, browser: Browser):
    subscribe(browser)
    push()
    send()
    head, _, key = service.requests[0].headers["authorization"].partition(",k=")
    token, _, signature = head.rpartition(".")
    assert not Vapid02.verify(f"{token}.{base64url(bytes(64))},k={key}")
    assert signature


def test_a_message_with_a_page_of_its_own_names_it(service: PushService, browser: Browser):
    subscribe(browser)
    news = {"title": "News", "line": "There are some.", "url": "/calendar"}
    push(Kind.BROADCAST_TEST, payload=news, expires_at=timezone.now() + timedelta(hours=1))
    send_due(queue=queues.ORDINARY)
    assert browser.read(service.requests[0].body)["url"] == "/calendar"


def test_a_repeat_has_the_topic_of_the_first_and_another_message_has_another(service: PushService, browser: Browser):
    subscribe(browser)
    service.answer = lambda request: (503, {}, b"")
    push()
    send()
    send(now=database_now() + timedelta(minutes=1))
    push(subject="2")
    send(now=database_now() + timedelta(minutes=1))
    topics = [request.headers["topic"] for request in service.requests]
    assert topics[0] == topics[1] != topics[2]


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_retired(service: PushService, browser: Browser, status: int):
    device = subscribe(browser)
    service.answer = lambda request: (status, {}, b"")
    push()
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, "subscription_gone")
    device.refresh_from_db()
    assert (device.retired_for, device.address) == ("subscription_gone", None)


@pytest.mark.parametrize(
    ("answer", "state", "code", "shortest"),
    [
        ((429, {"Retry-After": "77"}, b""), State.QUEUED, "http_429", 77),
        ((500, {}, b""), State.QUEUED, "http_500", 3),
        ((503, {"Retry-After": "20"}, b""), State.QUEUED, "http_503", 20),
        ((413, {}, b""), State.FAILED, "message_too_large", 0),
        ((400, {}, b""), State.FAILED, "http_400", 0),
        ((403, {}, b""), State.FAILED, "vapid_refused", 0),
        ((307, {"Location": "http://127.0.0.1:1/"}, b""), State.FAILED, "http_307", 0),
    ],
)
def test_every_other_refusal_leaves_the_device(
    service: PushService, browser: Browser, answer: Answer, state: State, code: str, shortest: int
):
    device = subscribe(browser)
    service.answer = lambda request: answer
    push()
    result = send()
    assert (the_delivery().state, the_delivery().outcome) == (state, code)
    assert (result.retry_in or 0) >= shortest
    device.refresh_from_db()
    assert device.retired_at is None


def test_a_push_service_that_is_down_holds_up_no_other(service: PushService, browser: Browser):
    subscribe(Browser("http://127.0.0.1:1", "elsewhere"))
    subscribe(browser)
    push()
    assert send().sent == 1
    assert len(service.requests) == 1


def test_a_subscription_whose_service_is_no_longer_listed_is_not_asked(
    service: PushService, browser: Browser, settings: Any
):
    subscribe(browser)
    push()
    settings.WEBPUSH_ALLOW_LOOPBACK = False
    send()
    assert (the_delivery().outcome, service.requests) == ("endpoint_not_allowed", [])


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/cR7d:APA91b",
        "https://FCM.googleapis.com:443/wp/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QGsome",
        "https://wns2-by3p.notify.windows.com/w/?token=BQYAAAB%2b",
    ],
)
def test_the_known_push_services_are_accepted(endpoint: str):
    assert check_endpoint(endpoint) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com.example/x",
        "https://googleapis.com/x",
        "https://push.apple.com.evil.example/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example#fcm.googleapis.com/x",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://fcm.googleapis.com\\.evil.example/x",
        "https://user:pass@fcm.googleapis.com/x",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\r\nHost: evil.example",
        "https://fcm.googleapis.com/" + "x" * 1_000,
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "http://127.0.0.1:8000/x",
        "http://localhost:8000/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_any_other_endpoint_is_refused(endpoint: str):
    with pytest.raises(Unacceptable):
        check_endpoint(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.0x1/x",
        "https://metadata/x",
        "http://push.example.org/x",
    ],
)
def test_any_host_still_means_a_name_and_https(settings: Any, endpoint: str):
    settings.WEBPUSH_HOSTS = ["*"]
    assert check_endpoint("https://push.example.org/x")
    with pytest.raises(Unacceptable):
        check_endpoint(endpoint)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("142.250.74.42", True),
        ("2a00:1450:4001:80e::200a", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:142.250.74.42", True),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address: str, expected: bool):
    assert is_public(address) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("142.250.74.42", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("fd00:ec2::254", False),
        ("::ffff:10.1.2.3", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
    ],
)
def test_in_development_this_machine_is_reached_but_not_its_network(address: str, expected: bool):
    assert is_public_or_here(address) == expected


def test_a_name_that_stands_for_this_machine_is_not_connected_to(settings: Any, monkeypatch: pytest.MonkeyPatch):
    settings.WEBPUSH_HOSTS = ["*"]
    browser = Browser("https://push.rebound.example")
    subscribe(browser)
    push()
    with socket.create_server(("127.0.0.1", 0)) as inside:
        here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", inside.getsockname())]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: here)
        send()
        inside.settimeout(0.1)
        with pytest.raises(TimeoutError):
            inside.accept()
    assert the_delivery().outcome == "connection_failed"
