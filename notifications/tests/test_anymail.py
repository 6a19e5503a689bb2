"""E-mail by a provider's HTTP interface, through django-anymail; Postmark stands for all of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from anymail import signals
from django.test import Client

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


@pytest.fixture
def report(postmark: HttpServer, settings: Any, client: Client) -> Iterator[Callable[..., int]]:
    """Return a poster of Postmark's reports, as Postmark would post them; it answers the status."""
    settings.ANYMAIL = settings.ANYMAIL | {"WEBHOOK_SECRET": "somebody:secret"}
    settings.ROOT_URLCONF = "notifications.tests.addresses"
    tracking.connect()

    def post(secret: bytes = b"somebody:secret", **event: Any) -> int:
        authorization = "Basic " + base64.b64encode(secret).decode()
        event = {"MessageID": "b7bc2f4a", "ID": 1, **event}
        answer = client.post(
            "/webhooks/email/postmark/tracking/",
            json.dumps(event),
            content_type="application/json",
            headers={"Authorization": authorization},
        )
        return answer.status_code

    yield post
    signals.tracking.disconnect(dispatch_uid="notifications.tracking")


BOUNCE = {"RecordType": "Bounce", "Email": ADDRESS.upper(), "BouncedAt": "2026-11-21T03:20:00Z"}


@pytest.mark.parametrize(
    ("event", "reasons"),
    [
        ({**BOUNCE, "Type": "HardBounce", "TypeCode": 1}, [SuppressionReason.BOUNCED]),
        ({**BOUNCE, "Type": "SoftBounce", "TypeCode": 4096}, []),
        ({**BOUNCE, "Type": "VirusNotification", "TypeCode": 8192}, []),
        (
            {**BOUNCE, "RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512},
            [SuppressionReason.COMPLAINED],
        ),
        ({"RecordType": "Delivery", "Recipient": ADDRESS, "DeliveredAt": "2026-11-21T03:20:00Z"}, []),
    ],
    ids=["hard bounce", "soft bounce", "virus", "complaint", "delivery"],
)
def test_bounces_and_complaints_suppress_the_address(
    report: Callable[..., int], event: dict[str, Any], reasons: list[SuppressionReason]
):
    assert report(**event) == 200
    assert list(SuppressedAddress.objects.values_list("reason", flat=True)) == reasons


def test_a_report_without_the_secret_is_refused(report: Callable[..., int]):
    assert report(b"somebody:else", **BOUNCE, Type="HardBounce", TypeCode=1) == 400
    assert not SuppressedAddress.objects.exists()


def test_a_suppressed_address_gets_nothing_by_this_way_either(report: Callable[..., int], postmark: HttpServer):
    report(**BOUNCE, Type="HardBounce", TypeCode=1)
    queue()
    send_due(queue=queues.URGENT)
    assert the_delivery().state == State.SUPPRESSED
    assert postmark.requests == []


def test_the_reports_have_no_address_unless_a_provider_is_used(client: Client):
    assert client.post("/webhooks/email/postmark/tracking/").status_code == 404
