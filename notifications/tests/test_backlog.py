"""What is open and what failed, for staff: by kind, channel and reason, and never more than a limit is looked at."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from notifications.backlog import list_channels, list_dead, list_open
from notifications.kinds import Channel, Kind, Priority
from notifications.models import Delivery, State
from notifications.services import set_channel_switch
from notifications.tests.conftest import MailServer
from notifications.tests.factories import queue

pytestmark = pytest.mark.django_db

_subjects = count(1)


def put(state: State = State.QUEUED, *, minutes: float = 0, outcome: str = "", **how: object) -> Delivery:
    """Queue a delivery, due so many minutes ago, and let it be in a state."""
    now, subject = timezone.now(), str(next(_subjects))
    queue(subject=subject, due_on=now.date(), **how)
    row = Delivery.objects.get(subject=subject)
    changes = {"state": state, "outcome": outcome, "send_at": now - timedelta(minutes=minutes)}
    if state in (State.FAILED, State.EXPIRED):
        changes |= {"ended_at": now, "address": None, "payload": None}
    Delivery.objects.filter(pk=row.pk).update(**changes)
    return row


def test_open_deliveries_are_told_by_kind_and_reason_with_the_oldest():
    put(minutes=3)
    put(minutes=-5, outcome="smtp_451", kind=Kind.WELCOME)
    put(minutes=20, kind=Kind.WELCOME)
    now = timezone.now()
    code, waiting, postponed = list_open(now=now)
    assert (code.kind, code.priority, code.count, code.due, code.is_late(now=now)) == (
        "one_time_code", Priority.URGENT, 1, 1, True,
    )  # fmt: skip
    assert (waiting.outcome, waiting.due, waiting.postponed, waiting.is_late(now=now)) == ("", 1, 0, True)
    assert (postponed.outcome, postponed.due, postponed.postponed, postponed.oldest_at) == ("smtp_451", 0, 1, None)


def test_a_code_is_late_after_two_minutes_and_the_rest_after_fifteen():
    put(minutes=1), put(minutes=14, kind=Kind.WELCOME)
    now = timezone.now()
    assert [row.is_late(now=now) for row in list_open(now=now)] == [False, False]
    assert [row.is_late(now=now + timedelta(minutes=2)) for row in list_open(now=now + timedelta(minutes=2))] == [
        True, True,
    ]  # fmt: skip


@pytest.mark.parametrize(("limit", "is_at_least"), [(3, True), (4, False)])
def test_what_is_open_is_counted_to_a_limit(limit: int, is_at_least: bool):
    for _ in range(3):
        put()
    (row,) = list_open(now=timezone.now(), limit=limit)
    assert (row.count, row.is_at_least) == (3, is_at_least)


def test_both_are_one_query_each(django_assert_num_queries):
    put(), put(State.FAILED, outcome="smtp_550")
    with django_assert_num_queries(1):
        list_open(now=timezone.now())
    with django_assert_num_queries(1):
        list_dead(now=timezone.now())


def test_the_dead_are_told_by_reason_and_those_that_lost_their_words_cannot_be_tried_again():
    put(State.FAILED, outcome="smtp_550", kind=Kind.WELCOME)
    put(State.FAILED, outcome="smtp_550", kind=Kind.WELCOME)
    put(State.EXPIRED, outcome="expired")
    put()
    failed, expired = list_dead(now=timezone.now())
    assert (failed.kind, failed.channel, failed.state, failed.outcome, failed.count, failed.retriable) == (
        "welcome", Channel.EMAIL, State.FAILED, "smtp_550", 2, 0,
    )  # fmt: skip
    assert (expired.kind, expired.state, expired.count, expired.retriable) == ("one_time_code", State.EXPIRED, 1, 0)


def test_a_channel_that_is_off_says_why_and_what_waits_on_it(mail_server: MailServer):
    put(), put(kind=Kind.WELCOME), put(kind=Kind.WELCOME)
    set_channel_switch(channel=Channel.EMAIL, is_on=False, reason="  The provider loses mail ")
    email = list_channels(now=timezone.now())[0]
    assert (email.is_on, email.sends, email.reason) == (False, False, "The provider loses mail")
    assert (email.urgent, email.other) == (1, 2)


def test_switching_says_whether_it_changed_anything_and_keeps_the_first_reason_while_it_is_off(mail_server: MailServer):
    assert not set_channel_switch(channel=Channel.EMAIL, is_on=True)
    assert set_channel_switch(channel=Channel.EMAIL, is_on=False, reason="One")
    assert not set_channel_switch(channel=Channel.EMAIL, is_on=False, reason="Two")
    assert list_channels(now=timezone.now())[0].reason == "One"
    assert set_channel_switch(channel=Channel.EMAIL, is_on=True)
    assert list_channels(now=timezone.now())[0].reason == ""
