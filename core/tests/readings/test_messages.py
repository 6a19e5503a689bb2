"""What a push or a letter with a reading says, put into words when it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from core.models import DailyReading
from core.readings.compose import compose, lucky_of
from core.selectors.content import get_library
from core.selectors.reading_messages import say_readings
from core.selectors.readings import numbers_of
from core.services.prepare import prepare_due_readings, send_reading_now
from core.tests.content.factories import publish_short_edition
from core.tests.readings.factories import SEVEN, TODAY, make_member
from notifications.kinds import Channel, Kind
from notifications.letters import Letter, render_letter
from notifications.models import Delivery, State
from notifications.queues import ORDINARY
from notifications.sender import send_due
from notifications.sources import Asked
from notifications.tests.factories import PAYLOADS, add_device
from numerai.db import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _texts() -> None:
    publish_short_edition()


def asked_for(*members: Any) -> list[Asked]:
    return [Asked(uuid7(), member.pk, TODAY, "", "en") for member in members]


def letter(channel: Channel) -> Letter:
    user = make_member()
    prepare_due_readings(now=SEVEN)
    (said,) = say_readings(asked_for(user)).values()
    return render_letter(kind="daily_reading", channel=channel, language="en", payload=said)


@pytest.mark.parametrize("count", [1, 4])
def test_a_chunk_is_put_into_words_with_one_query(count: int, django_assert_num_queries: Any):
    members = [make_member() for _ in range(count)]
    prepare_due_readings(now=SEVEN)
    asked = asked_for(*members)
    with django_assert_num_queries(1):
        said = say_readings(asked)
    library = get_library()
    expected = [compose(row.user_id, numbers_of(row), library) for row in DailyReading.objects.order_by("user_id")]
    told = sorted(asked, key=lambda each: each.user_id)
    assert [said[each.id]["message"] for each in told] == [words.message for words in expected]


def test_a_reading_that_is_gone_says_nothing():
    assert say_readings(asked_for(make_member())) == {}


def test_a_push_says_the_number_of_the_day_and_fits_on_a_lock_screen():
    push = letter(Channel.FCM)
    assert push.subject.endswith(" day")
    assert 0 < len(push.text) <= 90


def test_a_letter_has_the_whole_reading():
    mail = letter(Channel.EMAIL)
    words = compose(DailyReading.objects.get().user_id, numbers_of(DailyReading.objects.get()), get_library())
    parts = [
        words.headline, words.message, words.backdrop, words.lens, f"Try {words.to_try}", f"Watch {words.to_watch}",
        f"Say to yourself {words.affirmation}", f"For the evening {words.question}",
        f"{words.title}, Thursday 7 May 2026",
    ]  # fmt: skip
    flat = " ".join(mail.text.split())
    assert [part for part in parts if part not in flat] == []
    assert mail.subject == f"{words.title}: {words.headline}"


def test_a_letter_shows_how_its_number_came_about_and_whose_tables_say_what():
    mail = letter(Channel.EMAIL)
    numbers = numbers_of(DailyReading.objects.get())
    lucky = lucky_of(numbers)
    total = numbers.personal_month + TODAY.day
    flat = " ".join(mail.text.split())
    assert f"Your {numbers.personal_day} month {numbers.personal_month} + date {TODAY.day} = {total}" in flat
    assert f"Lucky number {lucky['number'].value}, by the Indian tables" in flat
    assert f"Weekday {lucky['weekday'].value}, by Cheiro" in flat
    assert {name: each.school for name, each in lucky.items()} == {
        "number": "indian", "colour": "indian", "weekday": "cheiro",
    }  # fmt: skip


def test_a_number_that_the_rules_of_today_do_not_come_to_is_told_without_its_working():
    member = make_member()
    prepare_due_readings(now=SEVEN)
    other = DailyReading.objects.get().personal_day % 9 + 1
    DailyReading.objects.update(personal_day=other)
    (said,) = say_readings(asked_for(member)).values()
    mail = render_letter(kind="daily_reading", channel=Channel.EMAIL, language="en", payload=said)
    assert said["personal_day"] == other
    assert f"Your {other}" not in mail.text


@pytest.mark.parametrize(("number", "hue", "rule"), [(8, "#8c64b7", "2px solid"), (22, "#418e47", "6px double")])
def test_the_numeral_has_the_hue_of_its_root_and_masters_a_double_rule(number: int, hue: str, rule: str):
    said = PAYLOADS[Kind.DAILY_READING] | {"personal_day": number}
    html = render_letter(kind="daily_reading", channel=Channel.EMAIL, language="en", payload=said).html
    assert f"border-bottom: {rule} {hue}; color: {hue};" in html


def test_a_reading_goes_from_the_schedule_to_the_mailbox(settings: Any, tmp_path: Path):
    settings.OUTBOX_FOLDER = tmp_path
    settings.EMAIL_BACKEND = "notifications.channels.files.EmailBackend"
    user = make_member()
    send_reading_now(user_id=user.pk, now=timezone.now())
    send_due(queue=ORDINARY)
    assert Delivery.objects.get().state == State.SENT
    (written,) = tmp_path.rglob("*.eml")
    assert f"To: {user.email}" in written.read_text()


def test_a_push_to_a_device_is_asked_for_in_the_members_language():
    user = make_member()
    add_device(user_id=user.pk)
    prepare_due_readings(now=SEVEN)
    row = Delivery.objects.get()
    assert (row.language, row.payload) == ("", None)
    assert row.id in say_readings([Asked(row.id, user.pk, row.due_on, row.subject, "pt-BR")])
