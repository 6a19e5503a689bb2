"""Broadcasts as staff handle them: written, changed by two at once, tried out, scheduled by the right person."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from notifications.kinds import Channel, Choice, Kind, Outlet, Topic
from notifications.models import Broadcast, BroadcastRecipient, BroadcastState, Delivery
from notifications.segments import Segment
from notifications.sender import send_due
from notifications.services import (
    BroadcastChanged,
    Draft,
    NotInThisState,
    SecondPersonNeeded,
    change_broadcast,
    copy_broadcast,
    count_audience,
    discard_broadcast,
    resume_broadcast,
    send_test,
    set_settings,
    stop_broadcast,
    take_back_broadcast,
)
from notifications.services.broadcast_rounds import KEEP_RECIPIENTS, advance_all
from notifications.services.personal_data import erase_member, export_member
from notifications.tests.audience import NOW, SENDER, TEXT, WRITER, Members, choose, make_broadcast, member, schedule
from notifications.tests.conftest import MailServer
from notifications.tests.factories import add_device
from notifications.upkeep import forget_old
from numerai.api.exceptions import InvalidInput, NotFound

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def refused_fields(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return list(refused.value.details["fields"])


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"by_email": False, "in_inbox": False}, "by_push"),
        ({"texts": {"en": TEXT | {"title": "x" * 51}}}, "texts.en.title"),
        ({"texts": {"en": TEXT | {"line": "x" * 91}}}, "texts.en.line"),
        ({"texts": {"en": TEXT | {"line": "two\nlines"}}}, "texts.en.line"),
        ({"texts": {"en": TEXT | {"body": "x" * 5001}}}, "texts.en.body"),
        ({"texts": {"../en": TEXT}}, "language"),
        ({"texts": {"": TEXT}}, "language"),
        ({"fallback": "English"}, "fallback"),
        ({"link": "https://example.org/x"}, "link"),
        ({"link": "//example.org/x"}, "link"),
        ({"link": "/\\example.org"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "/x y"}, "link"),
        ({"segment": Segment(languages=("english",))}, "languages"),
        ({"segment": Segment(time_zones=("Mars/Olympus",))}, "time_zones"),
        ({"segment": Segment(platforms=("windows",))}, "platforms"),
        ({"segment": Segment(active_days=-1)}, "active_days"),
        ({"segment": Segment(joined_from=date(2026, 2, 1), joined_until=date(2026, 2, 1))}, "joined_until"),
        ({"segment": Segment(only=tuple(map(member, range(101))))}, "only"),
    ],
)
def test_a_draft_that_could_never_go_is_refused(more: dict[str, Any], field: str):
    with pytest.raises(InvalidInput) as refused:
        make_broadcast(**more)
    assert refused_fields(refused) == [field]
    assert not Broadcast.objects.exists()


@pytest.mark.parametrize("link", ["/", "/calendar", "/today?on=2026-11-21#top"])
def test_a_page_of_ours_is_taken(link: str):
    assert make_broadcast(link=link).link == link


def test_of_two_who_change_the_same_draft_one_is_told():
    broadcast = make_broadcast()
    draft = Draft("Mine", {"en": TEXT}, by_push=False)
    change_broadcast(broadcast_id=broadcast.pk, revision=1, draft=draft, staff_id=SENDER, now=NOW)
    with pytest.raises(BroadcastChanged):
        change_broadcast(broadcast_id=broadcast.pk, revision=1, draft=draft, staff_id=WRITER, now=NOW)
    with pytest.raises(BroadcastChanged):
        discard_broadcast(broadcast_id=broadcast.pk, revision=1)
    found = Broadcast.objects.get()
    assert (found.name, found.revision, found.changed_by) == ("Mine", 2, SENDER)


def test_a_segment_comes_back_as_it_was_kept():
    segment = Segment(
        ("en", "pt-BR"), "premium", date(2026, 1, 1), date(2026, 2, 1), 30, ("Europe/Berlin",), ("ios",), (member(1),)
    )
    made = make_broadcast(segment=segment)
    found = Broadcast.objects.get(pk=made.pk)
    assert Segment.from_dict(found.segment, only=found.only_ids) == segment


def test_an_empty_list_of_ids_is_nobody_and_not_everybody(audience: Members):
    audience.add(1)
    counted = count_audience(make_broadcast(segment=Segment(only=())), now=NOW)
    assert counted is not None
    assert (counted["members"], counted["told"]) == (0, 0)


def test_the_count_is_what_is_told(audience: Members):
    audience.add(1, 2, 3, 4, 5)
    audience.add(6, wants_news=False)
    add_device(1, user_id=member(1)), add_device(2, user_id=member(2))
    choose(2, Choice.ON, Choice.OFF)
    choose(3, Choice.ON, Choice.OFF)
    choose(4, Choice.OFF, Choice.OFF)
    broadcast = make_broadcast(by_push=True, in_inbox=False)
    assert count_audience(broadcast, now=NOW) == {
        "members": 6, "told": 3, "by_push": 2, "by_email": 2, "in_inbox": 0, "unreachable": 1, "unwanted": 2,
    }  # fmt: skip
    schedule(broadcast)
    assert advance_all(now=NOW) == 3


def test_a_count_that_takes_too_long_is_given_up(audience: Members, monkeypatch: pytest.MonkeyPatch):
    audience.add(1)
    monkeypatch.setattr("notifications.services.broadcast_rounds._COUNT_TIMEOUT", "50ms")
    query, values = audience.find(Segment(), NOW)
    slow = (query.replace("SELECT id, zone", "SELECT id, zone || pg_sleep(0.5)"), values)
    monkeypatch.setattr("notifications.sources._member_source", lambda segment, now: slow)
    broadcast = make_broadcast()
    assert count_audience(broadcast, now=NOW) is None
    with pytest.raises(SecondPersonNeeded):
        schedule(broadcast, staff_id=WRITER)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"texts": {}}, "There is no text in en"),
        ({"texts": {"de": TEXT}}, "There is no text in en"),
        ({"texts": {"en": TEXT, "de": {"title": "Nur ein Titel"}}}, "The text in de has no line."),
        ({"texts": {"en": {"title": "Without", "line": "a body"}}}, "The text in en has no body."),
        ({"link": "/calendar"}, "The text in en has no button."),
    ],
)
def test_a_text_that_is_not_whole_does_not_go(audience: Members, more: dict[str, Any], words: str):
    audience.add(1)
    with pytest.raises(InvalidInput) as refused:
        schedule(make_broadcast(**more))
    assert refused.value.details["fields"]["texts"][0].startswith(words)


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"local_on": date(2026, 12, 1)}, "local_on"),
        ({"local_time": time(9)}, "local_on"),
        ({"send_at": NOW, "local_on": date(2026, 12, 1), "local_time": time(9)}, "local_on"),
        ({"local_on": date(2026, 11, 19), "local_time": time(9)}, "local_on"),
        ({"send_at": NOW + timedelta(days=61)}, "send_at"),
        ({"send_at": NOW - timedelta(days=365)}, "send_at"),
        ({"local_on": date(2027, 3, 1), "local_time": time(9)}, "local_on"),
        ({"rate": 0}, "rate"),
        ({"rate": 600_001}, "rate"),
        ({"good_for_hours": 169}, "good_for_hours"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(audience: Members, plan: dict[str, Any], field: str):
    audience.add(1)
    with pytest.raises(InvalidInput) as refused:
        schedule(make_broadcast(), **plan)
    assert refused_fields(refused) == [field]


def test_a_broadcast_for_nobody_is_refused(audience: Members):
    with pytest.raises(InvalidInput) as refused:
        schedule(make_broadcast())
    assert refused_fields(refused) == ["segment"]


def test_many_members_are_written_to_by_two_people(audience: Members, settings: Any):
    settings.BROADCAST_SECOND_PERSON_ABOVE = 2
    audience.add(1, 2)
    schedule(make_broadcast(), staff_id=WRITER)
    audience.add(3)
    broadcast = make_broadcast()
    with pytest.raises(SecondPersonNeeded):
        schedule(broadcast, staff_id=WRITER)
    assert schedule(broadcast, staff_id=SENDER).scheduled_by == SENDER


def test_what_was_changed_after_it_was_read_does_not_go(audience: Members):
    audience.add(1)
    seen = make_broadcast()
    draft = Draft("Other", {"en": TEXT}, by_push=False)
    change_broadcast(broadcast_id=seen.pk, revision=1, draft=draft, staff_id=WRITER, now=NOW)
    with pytest.raises(BroadcastChanged):
        schedule(seen)


def test_what_is_scheduled_is_not_changed_and_can_be_taken_back(audience: Members):
    audience.add(1)
    broadcast = schedule(make_broadcast(), send_at=NOW + HOUR)
    draft = Draft("Late", {"en": TEXT}, by_push=False)
    with pytest.raises(BroadcastChanged):
        change_broadcast(broadcast_id=broadcast.pk, revision=1, draft=draft, staff_id=WRITER, now=NOW)
    with pytest.raises(BroadcastChanged):
        schedule(broadcast)
    take_back_broadcast(broadcast_id=broadcast.pk)
    found = Broadcast.objects.get()
    assert (found.state, found.send_at, found.scheduled_by) == (BroadcastState.DRAFT, None, None)
    advance_all(now=NOW + 2 * HOUR)
    assert not Delivery.objects.exists()


def test_what_has_begun_is_not_taken_back(audience: Members):
    audience.add(1)
    broadcast = schedule(make_broadcast())
    advance_all(now=NOW)
    with pytest.raises(NotInThisState):
        take_back_broadcast(broadcast_id=broadcast.pk)


def test_a_draft_is_neither_stopped_nor_resumed_nor_is_anything_twice(audience: Members):
    audience.add(1)
    broadcast = make_broadcast()
    with pytest.raises(NotInThisState):
        stop_broadcast(broadcast_id=broadcast.pk, now=NOW)
    with pytest.raises(NotInThisState):
        resume_broadcast(broadcast_id=broadcast.pk, now=NOW)
    schedule(broadcast)
    stop_broadcast(broadcast_id=broadcast.pk, now=NOW)
    with pytest.raises(NotInThisState):
        stop_broadcast(broadcast_id=broadcast.pk, now=NOW)


def test_after_a_month_a_stop_is_for_good(audience: Members):
    audience.add(1)
    broadcast = schedule(make_broadcast())
    stop_broadcast(broadcast_id=broadcast.pk, now=NOW)
    with pytest.raises(NotInThisState):
        resume_broadcast(broadcast_id=broadcast.pk, now=NOW + timedelta(days=30))


def test_a_copy_says_the_same_and_is_a_draft(audience: Members):
    audience.add(1)
    broadcast = schedule(make_broadcast(link="/x", texts={"en": TEXT | {"button": "Look"}}))
    copy = copy_broadcast(broadcast_id=broadcast.pk, staff_id=SENDER, now=NOW)
    assert (copy.state, copy.name, copy.changed_by) == (BroadcastState.DRAFT, "Copy of Calendar", SENDER)
    assert (copy.texts, copy.link, copy.by_push) == (broadcast.texts, "/x", False)


def test_a_test_goes_to_who_asks_and_to_nobody_else_whatever_they_chose(audience: Members, mail_server: MailServer):
    audience.add(1, 2)
    choose(1, Choice.OFF, Choice.OFF)
    add_device(user_id=member(1)), add_device(2, user_id=member(2))
    broadcast = make_broadcast(by_push=True, texts={"en": TEXT, "de": TEXT | {"title": "Dein Kalender"}})
    arguments = {"broadcast_id": broadcast.pk, "language": "de", "staff_id": member(1), "address": "a@numerai.test"}
    assert send_test(**arguments, now=datetime.now(NOW.tzinfo)) == 2
    assert set(Delivery.objects.values_list("user_id", "kind")) == {(member(1), Kind.BROADCAST_TEST)}
    send_due(queue="celery")
    (mail,) = mail_server.accepted
    assert (mail["To"], mail["Subject"]) == ("a@numerai.test", "Test: Dein Kalender")
    assert send_test(**arguments, now=datetime.now(NOW.tzinfo)) == 2
    assert not BroadcastRecipient.objects.exists()


def test_a_test_of_half_a_text_is_refused():
    broadcast = make_broadcast(texts={"en": {"title": "Half"}})
    with pytest.raises(InvalidInput):
        send_test(broadcast_id=broadcast.pk, language="en", staff_id=WRITER, address="a@b.io", now=NOW)
    with pytest.raises(NotFound):
        send_test(broadcast_id=UUID(int=1), language="en", staff_id=WRITER, address="a@b.io", now=NOW)


def test_the_database_refuses_what_no_service_writes():
    broadcast = make_broadcast()
    mine = Broadcast.objects.filter(pk=broadcast.pk)
    for wrong in (
        {"state": "running"},
        {"by_email": False, "in_inbox": False},
        {"rate": 0},
        {"begun_at": NOW},
        {"state": "sent"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            mine.update(**wrong)
    BroadcastRecipient.objects.create(broadcast_id=broadcast.pk, user_id=WRITER)
    with pytest.raises(IntegrityError), transaction.atomic():
        BroadcastRecipient.objects.bulk_create([BroadcastRecipient(broadcast_id=broadcast.pk, user_id=WRITER)])


def test_an_erased_person_is_nowhere_left_and_a_list_of_one_does_not_become_everybody(audience: Members):
    audience.add(1, 2)
    broadcast = schedule(make_broadcast(segment=Segment(only=(member(1),))), staff_id=member(1))
    Broadcast.objects.update(changed_by=member(1))
    advance_all(now=NOW)
    assert export_member(member(1))["broadcasts"] == [{"broadcast": str(broadcast.pk)}]
    assert export_member(member(1))["broadcasts_written"] == [
        {"broadcast": str(broadcast.pk), "wrote": True, "scheduled": True}
    ]
    erase_member(member(1))
    found = Broadcast.objects.get()
    assert (found.changed_by, found.scheduled_by, found.told_up_to, found.only_ids) == (None, None, None, [])
    assert not BroadcastRecipient.objects.exists()


def test_who_got_it_is_forgotten_after_ninety_days(audience: Members):
    audience.add(1)
    schedule(make_broadcast())
    advance_all(now=NOW)
    forget_old(now=NOW + KEEP_RECIPIENTS)
    assert BroadcastRecipient.objects.count() == 1
    forget_old(now=NOW + KEEP_RECIPIENTS + HOUR)
    assert BroadcastRecipient.objects.count() == 0


def test_a_member_hears_it_in_their_language(audience: Members, mail_server: MailServer):
    audience.add(1, language="de-AT")
    audience.add(2, language="pt-BR")
    audience.add(3, language="fr")
    texts = {"en": TEXT, "de": TEXT | {"title": "Kalender"}, "pt": TEXT | {"title": "Calendário"}}
    schedule(make_broadcast(texts=texts))
    advance_all(now=NOW)
    send_due(queue="celery", now=NOW + HOUR)
    subjects = {mail["To"]: mail["Subject"] for mail in mail_server.accepted}
    assert subjects == {
        "1@example.org": "Kalender",
        "2@example.org": "Calendário",
        "3@example.org": "Your calendar can be printed",
    }


def test_a_mail_is_cleaned_its_links_are_whole_and_it_can_be_left_with_one_click(
    audience: Members, mail_server: MailServer, settings: Any
):
    settings.SITE_URL = "https://numerai.test"
    audience.add(1)
    body = (
        "Look [here](/calendar), not [there](javascript:alert(1)) and not [there](data:text/html,x).\n\n"
        "<script>alert(1)</script> <img src=x onerror=alert(1)> <a href='/x' onclick='alert(1)'>y</a>\n\n- one\n- two"
    )
    schedule(make_broadcast(link="/calendar", texts={"en": TEXT | {"body": body, "button": "Print it"}}))
    advance_all(now=NOW)
    send_due(queue="celery", now=NOW + HOUR)
    (mail,) = mail_server.accepted
    html, text = (mail.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("html", "plain"))
    assert '<a href="https://numerai.test/calendar" rel="noopener nofollow">here</a>' in html
    assert "<li>one</li>" in html
    assert "Look here (https://numerai.test/calendar), not" in text
    assert "- one\n- two" in text
    assert "Print it:\nhttps://numerai.test/calendar" in text
    (written,) = re.findall(r'<div class="written[^>]*>(.*?)</div>', html, re.DOTALL)
    assert set(re.findall(r"<[^/>][^>]*>", written)) == {
        "<p>", "<ul>", "<li>", '<a href="https://numerai.test/calendar" rel="noopener nofollow">',
    }  # fmt: skip
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_push_says_the_line_and_leads_to_the_page(audience: Members, signed: Any):
    audience.rows[signed.user_id] = ("UTC", "en")
    set_settings(user_id=signed.user_id, choices={(Topic.NEWS, Outlet.PUSH): Choice.ON})
    schedule(make_broadcast(link="/calendar", by_email=False))
    advance_all(now=NOW)
    (item,) = signed.get("/api/v1/notifications/inbox").json()["data"]
    assert (item["kind"], item["title"], item["body"], item["url"]) == (
        "broadcast", TEXT["title"], TEXT["line"], "/calendar",
    )  # fmt: skip
    (about,) = export_member(signed.user_id)["inbox"]
    assert about["about"]["title"] == TEXT["title"]


def test_a_text_that_has_no_mail_yet_needs_no_body(audience: Members):
    audience.add(1)
    choose(1, Choice.ON, Choice.OFF)
    broadcast = schedule(make_broadcast(by_email=False, by_push=True, texts={"en": {"title": "A", "line": "b"}}))
    advance_all(now=NOW)
    assert Broadcast.objects.get(pk=broadcast.pk).told == 1
    assert not Delivery.objects.filter(channel=Channel.EMAIL).exists()
