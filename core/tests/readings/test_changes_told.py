"""Changes of a member's long cycles, told a week before and on the day: who, when, once, and in which words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from authentication.models import User
from core.forecasts.changes import changes_between
from core.models import DailyReading, ReadingSchedule
from core.numerology import PRESETS, birth_chart
from core.numerology.day_table import option_key
from core.readings.ahead import TOLD_ALONE, Turn, turning_on, turns_told_on
from core.selectors.cycle_messages import say_changes
from core.services.prepare import prepare_due_readings
from core.services.profiles import erase_profiles
from core.tests.content.factories import publish_short_edition
from core.tests.readings.factories import make_member
from notifications.inbox_texts import write_items
from notifications.kinds import Channel, Choice, Kind, Outlet, Topic
from notifications.letters import render_letter
from notifications.models import Delivery, InboxItem
from notifications.services import set_settings
from notifications.sources import Asked
from notifications.tests.factories import add_device
from numerai.db import uuid7

NEW_YEAR = date(2027, 1, 1)
EVE = date(2026, 12, 25)
# The birthday on which this member's first challenge gives way; by this school pinnacles turn on 1 January.
BORN, TURNS = {"birth_date": "1992-07-03"}, date(2027, 7, 3)


@pytest.fixture
def texts(db: None) -> None:
    publish_short_edition()


def due_on(day: date, **member: Any) -> User:
    """Return a member whose reading of a day is due at seven, UTC."""
    user = make_member(**member)
    seven = datetime.combine(day, time(7), UTC)
    ReadingSchedule.objects.filter(pk=user.pk).update(next_reading_on=day, next_reading_at=seven)
    return user


def prepare(day: date, *, hours: float = 7) -> None:
    prepare_due_readings(now=datetime.combine(day, time(), UTC) + timedelta(hours=hours))


def told(user: User) -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(user_id=user.pk, kind=Kind.CYCLE_CHANGE)
    return sorted(rows.values_list("subject", "channel"))


def asked_for(user_id: UUID, turn: Turn, language: str = "en") -> Asked:
    return Asked(uuid7(), user_id, turn.on, str(turn), language)


@pytest.mark.usefixtures("texts")
@pytest.mark.parametrize(
    ("day", "subjects"),
    [
        (date(2026, 12, 24), []),
        (EVE, ["2027-01-01.7"]),
        (date(2026, 12, 26), []),
        (NEW_YEAR, ["2027-01-01.0"]),
        (date(2027, 1, 2), []),
    ],
)
def test_a_new_year_is_told_a_week_before_and_on_the_day_and_on_no_other(day: date, subjects: list[str]):
    user = due_on(day)
    prepare(day)
    assert [subject for subject, _ in told(user)] == subjects
    assert [item.subject for item in InboxItem.objects.filter(user_id=user.pk)] == subjects
    assert DailyReading.objects.filter(user_id=user.pk, reading_date=day).exists()


@pytest.mark.usefixtures("texts")
def test_it_comes_an_hour_after_the_reading_with_the_reading_s_end():
    user = due_on(EVE)
    prepare(EVE)
    reading, change = Delivery.objects.filter(user_id=user.pk).order_by("send_at")
    assert (reading.kind, change.kind) == (Kind.DAILY_READING, Kind.CYCLE_CHANGE)
    assert change.send_at - reading.send_at == timedelta(hours=1)
    assert (change.expires_at, change.due_on) == (reading.expires_at, EVE)


@pytest.mark.usefixtures("texts")
def test_with_less_than_an_hour_left_of_the_day_it_comes_with_the_reading():
    user = due_on(EVE, reading_time=time(23, 30))
    late = datetime(2026, 12, 25, 23, 30, tzinfo=UTC)
    ReadingSchedule.objects.filter(pk=user.pk).update(next_reading_at=late)
    prepare(EVE, hours=23.5)
    assert Delivery.objects.get(user_id=user.pk, kind=Kind.CYCLE_CHANGE).send_at == late


@pytest.mark.usefixtures("texts")
def test_it_is_told_once_however_often_the_day_is_prepared():
    user = due_on(EVE)
    prepare(EVE)
    ReadingSchedule.objects.filter(pk=user.pk).update(
        last_reading_on=None, next_reading_on=EVE, next_reading_at=datetime.combine(EVE, time(7), UTC)
    )
    prepare(EVE)
    assert told(user) == [("2027-01-01.7", "email")]
    assert InboxItem.objects.filter(user_id=user.pk).count() == 1


@pytest.mark.usefixtures("texts")
@pytest.mark.parametrize(
    ("push", "mail", "channels", "boxed"),
    [
        (Choice.ON, Choice.WITHOUT_DEVICE, ["fcm"], 1),
        (Choice.ON, Choice.ON, ["email", "fcm"], 1),
        (Choice.OFF, Choice.ON, ["email"], 1),
        (Choice.OFF, Choice.WITHOUT_DEVICE, [], 1),
        (Choice.OFF, Choice.OFF, [], 0),
    ],
)
def test_the_members_choices_decide(push: Choice, mail: Choice, channels: list[str], boxed: int):
    user = due_on(EVE)
    add_device(user_id=user.pk)
    topic = Topic.CYCLE_CHANGES
    set_settings(user_id=user.pk, choices={(topic, Outlet.PUSH): push, (topic, Outlet.EMAIL): mail})
    prepare(EVE)
    assert [channel for _, channel in told(user)] == channels
    assert InboxItem.objects.filter(user_id=user.pk).count() == boxed
    assert Delivery.objects.filter(user_id=user.pk, kind=Kind.DAILY_READING, channel="fcm").count() == 1


@pytest.mark.usefixtures("texts")
def test_a_birthday_on_which_a_challenge_turns_is_told_and_any_other_is_not():
    user, other = due_on(TURNS, profile=BORN), due_on(TURNS, profile={"birth_date": "1998-07-03"})
    prepare(TURNS)
    assert told(user) == [("2027-07-03.0", "email")]
    assert told(other) == []
    (said,) = say_changes([asked_for(user.pk, Turn(TURNS, 0))]).values()
    assert said == {"turns_on": "2027-07-03", "in_days": 0, "challenge": "0", "challenge_root": 0}
    week_before = due_on(TURNS - timedelta(7), profile=BORN)
    prepare(TURNS - timedelta(7))
    assert told(week_before) == [("2027-07-03.7", "email")]


@pytest.mark.usefixtures("texts")
def test_a_profile_that_cannot_be_read_has_its_reading_and_no_message():
    user, other = due_on(date(2027, 7, 3)), due_on(date(2027, 7, 3))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_numerologyprofile SET birth_date = 'never' WHERE user_id = %s", [user.pk])
    prepare(date(2027, 7, 3))
    assert told(user) == []
    assert set(DailyReading.objects.values_list("user_id", flat=True)) == {user.pk, other.pk}


@pytest.mark.usefixtures("texts")
@pytest.mark.parametrize("count", [1, 4])
def test_a_chunk_is_put_into_words_with_one_query(count: int, django_assert_num_queries: Any):
    asked = [asked_for(make_member().pk, Turn(NEW_YEAR, 7)) for _ in range(count)]
    with django_assert_num_queries(1):
        said = say_changes(asked)
    assert [said[each.id] for each in asked] == [
        {"turns_on": "2027-01-01", "in_days": 7, "year": "3", "year_root": 3}
    ] * count


@pytest.mark.usefixtures("texts")
def test_who_has_other_birth_data_by_now_or_none_is_told_nothing():
    asked = asked_for(make_member().pk, Turn(date(2027, 5, 5), 0))
    gone = make_member()
    erase_profiles(gone.pk)
    assert say_changes([asked, asked_for(gone.pk, Turn(NEW_YEAR, 0))]) == {}


@pytest.mark.usefixtures("texts")
def test_the_inbox_says_it_in_words():
    user = due_on(EVE)
    prepare(EVE)
    (item,) = write_items(list(InboxItem.objects.filter(user_id=user.pk)), user_id=user.pk)
    assert item["title"] == "A 3 year begins in a week"
    assert item["body"] == "Say it aloud. What you make for play may be what people keep."


def letter(channel: Channel, **said: Any) -> Any:
    payload = {"turns_on": "2027-01-01", "in_days": 7, **said}
    return render_letter(kind="cycle_change", channel=channel, language="en", payload=payload)


CYCLES = [(name, number) for name in ("period", "pinnacle", "year") for number in (*range(1, 10), 11, 22)]
CYCLES += [("challenge", number) for number in range(9)]


@pytest.mark.parametrize(("cycle", "number"), CYCLES)
def test_every_number_of_every_cycle_has_words_of_its_own(cycle: str, number: int):
    root = {11: 2, 22: 4}.get(number, number)
    push = letter(Channel.WEBPUSH, **{cycle: str(number), f"{cycle}_root": root}, in_days=0)
    article = "An" if number in (8, 11) else "A"
    assert push.subject == f"{article} {number} {cycle} begins today"
    assert 20 <= len(push.text) <= 90
    others = {letter(Channel.WEBPUSH, **{cycle: str(other), f"{cycle}_root": other}).text for other in range(10)}
    assert len(others) == 10  # nine and a number that there is not


def test_the_longest_cycle_heads_the_message_and_the_mail_names_all():
    said = {"pinnacle": "8", "pinnacle_root": 8, "year": "5", "year_root": 5, "challenge": "0", "challenge_root": 0}
    mail = letter(Channel.EMAIL, **said)
    assert mail.subject == "An 8 pinnacle begins in a week"
    assert letter(Channel.WEBPUSH, **said).text.startswith("Years of noon sun")
    for words in ("turns to 8", "turns to 5", "turns to 0", "From 1 January 2027 on."):
        assert words in mail.text


@settings(max_examples=60, deadline=None)
@given(
    born=st.dates(date(1900, 1, 1), date(2020, 12, 31)),
    day=st.dates(date(2021, 1, 1), date(2060, 12, 31)),
    preset=st.sampled_from(sorted(PRESETS)),
)
def test_whatever_turns_is_told_and_nothing_else(born: date, day: date, preset: str):
    chart = birth_chart("Ada Lovelace", born.isoformat(), preset=preset, explain=False)
    for on in (day, date(day.year, 1, 1), born.replace(year=day.year, day=min(born.day, 28))):
        turned = {
            change.cycle: change.after.number
            for change in changes_between(chart, on, on)
            if change.cycle in TOLD_ALONE and change.after is not None
        }
        assert turning_on(chart, on) == turned
        certain = dict(turns_told_on(on, born.month, born.day, option_key(chart.options)))
        assert not turned or Turn(on, 0) in certain
        assert turned or not certain.get(Turn(on, 0))
