"""E-mail by a provider's HTTP interface, through django-anymail; Postmark stands for all of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from notifications import queues, tracking
from notifications.models import State, SuppressedAddress, SuppressionReason
from notifications.sender import send_due
from notifications.tests.conftest import HttpServer
from notifications.tests.factories import ADDRESS, CODE, queue, the_delivery

pytestmark = pytest.mark.django_db
OK = {"To": ADDRESS, "MessageID": "b7bc2f4a", "ErrorCode": 0, "Message": "OK", "SubmittedAt": "2026-11-21T03:20:00Z"}
INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive. Found inactive addresses: ada@example.org."
    " Inactive recipients are ones that have generated a hard bounce or a spam complaint."
)


@pytest.fixture
def postmark(http_server: HttpServer, settings: Any) -> HttpServer:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "token", "POSTMARK_API_URL": f"{http_server.url}/"}
    http_server.answers = [(200, {}, OK)]
    return http_server


def test_a_mail_goes_through_the_provider_and_keeps_its_id(postmark: HttpServer):
    queue()
    send_due(queue=queues.URGENT)
    (request,) = postmark.requests
    assert request["body"]["To"] == ADDRESS
    assert CODE in request["body"]["Subject"]
    assert (the_delivery().state, the_delivery().provider_message_id) == (State.SENT, "b7bc2f4a")


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [
        ((500, {}, {}), State.QUEUED, "http_500"),
        ((429, {"Retry-After": "7"}, {}), State.QUEUED, "http_429"),
        ((401, {}, {"ErrorCode": 10, "Message": "bad token"}), State.QUEUED, "credentials_refused"),
        ((422, {}, {"ErrorCode": 402, "Message": "invalid JSON"}), State.FAILED, "http_422"),
        (
            (422, {}, {"ErrorCode": 406, "Message": INACTIVE}),
            State.FAILED,
            "address_refused",
        ),
    ],
)
def test_each_answer_has_its_meaning(postmark: HttpServer, answer: Any, state: State, outcome: str):
    postmark.answers = [answer]
    queue()
    send_due(queue=queues.URGENT)
    assert (the_delivery().state, the_delivery().outcome) == (state, outcome)


def test_a_provider_out_of_reach_costs_no_attempt(postmark: HttpServer, settings: Any):
    settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": "http://127.0.0.1:1/"}
    queue()
    send_due(queue=queues.URGENT)
    assert (the_delivery().state, the_delivery().attempts) == (State.QUEUED, 0)


@pytest.mark.parametrize(
    ("event_type", "reasons"),
    [
        ("bounced", [SuppressionReason.BOUNCED]),
        ("complained", [SuppressionReason.COMPLAINED]),
        ("unsubscribed", [SuppressionReason.UNSUBSCRIBED]),
        ("deferred", []),
        ("delivered", []),
    ],
)
def test_bounces_and_complaints_suppress_the_address(
    postmark: HttpServer, event_type: str, reasons: list[SuppressionReason]
):
    from anymail.signals import AnymailTrackingEvent
    from anymail.signals import tracking as signal

    tracking.connect()
    event = AnymailTrackingEvent(event_type=event_type, recipient=ADDRESS.upper())
    signal.send_robust(sender=SimpleNamespace, event=event, esp_name="Postmark")
    signal.disconnect(dispatch_uid="notifications.tracking")
    assert list(SuppressedAddress.objects.values_list("reason", flat=True)) == reasons
