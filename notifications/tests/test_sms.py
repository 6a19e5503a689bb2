"""Text messages: one HTTP POST to Twilio, with limits against fraud."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from notifications import queues
from notifications.channels.sms import take_from_day
from notifications.kinds import Channel
from notifications.models import SmsDay, State, SuppressedAddress, SuppressionReason
from notifications.selectors import can_deliver, is_channel_on
from notifications.sender import send_due
from notifications.services import set_channel_switch
from notifications.tests.conftest import HttpServer
from notifications.tests.factories import CODE, PHONE, queue, states, the_delivery

pytestmark = pytest.mark.django_db


def queue_sms(**more: Any) -> None:
    queue(channel=Channel.SMS, **more)


def send(**more: Any) -> None:
    send_due(queue=queues.URGENT, **more)


def test_a_code_is_posted_to_twilio_once(twilio: HttpServer):
    queue_sms()
    send()
    (request,) = twilio.requests
    assert request["path"] == "/2010-04-01/Accounts/AC1/Messages.json"
    assert request["authorization"] == "Basic " + base64.b64encode(b"AC1:secret").decode()
    assert (request["body"]["To"], request["body"]["From"]) == (PHONE, "+15005550006")
    assert request["body"]["Body"].startswith(f"{CODE} is your NumerAI code.")
    assert (the_delivery().state, the_delivery().provider_message_id) == (State.SENT, "SM123")


def test_a_code_fits_one_text_message(twilio: HttpServer):
    queue_sms()
    send()
    text = twilio.requests[0]["body"]["Body"]
    assert text.isascii()
    assert len(text) <= 160


def test_a_messaging_service_is_named_as_one(twilio: HttpServer, settings: Any):
    settings.TWILIO_FROM = "MG0123"
    queue_sms()
    send()
    assert twilio.requests[0]["body"]["MessagingServiceSid"] == "MG0123"
    assert "From" not in twilio.requests[0]["body"]


@pytest.mark.parametrize(
    ("answer", "state", "outcome", "attempts"),
    [
        ((400, {}, {"code": 21211}), State.FAILED, "number_refused", 1),
        ((400, {}, {"code": 21614}), State.FAILED, "number_refused", 1),
        ((400, {}, {"code": 21408}), State.FAILED, "country_refused", 1),
        ((400, {}, {"code": 99999}), State.FAILED, "twilio_99999", 1),
        ((400, {}, b"<html>"), State.FAILED, "http_400", 1),
        ((429, {}, {"code": 20429}), State.QUEUED, "http_429", 1),
        ((500, {}, b"oops"), State.QUEUED, "http_500", 1),
        ((503, {}, {}), State.QUEUED, "http_503", 1),
        ((302, {"Location": "/elsewhere"}, {}), State.QUEUED, "http_302", 1),
        ((201, {}, b"[]"), State.QUEUED, "http_201", 1),
        ((401, {}, {"code": 20003}), State.QUEUED, "credentials_refused", 0),
    ],
)
def test_each_answer_of_twilio_has_its_meaning(
    twilio: HttpServer, answer: tuple[int, dict[str, str], Any], state: State, outcome: str, attempts: int
):
    twilio.answers = [answer]
    queue_sms()
    send()
    delivery = the_delivery()
    assert (delivery.state, delivery.outcome, delivery.attempts) == (state, outcome, attempts)
    assert len(twilio.requests) == 1


def test_retry_after_is_honoured(twilio: HttpServer):
    twilio.answers = [(429, {"Retry-After": "120"}, {})]
    queue_sms()
    before = timezone.now()
    send()
    assert the_delivery().send_at - before > timedelta(seconds=119)


def test_a_recipient_who_said_stop_is_suppressed(twilio: HttpServer):
    twilio.answers = [(400, {}, {"code": 21610})]
    queue_sms()
    send()
    queue_sms(subject="another")
    send()
    assert states() == [State.FAILED, State.SUPPRESSED]
    assert SuppressedAddress.objects.get().reason == SuppressionReason.UNSUBSCRIBED
    assert len(twilio.requests) == 1


def test_twilio_out_of_reach_costs_no_attempt(twilio: HttpServer, settings: Any):
    settings.TWILIO_BASE_URL = "http://127.0.0.1:1"
    queue_sms()
    send()
    assert (the_delivery().state, the_delivery().attempts) == (State.QUEUED, 0)


@pytest.mark.parametrize("number", ["+33142685300", "+18765550100", "nonsense"], ids=["France", "Jamaica", "no number"])
def test_a_country_that_is_not_listed_gets_nothing(twilio: HttpServer, number: str):
    queue_sms(address=number)
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, "country_not_allowed")
    assert twilio.requests == []
    assert not can_deliver(channel=Channel.SMS, address=number)


def test_the_days_limit_holds_over_chunks(twilio: HttpServer, settings: Any):
    settings.SMS_DAILY_LIMIT = 3
    for number in range(5):
        queue_sms(subject=str(number))
    send(limit=2)
    send(limit=2)
    send(limit=2)
    assert sorted(states()) == [State.FAILED] * 2 + [State.SENT] * 3
    assert len(twilio.requests) == 3
    assert the_outcomes() == {"accepted", "daily_limit_reached"}


def the_outcomes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT outcome FROM notifications_delivery")
        return {row[0] for row in cursor.fetchall()}


def test_the_next_day_begins_anew(settings: Any):
    settings.SMS_DAILY_LIMIT = 3
    today = date(2026, 11, 21)
    taken = [take_from_day(2, today=today), take_from_day(2, today=today), take_from_day(1, today=today)]
    assert taken == [2, 1, 0]
    assert take_from_day(5, today=today + timedelta(days=1)) == 3


def test_a_limit_that_was_lowered_takes_nothing_back(settings: Any):
    settings.SMS_DAILY_LIMIT = 3
    take_from_day(3, today=date(2026, 11, 21))
    settings.SMS_DAILY_LIMIT = 1
    assert take_from_day(1, today=date(2026, 11, 21)) == 0
    assert SmsDay.objects.get().taken == 3


@pytest.mark.django_db(transaction=True)
def test_many_senders_together_stay_within_the_limit(settings: Any):
    settings.SMS_DAILY_LIMIT = 10

    def take(_: int) -> int:
        try:
            return take_from_day(3, today=date(2026, 11, 21))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(8))) == 10


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "SMS_COUNTRIES"])
def test_without_its_settings_the_channel_is_off_and_deliveries_wait(twilio: HttpServer, settings: Any, missing: str):
    setattr(settings, missing, "")
    queue_sms()
    send()
    assert states() == [State.QUEUED]
    assert not is_channel_on(channel=Channel.SMS)


def test_a_number_can_be_reached_while_the_switch_is_on(twilio: HttpServer):
    assert can_deliver(channel=Channel.SMS, address=PHONE)
    set_channel_switch(channel=Channel.SMS, is_on=False)
    assert not can_deliver(channel=Channel.SMS, address=PHONE)


def test_the_stand_in_writes_files(outbox_folder: Path):
    queue_sms()
    send()
    (file,) = outbox_folder.iterdir()
    assert json.loads(file.read_text())["to"] == PHONE
    assert CODE in json.loads(file.read_text())["text"]
    assert file.stat().st_mode & 0o777 == 0o600
