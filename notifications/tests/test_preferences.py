"""What members choose: by the API, by the link in a mail, and as every sender reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from notifications import queues, sources
from notifications.claims import database_now
from notifications.kinds import CHOICES, Channel, Choice, Kind, Outlet, Topic
from notifications.links import read_unsubscribe_token, unsubscribe_url
from notifications.models import Delivery, Preference, QuietHours, State
from notifications.preparing import quiet_until
from notifications.selectors import get_settings
from notifications.sender import send_due
from notifications.services import queue_push, set_settings
from notifications.sources import Asked, Contact
from notifications.tests.conftest import MailServer
from notifications.tests.factories import ADDRESS, MEMBER, PAYLOADS, add_device, queue, the_delivery
from notifications.tests.members import Signed
from numerai.api.exceptions import InvalidInput

pytestmark = pytest.mark.django_db
URL = "/api/v1/notifications/settings"
TODAY = date(2026, 11, 21)
OFF = {(Topic.DAILY_READING, Outlet.EMAIL): Choice.OFF}


@pytest.fixture
def contact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who knows the member: the app above does, in the product."""
    known = {MEMBER: Contact(ADDRESS, "en", "Asia/Kathmandu")}
    monkeypatch.setattr(sources, "_contact_source", lambda ids: {one: known[one] for one in ids if one in known})


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Somebody who knows what readings say, and notes who asked."""
    asked: list[Asked] = []

    def say(rows: Any) -> Any:
        asked.extend(rows)
        return {row.id: PAYLOADS[Kind.DAILY_READING] for row in rows}

    monkeypatch.setitem(sources._payload_sources, Kind.DAILY_READING, say)
    return asked


def queue_reading(*, target: str = "member", channel: Channel = Channel.EMAIL, user_id: UUID = MEMBER) -> None:
    """Queue a reading as the set-based statement does: without address, text and language."""
    now = timezone.now()
    Delivery.objects.create(
        due_on=TODAY, user_id=user_id, kind=Kind.DAILY_READING, channel=channel, priority=2, subject="", target=target,
        language="", send_at=now, expires_at=now + timedelta(hours=4),
    )  # fmt: skip


def send(**more: Any) -> Any:
    return send_due(queue=queues.ORDINARY, **more)


def test_without_a_word_the_defaults_hold(signed: Signed):
    data = signed.get(URL).json()["data"]
    assert data["choices"]["daily_reading"] == {"push": "on", "email": "without_device"}
    assert data["choices"]["news"] == {"push": "off", "email": "off"}
    assert data["choices"]["security"] == {"push": "on", "email": "on"}
    assert data["quiet_hours"] is None
    assert not Preference.objects.exists()


def test_what_is_chosen_is_kept_and_what_is_left_out_stays(signed: Signed):
    first = signed.put(URL, {"choices": {"daily_reading": {"email": "on"}, "news": {"push": "on"}}})
    second = signed.put(URL, {"choices": {"daily_reading": {"push": "off"}}})
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json()["data"]["choices"]["daily_reading"] == {"push": "off", "email": "on"}
    assert second.json()["data"]["choices"]["news"] == {"push": "on", "email": "off"}
    assert signed.get(URL).json()["data"] == second.json()["data"]


def test_the_answer_to_get_is_a_body_for_put(signed: Signed):
    signed.put(URL, {"choices": {"news": {"email": "on"}}, "quiet_hours": {"starts_at": "22:30", "ends_at": "07:00"}})
    before = signed.get(URL).json()["data"]
    assert signed.put(URL, before).json()["data"] == before


def test_quiet_hours_are_set_kept_and_ended(signed: Signed):
    hours = {"starts_at": "22:30", "ends_at": "07:00"}
    assert signed.put(URL, {"quiet_hours": hours}).json()["data"]["quiet_hours"] == hours
    assert signed.put(URL, {"choices": {}}).json()["data"]["quiet_hours"] == hours
    assert signed.put(URL, {"quiet_hours": None}).json()["data"]["quiet_hours"] is None
    assert not QuietHours.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"choices": {"security": {"email": "off"}}}, "choices.security.email"),
        ({"choices": {"account": {"email": "without_device"}}}, "choices.account.email"),
        ({"choices": {"daily_reading": {"push": "without_device"}}}, "choices.daily_reading.push"),
        ({"choices": {"daily_reading": {"push": True}}}, "choices.daily_reading.push"),
        ({"choices": {"daily_reading": {"pigeon": "on"}}}, "choices.daily_reading"),
        ({"choices": {"horoscope": {"push": "on"}}}, "choices"),
        ({"quiet_hours": {"starts_at": "22:00"}}, "quiet_hours.ends_at"),
        ({"quiet_hours": {"starts_at": "22:00", "ends_at": "22:00"}}, "quiet_hours.ends_at"),
        ({"quiet_hours": {"starts_at": "25:00", "ends_at": "07:00"}}, "quiet_hours.starts_at"),
        ({"surprise": 1}, "non_field_errors"),
    ],
)
def test_what_is_not_on_offer_is_refused_by_field(signed: Signed, sent: dict[str, Any], field: str):
    answer = signed.put(URL, sent)
    assert answer.status_code == 400
    assert field in answer.json()["error"]["details"]["fields"]
    assert not Preference.objects.exists()


def test_the_service_refuses_it_too():
    with pytest.raises(InvalidInput):
        set_settings(user_id=MEMBER, choices={(Topic.SECURITY, Outlet.EMAIL): Choice.OFF})


def test_ones_choices_are_ones_own(signed: Signed):
    signed.put(URL, {"choices": {"daily_reading": {"push": "off"}}})
    assert Signed().get(URL).json()["data"]["choices"]["daily_reading"]["push"] == "on"


def test_reading_the_settings_takes_two_queries(signed: Signed, django_assert_num_queries: Any):
    signed.put(URL, {"choices": {"news": {"push": "on", "email": "on"}}})
    # The choices and the quiet hours.
    with django_assert_num_queries(2):
        signed.get(URL)


def test_every_topic_has_a_default_that_it_accepts_for_both_outlets():
    assert set(CHOICES) == {(topic, outlet) for topic in Topic for outlet in Outlet}
    assert [pair for pair, rule in CHOICES.items() if rule.default not in rule.accepted] == []


def test_a_mail_that_can_be_left_out_says_how_and_one_that_cannot_does_not(
    mail_server: MailServer, contact: None, readings: list[Asked]
):
    queue_reading()
    queue(Kind.WELCOME, expires_at=None)
    assert send().sent == 2
    welcome, reading = sorted(mail_server.accepted, key=lambda mail: "List-Unsubscribe" in mail)
    link = unsubscribe_url(user_id=MEMBER, topic=Topic.DAILY_READING)
    assert reading["List-Unsubscribe"].strip() == f"<{link}>"
    assert reading["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in reading.get_body(("plain",)).get_content()
    assert f'href="{link}"' in reading.get_body(("html",)).get_content()
    assert "List-Unsubscribe" not in welcome
    assert "unsubscribe" not in welcome.get_body(("plain",)).get_content()


def test_the_link_asks_first_and_a_scanner_that_opens_it_changes_nothing():
    path = unsubscribe_url(user_id=MEMBER, topic=Topic.DAILY_READING).removeprefix("http://localhost:8000")
    answer = Client().get(path)
    assert answer.status_code == 200
    assert '<form method="post">' in answer.text
    assert "Cache-Control" in answer.headers
    assert not Preference.objects.exists()


def test_one_click_stops_the_mail_of_its_topic_and_nothing_else():
    path = unsubscribe_url(user_id=MEMBER, topic=Topic.DAILY_READING).removeprefix("http://localhost:8000")
    set_settings(user_id=MEMBER, choices={(Topic.NEWS, Outlet.EMAIL): Choice.ON})
    # As a mail app posts: no cookie, no referrer, and checks on.
    answer = Client(enforce_csrf_checks=True).post(
        path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert "Done" in answer.text
    chosen = get_settings(user_id=MEMBER)["choices"]
    assert chosen["daily_reading"] == {"push": "on", "email": "off"}
    assert chosen["news"]["email"] == "on"
    assert Client().post(path).status_code == 200


def test_a_link_that_we_did_not_make_is_none():
    link = unsubscribe_url(user_id=MEMBER, topic=Topic.DAILY_READING)
    token = link.rpartition("/")[2]
    assert read_unsubscribe_token(token) == (MEMBER, Topic.DAILY_READING)
    forged = token.replace("daily_reading", "news")
    assert read_unsubscribe_token(forged) is None
    assert Client().post(f"/unsubscribe/{forged}").status_code == 404
    assert not Preference.objects.exists()


def test_mail_that_cannot_be_left_out_has_no_link():
    assert unsubscribe_url(user_id=MEMBER, topic=Topic.SECURITY) == ""


def test_what_was_switched_off_after_it_was_queued_is_not_sent(
    mail_server: MailServer, contact: None, readings: list[Asked]
):
    queue_reading()
    set_settings(user_id=MEMBER, choices=OFF)
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.SUPPRESSED, "switched_off")
    assert mail_server.accepted == []


def test_another_members_choice_and_another_outlets_change_nothing(
    mail_server: MailServer, contact: None, readings: list[Asked]
):
    set_settings(user_id=UUID(int=5), choices=OFF)
    set_settings(user_id=MEMBER, choices={(Topic.DAILY_READING, Outlet.PUSH): Choice.OFF})
    queue_reading()
    assert send().sent == 1


def test_a_reading_is_mailed_to_the_address_and_in_the_language_of_now(
    mail_server: MailServer, contact: None, readings: list[Asked]
):
    queue_reading()
    send()
    (mail,) = mail_server.accepted
    assert (mail["To"], mail["Subject"]) == (ADDRESS, "A 4 day: The drawer that sticks can be mended today")
    assert [(row.user_id, row.due_on, row.language) for row in readings] == [(MEMBER, TODAY, "en")]


def test_a_suppressed_address_gets_no_reading_either(mail_server: MailServer, contact: None, readings: list[Asked]):
    mail_server.replies[ADDRESS] = "550 5.1.1 no such user"
    queue_reading()
    send()
    assert the_delivery().outcome == "address_refused"
    mail_server.replies.clear()
    Delivery.objects.update(due_on=TODAY - timedelta(days=1))
    queue_reading()
    send()
    assert Delivery.objects.get(due_on=TODAY).outcome == "address_suppressed"


@pytest.mark.parametrize(
    ("user_id", "answer", "outcome", "state"),
    [
        (UUID(int=9), {}, "member_gone", State.FAILED),
        (MEMBER, {}, "nothing_to_say", State.FAILED),
        (MEMBER, None, "no_source", State.QUEUED),
    ],
)
def test_a_reading_without_a_member_or_words_is_not_sent(
    mail_server: MailServer, contact: None, monkeypatch: pytest.MonkeyPatch,
    user_id: UUID, answer: Any, outcome: str, state: State,
):  # fmt: skip
    known = {} if answer is None else {Kind.DAILY_READING: lambda rows: answer}
    monkeypatch.setattr(sources, "_payload_sources", known)
    queue_reading(user_id=user_id)
    send()
    assert (the_delivery().state, the_delivery().outcome) == (state, outcome)
    assert mail_server.accepted == []


def test_one_reading_that_cannot_be_said_does_not_hold_up_the_others(
    mail_server: MailServer, contact: None, monkeypatch: pytest.MonkeyPatch
):
    for back in (3, 2, 1, 0):
        queue_reading()
        Delivery.objects.filter(due_on=TODAY).update(due_on=TODAY - timedelta(days=back))

    def say(rows: Any) -> Any:
        return {row.id: PAYLOADS[Kind.DAILY_READING] | {"part": 1 // (TODAY - row.due_on).days} for row in rows}

    monkeypatch.setitem(sources._payload_sources, Kind.DAILY_READING, say)
    assert send().sent == 3
    left = Delivery.objects.get(due_on=TODAY)
    assert (left.state, left.outcome, left.attempts) == (State.QUEUED, "letter_failed", 1)


def test_only_one_function_may_know_members_or_what_a_kind_says(readings: list[Asked], contact: None):
    with pytest.raises(ValueError, match="already registered"):
        sources.register_contacts(lambda ids: {})
    with pytest.raises(ValueError, match="already registered"):
        sources.register_payloads(Kind.DAILY_READING, lambda rows: {})


def quiet_around(moment: datetime) -> tuple[time, time]:
    """Return quiet hours in which the member's clock (Kathmandu) is at this moment, ending in half an hour."""
    local = moment.astimezone(ZoneInfo("Asia/Kathmandu"))
    return (local - timedelta(minutes=30)).time().replace(microsecond=0), (
        (local + timedelta(minutes=30)).time().replace(microsecond=0)
    )


def test_in_quiet_hours_a_push_waits_for_their_end(contact: None, settings: Any):
    settings.FIREBASE_PROJECT_ID = settings.FIREBASE_CREDENTIALS_PATH = "there"
    now = database_now()
    set_settings(user_id=MEMBER, choices={}, quiet_hours=quiet_around(now))
    add_device()
    queue_push(kind=Kind.NEW_SIGN_IN, user_id=MEMBER, subject="1", due_on=TODAY, payload=PAYLOADS[Kind.NEW_SIGN_IN])
    send_due(queue=queues.URGENT)
    row = the_delivery()
    assert (row.state, row.outcome, row.attempts) == (State.QUEUED, "quiet_hours", 0)
    assert timedelta(minutes=29) < row.send_at - now < timedelta(minutes=31)


def test_mail_and_the_daily_reading_at_its_hour_do_not_wait(
    mail_server: MailServer, contact: None, readings: list[Asked], settings: Any
):
    set_settings(user_id=MEMBER, choices={}, quiet_hours=quiet_around(timezone.now()))
    settings.FIREBASE_PROJECT_ID, settings.FIREBASE_CREDENTIALS_PATH = "there", "/nowhere"
    queue_reading(channel=Channel.FCM, target=str(add_device().pk))
    queue(Kind.WELCOME, expires_at=None)
    assert send().sent == 1
    # It got as far as the key that is not there.
    assert Delivery.objects.get(kind=Kind.DAILY_READING).outcome == "credentials_refused"


@pytest.mark.parametrize(
    ("clock", "ends"),
    [
        ("2026-11-21T21:59", None),
        ("2026-11-21T22:00", "2026-11-22T07:00"),
        ("2026-11-22T00:00", "2026-11-22T07:00"),
        ("2026-11-22T06:59", "2026-11-22T07:00"),
        ("2026-11-22T07:00", None),
    ],
)
def test_quiet_hours_past_midnight_end_in_the_morning(clock: str, ends: str | None):
    zone = ZoneInfo("Pacific/Chatham")
    until = quiet_until(datetime.fromisoformat(clock).replace(tzinfo=zone), hours=(time(22), time(7)), zone=zone)
    assert until == (ends and datetime.fromisoformat(ends).replace(tzinfo=zone))


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        # New York, 1 November: 01:00 to 01:59 happen twice.
        ("2026-11-01T05:15", "2026-11-01T05:30"),
        ("2026-11-01T05:45", None),
        ("2026-11-01T06:15", "2026-11-01T06:30"),
        # 8 March: 02:00 to 02:59 do not happen.
        ("2026-03-08T06:59", "2026-03-08T07:30"),
    ],
)
def test_quiet_hours_end_in_the_nights_when_clocks_change(now: str, ends: str | None):
    hours = (time(22), time(1, 30) if now.startswith("2026-11") else time(2, 30))
    until = quiet_until(datetime.fromisoformat(now).replace(tzinfo=UTC), hours=hours, zone=ZoneInfo("America/New_York"))
    assert until == (ends and datetime.fromisoformat(ends).replace(tzinfo=UTC))


@given(
    minute=st.integers(0, 2 * 365 * 24 * 60),
    hours=st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] != pair[1]),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]).map(ZoneInfo),
)
def test_quiet_hours_always_end_later_and_within_a_day(minute: int, hours: tuple[time, time], zone: ZoneInfo):
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    until = quiet_until(now, hours=hours, zone=zone) or now + timedelta(seconds=1)
    assert timedelta(0) < until - now <= timedelta(hours=25)
