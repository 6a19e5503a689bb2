"""Trying again: what may be, what may not, and that it stays within bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from notifications import sources
from notifications.addresses import MEMBER as HIMSELF
from notifications.kinds import Channel, Kind
from notifications.models import Delivery, State
from notifications.services import hurry_deliveries, retry_deliveries
from notifications.tests.factories import MEMBER
from numerai.db import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Welcome has words again when it is asked for them; codes never have."""
    monkeypatch.setattr(sources, "_payload_sources", {Kind.WELCOME: lambda asked: {}})


def put(state: State = State.FAILED, **fields: Any) -> Delivery:
    now = timezone.now()
    values = {
        "due_on": now.date(),
        "user_id": MEMBER,
        "kind": Kind.WELCOME,
        "channel": Channel.EMAIL,
        "priority": 1,
        "subject": str(uuid7()),
        "target": HIMSELF,
        "attempts": 8,
        "send_at": now - timedelta(hours=1),
        "ended_at": now if state in (State.FAILED, State.EXPIRED, State.SENT) else None,
        "outcome": "smtp_550",
        **fields,
    }
    return Delivery.objects.create(state=state, **values)


def state_of(row: Delivery) -> str:
    row.refresh_from_db()
    return row.state


def test_a_failed_delivery_is_due_again_with_all_its_attempts():
    row, now = put(), timezone.now()
    assert retry_deliveries(now=now) == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, row.send_at, row.ended_at) == ("queued", 0, now, None)
    assert retry_deliveries(now=now) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": Kind.ONE_TIME_CODE},
        {"expires_at": timezone.now() - timedelta(minutes=1)},
        {"target": "an address that is not kept"},
        {"outcome": "address_refused"},
        {"state": State.EXPIRED},
        {"state": State.SENT},
        {"due_on": timezone.now().date() - timedelta(days=9)},
    ],
)
def test_what_can_be_of_no_use_stays_as_it_is(fields: dict[str, Any]):
    row = put(**fields)
    before = row.state
    assert retry_deliveries(now=timezone.now()) == 0
    assert state_of(row) == before


@pytest.mark.parametrize(
    ("chosen", "other"),
    [
        ({"channel": Channel.EMAIL}, {"channel": Channel.FCM}),
        ({"outcome": "smtp_550"}, {"outcome": "smtp_554"}),
        ({"user_id": MEMBER}, {"user_id": UUID(int=7)}),
        ({"due_on": timezone.now().date()}, {"due_on": timezone.now().date() - timedelta(days=1)}),
    ],
)
def test_only_what_was_chosen_is_tried_again(chosen: dict[str, Any], other: dict[str, Any]):
    row, left = put(), put(**other)
    assert retry_deliveries(now=timezone.now(), **chosen) == 1
    assert (state_of(row), state_of(left)) == ("queued", "failed")


def test_one_is_tried_again_by_its_id():
    row, left = put(), put()
    assert retry_deliveries(now=timezone.now(), ids=[row.pk]) == 1
    assert (state_of(row), state_of(left)) == ("queued", "failed")


def test_a_turn_is_bounded():
    [put() for _ in range(3)]
    assert [retry_deliveries(now=timezone.now(), limit=2) for _ in range(3)] == [2, 1, 0]


def test_what_was_postponed_is_tried_at_once_and_what_has_its_hour_waits_for_it():
    later = timezone.now() + timedelta(hours=1)
    postponed = put(State.QUEUED, send_at=later)
    quiet = put(State.QUEUED, send_at=later, outcome="quiet_hours")
    planned = put(State.QUEUED, send_at=later, outcome="")
    now = timezone.now()
    reasons = ("smtp_550", "quiet_hours", "")
    hurried = [
        hurry_deliveries(now=now, channel=Channel.EMAIL, kind=Kind.WELCOME.value, outcome=reason) for reason in reasons
    ]
    assert hurried == [1, 0, 0]
    sent_at = [Delivery.objects.get(pk=row.pk).send_at for row in (postponed, quiet, planned)]
    assert sent_at == [now, later, later]
