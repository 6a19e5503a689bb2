"""Broadcasts on their way: who is told, once, at which hour, how fast; and what a stop and a kill leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.claims import claim_chunk
from notifications.kinds import Channel, Choice, Kind, Priority
from notifications.models import Broadcast, BroadcastRecipient, BroadcastState, Delivery, InboxItem, Platform, State
from notifications.segments import Segment
from notifications.sender import send_due
from notifications.services import resume_broadcast, stop_broadcast
from notifications.services.broadcast_rounds import LOOK_AHEAD, Step, advance, advance_all, instants_of, measure
from notifications.services.personal_data import erase_member
from notifications.tests.audience import NOW, Members, choose, make_broadcast, member, schedule
from notifications.tests.conftest import MailServer, wait_for
from notifications.tests.factories import add_device

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
ROOT = Path(__file__).resolve().parents[2]


def told() -> list[int]:
    """Return the numbers of the members who were told, in their order."""
    return sorted(int(str(user_id)[-12:]) for user_id in BroadcastRecipient.objects.values_list("user_id", flat=True))


def fresh(broadcast: Broadcast) -> Broadcast:
    return Broadcast.objects.get(pk=broadcast.pk)


def outcomes() -> Counter[tuple[str, str]]:
    return Counter(Delivery.objects.values_list("state", "outcome"))


def test_everybody_who_wants_it_is_told_by_mail_and_in_the_inbox(audience: Members):
    audience.add(1, 2, 3)
    broadcast = schedule(make_broadcast())
    assert advance_all(now=NOW) == 3
    assert told() == [1, 2, 3]
    rows = Delivery.objects.values_list("kind", "priority", "channel", "target", "state", "due_on", "subject")
    assert set(rows) == {
        ("broadcast", Priority.BROADCAST, "email", "member", "queued", NOW.date(), str(broadcast.pk)),
    }
    assert InboxItem.objects.filter(kind=Kind.BROADCAST, subject=str(broadcast.pk), payload__isnull=True).count() == 3
    done = fresh(broadcast)
    assert (done.state, done.told, done.done_at, done.begun_at) == (BroadcastState.DONE, 3, NOW, NOW)


@pytest.mark.parametrize(
    ("push", "mail", "ways"),
    [
        (Choice.ON, Choice.OFF, ["fcm", "inbox"]),
        (Choice.OFF, Choice.ON, ["email", "inbox"]),
        (Choice.ON, Choice.ON, ["email", "fcm", "inbox"]),
        (Choice.ON, Choice.WITHOUT_DEVICE, ["fcm", "inbox"]),
        (Choice.OFF, Choice.OFF, []),
    ],
)
def test_the_members_choices_decide(audience: Members, push: Choice, mail: Choice, ways: list[str]):
    audience.add(1)
    choose(1, push, mail)
    add_device(user_id=member(1))
    schedule(make_broadcast(by_push=True)) if ways else None
    advance_all(now=NOW)
    boxed = ["inbox"] * InboxItem.objects.count()
    assert sorted([*Delivery.objects.values_list("channel", flat=True), *boxed]) == ways


def test_who_never_said_anything_about_news_finds_it_in_the_inbox_only(audience: Members):
    audience.add(1, wants_news=False)
    add_device(user_id=member(1))
    schedule(make_broadcast(by_push=True))
    advance_all(now=NOW)
    assert (InboxItem.objects.count(), Delivery.objects.count()) == (1, 0)


def test_a_segment_of_platforms_reaches_only_those_devices(audience: Members):
    audience.add(1, 2)
    phone = add_device(1, user_id=member(1), platform=Platform.IOS)
    add_device(2, user_id=member(1), platform=Platform.ANDROID)
    add_device(3, user_id=member(2), platform=Platform.ANDROID)
    schedule(make_broadcast(by_push=True, by_email=False, segment=Segment(platforms=("ios",))))
    advance_all(now=NOW)
    assert told() == [1]
    assert list(Delivery.objects.values_list("target", flat=True)) == [str(phone.pk)]


def test_nothing_happens_before_the_hour_and_the_look_ahead_brings_it_in_time(audience: Members):
    audience.add(1)
    hour = NOW + timedelta(hours=3)
    broadcast = schedule(make_broadcast(), send_at=hour)
    assert advance_all(now=hour - LOOK_AHEAD - MINUTE) == 0
    assert fresh(broadcast).begun_at is None
    assert advance_all(now=hour - LOOK_AHEAD / 2) == 1
    assert Delivery.objects.get().send_at == hour


def test_the_rate_holds_whatever_the_timetable_does(audience: Members):
    audience.add(*range(1, 61))
    broadcast = schedule(make_broadcast(), rate=10)
    counts = []
    for seconds in (0, 0, 10, 30, 60, 60, 61, 300):
        advance_all(now=NOW + timedelta(seconds=seconds))
        counts.append(fresh(broadcast).told)
    # A minute ahead and no more; what was missed in five minutes is not made up for.
    assert counts == [10, 10, 11, 15, 20, 20, 20, 30]
    moments = sorted(Delivery.objects.values_list("send_at", flat=True))
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) == MINUTE / 10


def test_a_slow_rate_is_less_than_one_a_round(audience: Members):
    audience.add(1, 2, 3)
    schedule(make_broadcast(), rate=1)
    told_by = [advance_all(now=NOW + timedelta(seconds=30 * step)) for step in range(5)]
    assert told_by == [1, 0, 1, 0, 1]


def test_a_local_hour_comes_with_each_members_clock(audience: Members):
    audience.add(1, time_zone="Pacific/Auckland")
    audience.add(2, time_zone="Asia/Kathmandu")
    audience.add(3, time_zone="Europe/Berlin")
    audience.add(4, time_zone="America/Los_Angeles")
    broadcast = schedule(make_broadcast(), local_on=date(2026, 11, 23), local_time=time(18, 0))
    moments = {
        datetime(2026, 11, 23, 5, 0, tzinfo=UTC): [1],
        datetime(2026, 11, 23, 12, 15, tzinfo=UTC): [1, 2],
        datetime(2026, 11, 23, 17, 0, tzinfo=UTC): [1, 2, 3],
        datetime(2026, 11, 24, 2, 0, tzinfo=UTC): [1, 2, 3, 4],
    }
    seen = {}
    for moment in moments:
        advance_all(now=moment - 2 * LOOK_AHEAD)
        before = told()
        advance_all(now=moment)
        seen[moment] = told()
        assert len(seen[moment]) == len(before) + 1
    assert seen == moments
    assert set(Delivery.objects.values_list("due_on", flat=True)) == {date(2026, 11, 23)}
    assert sorted(Delivery.objects.values_list("send_at", flat=True)) == list(moments)
    assert fresh(broadcast).state == BroadcastState.RUNNING
    advance_all(now=datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
    assert fresh(broadcast).state == BroadcastState.DONE


@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        # Clocks go forward at 2: half past two is read as if they had not.
        ("Europe/Berlin", "2027-03-28", "02:30", "2027-03-28T01:30+00:00"),
        # Clocks go back at 3: the first of the two.
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30+00:00"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30+00:00"),
        ("Pacific/Chatham", "2026-11-23", "18:00", "2026-11-23T04:15+00:00"),
        ("Pacific/Kiritimati", "2026-11-23", "18:00", "2026-11-23T04:00+00:00"),
    ],
)
def test_an_hour_of_a_day_is_one_instant_of_each_zone(zone: str, day: str, clock: str, instant: str):
    found = instants_of(date.fromisoformat(day), time.fromisoformat(clock))[zone]
    assert found == datetime.fromisoformat(instant)


def test_who_travels_while_it_goes_round_the_earth_gets_it_once_and_not_never(audience: Members):
    audience.add(1, time_zone="Asia/Tokyo")
    audience.add(2, time_zone="America/Los_Angeles")
    schedule(make_broadcast(), local_on=date(2026, 11, 23), local_time=time(18, 0))
    advance_all(now=datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    assert told() == [1]
    # The first flies west, into an evening that is still to come; the second east, past the hour.
    audience.rows[member(1)], audience.rows[member(2)] = ("America/Los_Angeles", "en"), ("Asia/Tokyo", "en")
    add_device(user_id=member(1))
    advance_all(now=datetime(2026, 11, 23, 17, 0, tzinfo=UTC))
    assert told() == [1, 2]
    advance_all(now=datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    assert Delivery.objects.count() == 2


def test_who_was_told_in_an_earlier_zone_takes_no_place_in_a_later_one_s_chunk(audience: Members):
    audience.add(*range(1, 11), time_zone="Asia/Tokyo")
    audience.add(11, time_zone="Europe/Berlin")
    broadcast = schedule(make_broadcast(), local_on=date(2026, 11, 23), local_time=time(18, 0))
    advance_all(now=datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    assert len(told()) == 10
    advance(broadcast.pk, now=datetime(2026, 11, 23, 17, 0, tzinfo=UTC), chunk=5)
    advance(broadcast.pk, now=datetime(2026, 11, 23, 17, 0, tzinfo=UTC), chunk=5)
    assert 11 in told()


def test_after_an_outage_a_local_hour_that_is_over_is_left_out(audience: Members):
    audience.add(1, time_zone="Asia/Tokyo")
    audience.add(2, time_zone="Europe/Berlin")
    hour = {"local_on": date(2026, 11, 23), "local_time": time(18, 0)}
    broadcast = schedule(make_broadcast(), **hour, good_for_hours=4)
    advance_all(now=datetime(2026, 11, 23, 18, 0, tzinfo=UTC))
    assert told() == [2]
    advance_all(now=datetime(2026, 11, 25, 0, 0, tzinfo=UTC))
    assert (told(), fresh(broadcast).state) == ([2], BroadcastState.DONE)


def test_chunks_follow_each_other_and_each_is_a_fixed_number_of_queries(audience: Members):
    audience.add(*range(1, 26))
    broadcast = schedule(make_broadcast())
    steps, queries = [], []
    for _ in range(4):
        with CaptureQueriesContext(connection) as done:
            steps.append(advance(broadcast.pk, now=NOW, chunk=10))
        queries.append(len(done.captured_queries))
    assert [step.told for step in steps] == [10, 10, 5, 0]
    assert len(set(queries[:3])) == 1
    assert told() == list(range(1, 26))
    assert advance(broadcast.pk, now=NOW) == Step()


def test_a_member_erased_between_chunks_is_gone_and_the_others_are_told(audience: Members):
    audience.add(*range(1, 8))
    broadcast = schedule(make_broadcast())
    advance(broadcast.pk, now=NOW, chunk=3)
    # One who was told and is where the cursor stands, and one who is still to be told.
    for number in (3, 5):
        erase_member(member(number))
        del audience.rows[member(number)]
    assert fresh(broadcast).told_up_to is None
    advance_all(now=NOW)
    assert told() == [1, 2, 4, 6, 7]
    assert Delivery.objects.count() == InboxItem.objects.count() == 5


def test_stopped_in_the_middle_nothing_more_goes_and_resumed_everybody_gets_it_once(
    audience: Members, mail_server: MailServer
):
    audience.add(*range(1, 31))
    broadcast = schedule(make_broadcast())
    advance(broadcast.pk, now=NOW, chunk=20)
    sent = send_due(queue="celery", now=NOW + MINUTE, limit=8).sent
    stop_broadcast(broadcast_id=broadcast.pk, now=NOW)
    # Before anything was ended a sender refuses what it claims.
    assert send_due(queue="celery", now=NOW + MINUTE, limit=4).sent == 0
    assert advance_all(now=NOW + MINUTE) == 0
    assert outcomes() == {("sent", "accepted"): 8, ("suppressed", "stopped"): 12}
    assert send_due(queue="celery", now=NOW + MINUTE).sent == 0

    resume_broadcast(broadcast_id=broadcast.pk, now=NOW + MINUTE)
    assert advance_all(now=NOW + 2 * MINUTE) == 10
    assert fresh(broadcast).state == BroadcastState.DONE
    sent += send_due(queue="celery", now=NOW + 5 * MINUTE).sent
    assert sent == 30
    assert sorted(mail_server.recipients) == sorted(f"{number}@example.org" for number in range(1, 31))


def test_what_is_brought_back_keeps_the_rate(audience: Members):
    audience.add(*range(1, 21))
    broadcast = schedule(make_broadcast(), rate=600)
    advance_all(now=NOW)
    stop_broadcast(broadcast_id=broadcast.pk, now=NOW)
    advance_all(now=NOW)
    Broadcast.objects.update(rate=5)
    resume_broadcast(broadcast_id=broadcast.pk, now=NOW + MINUTE)
    for minute in range(1, 4):
        advance_all(now=NOW + minute * MINUTE)
    assert outcomes() == {("queued", ""): 15, ("suppressed", "stopped"): 5}


def test_it_can_be_stopped_after_everybody_was_told_while_deliveries_wait(audience: Members):
    audience.add(1, 2)
    broadcast = schedule(make_broadcast())
    advance_all(now=NOW)
    stop_broadcast(broadcast_id=broadcast.pk, now=NOW)
    advance_all(now=NOW)
    assert outcomes() == {("suppressed", "stopped"): 2}


def test_a_refusal_recorded_after_all_was_resumed_and_done_is_brought_back_too(audience: Members):
    audience.add(1)
    broadcast = schedule(make_broadcast())
    advance_all(now=NOW)
    Delivery.objects.update(state=State.SUPPRESSED, outcome="stopped", ended_at=NOW)
    measure(fresh(broadcast), now=NOW)
    advance_all(now=NOW + MINUTE)
    assert outcomes() == {("queued", ""): 1}


def test_readings_are_claimed_before_broadcasts(audience: Members):
    audience.add(1, 2)
    schedule(make_broadcast())
    advance_all(now=NOW)
    reading = Delivery.objects.filter(user_id=member(2))
    reading.update(priority=Priority.READING, kind=Kind.DAILY_READING, send_at=NOW + MINUTE)
    (row,) = claim_chunk(
        channel=Channel.EMAIL,
        priorities=[Priority.READING, Priority.BROADCAST],
        limit=1,
        now=NOW + 2 * MINUTE,
        lease_until=NOW + 5 * MINUTE,
    )
    assert row.kind == Kind.DAILY_READING


def test_the_figures_say_what_became_of_it(audience: Members, mail_server: MailServer):
    audience.add(1, 2, 3)
    broadcast = schedule(make_broadcast())
    advance_all(now=NOW)
    choose(2, Choice.OFF, Choice.OFF)
    del audience.rows[member(3)]
    send_due(queue="celery", now=NOW + MINUTE)
    advance_all(now=NOW + MINUTE)
    found = {(line["state"], line["outcome"]): line["count"] for line in fresh(broadcast).figures["deliveries"]}
    assert found == {("sent", "accepted"): 1, ("suppressed", "switched_off"): 1, ("failed", "member_gone"): 1}


@pytest.mark.django_db(transaction=True)
def test_four_at_once_tell_each_member_once(audience: Members):
    audience.add(*range(1, 101))
    broadcast = schedule(make_broadcast())

    def work(_: int) -> int:
        try:
            return sum(advance(broadcast.pk, now=NOW, chunk=7).told for _ in range(10))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        done = sum(threads.map(work, range(4)))
    while (step := advance(broadcast.pk, now=NOW, chunk=7)).has_more:
        done += step.told
    assert done + step.told == 100 == Delivery.objects.count()


# Works until it is killed: chunks of three, each held open for a moment so that the kill falls into one.
_SLOWLY = """
import django; django.setup()
import sys, time
from datetime import datetime
from uuid import UUID
from notifications import sources
from notifications.services import broadcast_rounds
from notifications.tests.audience import Members
members = Members()
members.rows = {UUID(one): ("UTC", "en") for one in sys.argv[3].split()}
sources._member_source = members.find
tell = broadcast_rounds._tell
def slowly(*arguments, **named):
    done = tell(*arguments, **named)
    print("chunk", flush=True)
    time.sleep(0.3)
    return done
broadcast_rounds._tell = slowly
while True:
    broadcast_rounds.advance(UUID(sys.argv[1]), now=datetime.fromisoformat(sys.argv[2]), chunk=3)
"""


@pytest.mark.django_db(transaction=True)
def test_killed_between_and_within_chunks_nobody_is_left_out_or_told_twice(audience: Members):
    audience.add(*range(1, 31))
    broadcast = schedule(make_broadcast())
    url = os.environ["DATABASE_URL"].replace("/numerai_template?", f"/{connection.settings_dict['NAME']}?")
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", _SLOWLY, str(broadcast.pk), NOW.isoformat(), " ".join(map(str, audience.rows))],
            cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "DATABASE_URL": url},
        )  # fmt: skip
        before = len(told())
        wait_for(lambda before=before: len(told()) > before)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
    assert 3 <= len(told()) < 30
    advance_all(now=NOW)
    assert told() == list(range(1, 31))
    assert Counter(Delivery.objects.values_list("user_id", flat=True)) == dict.fromkeys(audience.rows, 1)
    assert fresh(broadcast).told == 30
