"""The deliveries of a set of daily readings, made by one statement."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from notifications import queues
from notifications.kinds import Channel, Choice, Kind, Outlet, Priority, Topic
from notifications.models import Delivery, State
from notifications.services import insert_reading_deliveries, remove_device, set_settings
from notifications.services.devices import retire_devices
from notifications.tests.factories import MEMBER, add_device

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 7, 0, tzinfo=timezone.get_default_timezone())
TODAY = date(2026, 11, 21)
OTHER = UUID("01890000-0000-7000-8000-000000000002")


def claim(*members: UUID, local_time: time | None = None, send_until: datetime | None = None) -> None:
    """Make the table of claimed members, as the app that prepares the readings does."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS claimed")
        cursor.execute(
            "CREATE TEMP TABLE claimed (user_id uuid NOT NULL, reading_date date NOT NULL, due_at timestamptz NOT NULL,"
            " send_until timestamptz NOT NULL, local_time time) ON COMMIT DROP"
        )
        cursor.executemany(
            "INSERT INTO claimed VALUES (%s, %s, %s, %s, %s)",
            [(member, TODAY, NOW, send_until or NOW + timedelta(hours=4), local_time) for member in members],
        )


def insert() -> int:
    with connection.cursor() as cursor:
        return insert_reading_deliveries(cursor, claimed="claimed", now=NOW)


def went(user_id: UUID = MEMBER) -> list[tuple[str, str]]:
    return list(Delivery.objects.filter(user_id=user_id).order_by("channel", "target").values_list("channel", "target"))


def choose(outlet: Outlet, choice: Choice, topic: Topic = Topic.DAILY_READING) -> None:
    set_settings(user_id=MEMBER, choices={(topic, outlet): choice})


def test_each_live_device_gets_one_and_the_mailbox_none():
    phone, browser = add_device(1), add_device(2, channel=Channel.WEBPUSH)
    gone = add_device(3)
    retire_devices({gone.pk: "unregistered"}, known_at=timezone.now() + timedelta(minutes=1))
    claim(MEMBER)
    assert insert() == 2
    assert went() == [("fcm", str(phone.pk)), ("webpush", str(browser.pk))]


def test_a_member_without_a_device_gets_an_e_mail():
    claim(MEMBER)
    assert insert() == 1
    assert went() == [("email", "member")]


def test_a_device_that_was_retired_is_none():
    retire_devices({add_device().pk: "unregistered"}, known_at=timezone.now() + timedelta(minutes=1))
    claim(MEMBER)
    insert()
    assert went() == [("email", "member")]


@pytest.mark.parametrize(
    ("push", "mail", "has_device", "channels"),
    [
        (Choice.ON, Choice.ON, True, ["email", "fcm"]),
        (Choice.ON, Choice.OFF, True, ["fcm"]),
        (Choice.ON, Choice.OFF, False, []),
        (Choice.OFF, Choice.ON, True, ["email"]),
        (Choice.OFF, Choice.OFF, True, []),
        (Choice.OFF, Choice.WITHOUT_DEVICE, True, []),
        (Choice.OFF, Choice.WITHOUT_DEVICE, False, ["email"]),
    ],
)
def test_the_members_choices_decide(push: Choice, mail: Choice, has_device: bool, channels: list[str]):
    choose(Outlet.PUSH, push)
    choose(Outlet.EMAIL, mail)
    device = add_device()
    if not has_device:
        remove_device(user_id=MEMBER, device_id=device.pk)
    claim(MEMBER)
    insert()
    assert [channel for channel, _ in went()] == channels


def test_choices_about_other_topics_and_of_other_members_change_nothing():
    add_device()
    choose(Outlet.PUSH, Choice.OFF, Topic.NEWS)
    set_settings(user_id=OTHER, choices={(Topic.DAILY_READING, Outlet.PUSH): Choice.OFF})
    claim(MEMBER)
    assert insert() == 1


def test_a_member_who_is_not_claimed_gets_nothing():
    add_device(user_id=OTHER)
    claim(MEMBER)
    insert()
    assert went(OTHER) == []


def test_a_second_run_adds_nothing_and_a_new_device_is_served():
    add_device(1)
    claim(MEMBER)
    assert (insert(), insert()) == (1, 0)
    add_device(2)
    assert insert() == 1


def test_a_device_that_registers_again_gets_no_second_one():
    device = add_device()
    claim(MEMBER)
    insert()
    remove_device(user_id=MEMBER, device_id=device.pk)
    add_device()
    assert insert() == 0


@pytest.mark.parametrize(
    ("quiet", "clock", "is_pushed"),
    [
        ((time(22), time(8)), time(7, 59), False),
        ((time(22), time(8)), time(8), True),
        ((time(22), time(8)), time(22), False),
        ((time(22), time(8)), time(21, 59), True),
        ((time(12), time(14)), time(13), False),
        ((time(12), time(14)), time(14), True),
        ((time(12), time(14)), None, True),
        ((time(0), time(23, 59)), None, True),
    ],
)
def test_a_late_reading_is_not_pushed_in_quiet_hours_and_one_at_its_hour_is(
    quiet: tuple[time, time], clock: time | None, is_pushed: bool
):
    add_device()
    set_settings(user_id=MEMBER, choices={}, quiet_hours=quiet)
    claim(MEMBER, local_time=clock)
    assert insert() == int(is_pushed)


def test_a_day_that_is_over_for_its_member_is_delivered_to_nobody():
    add_device()
    claim(MEMBER, send_until=NOW)
    assert insert() == 0


def test_what_is_queued_holds_the_hour_and_the_end_and_nothing_personal():
    device = add_device()
    claim(MEMBER)
    insert()
    row = Delivery.objects.get()
    assert (row.kind, row.priority, row.state) == (Kind.DAILY_READING, Priority.READING, State.QUEUED)
    assert (row.due_on, row.send_at, row.expires_at) == (TODAY, NOW, NOW + timedelta(hours=4))
    assert (row.target, row.address, row.payload, row.language) == (str(device.pk), None, None, "")


def test_the_senders_are_woken_on_commit_if_there_is_anything_to_send(django_capture_on_commit_callbacks: Any):
    claim(MEMBER)
    with django_capture_on_commit_callbacks() as callbacks:
        insert()
        insert()
    assert [(callback.func, callback.args) for callback in callbacks] == [(queues.wake, (queues.ORDINARY,))]


@pytest.mark.parametrize("members", [1, 50])
def test_it_is_one_statement_for_any_number_of_members(members: int, django_assert_num_queries: Any):
    owners = [UUID(int=number) for number in range(1, members + 1)]
    for number, owner in enumerate(owners):
        add_device(number, user_id=owner)
    claim(*owners)
    with django_assert_num_queries(1):
        assert insert() == members
