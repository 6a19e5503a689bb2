"""The outbox at the desk: what waits, what ended unsent, what may be tried again, and what is never shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from authentication.models import AuditEvent
from authentication.tests.factories import last_code_to, make_user
from notifications.addresses import MEMBER as HIMSELF
from notifications.kinds import Kind
from notifications.models import Delivery, State
from notifications.services import set_channel_switch
from numerai.db import uuid7

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("roles_of_staff")]

PAGE = "/admin/operations/outbox/"
LIST = "/admin/notifications/delivery/"


@pytest.fixture
def operator() -> Client:
    return desk("Operator")


def desk(role: str) -> Client:
    user = make_user(is_staff=True, password=None)
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    return client


def put(state: State = State.FAILED, **fields: Any) -> Delivery:
    """Put a reading of today into the outbox, in a state."""
    now = timezone.now()
    values = {
        "due_on": now.date(),
        "user_id": uuid7(),
        "kind": Kind.DAILY_READING,
        "channel": "email",
        "priority": 2,
        "target": HIMSELF,
        "attempts": 8,
        "send_at": now - timedelta(minutes=20),
        "expires_at": now + timedelta(hours=3),
        "ended_at": now if state in (State.FAILED, State.EXPIRED) else None,
        "outcome": "smtp_550",
        **fields,
    }
    return Delivery.objects.create(state=state, **values)


def text(client: Client) -> str:
    return client.get(PAGE).content.decode()


def act(client: Client, do: str, **sent: str) -> str:
    chosen = {"do": do, "channel": "email", "kind": "daily_reading", "outcome": "smtp_550", **sent}
    return client.post(PAGE, chosen, follow=True).content.decode()


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def acts() -> list[str]:
    return list(AuditEvent.objects.filter(act__startswith="deliver").values_list("act", flat=True))


def test_what_waits_and_what_ended_is_told_by_reason(operator):
    put(), put(), put(State.QUEUED, outcome=""), put(State.EXPIRED, outcome="expired")
    context = operator.get(PAGE).context
    assert [(one["row"].outcome, one["count"], one["is_bad"]) for one in context["waiting"]] == [("", "1", True)]
    assert [(one["row"].state, one["row"].count, one["row"].retriable) for one in context["dead"]] == [
        ("failed", 2, 2),
        ("expired", 1, 0),
    ]


def test_each_reason_leads_to_its_deliveries(operator):
    failed, waiting = put(), put(State.QUEUED, outcome="")
    put(outcome="smtp_554"), put(State.QUEUED, outcome="channel_down")
    context = operator.get(PAGE).context
    links = {one["row"].outcome: one["link"] for one in [*context["waiting"], *context["dead"]]}
    listed = {reason: operator.get(link).context["cl"].result_list for reason, link in links.items()}
    assert [row.pk for row in listed["smtp_550"]] == [failed.pk]
    assert [row.pk for row in listed[""]] == [waiting.pk]


def test_all_of_one_reason_are_tried_again_and_that_is_written_down(operator):
    put(), put(), put(outcome="smtp_554")
    assert "Tried again now: 2." in act(operator, "retry")
    assert sorted(states()) == ["failed", "queued", "queued"]
    assert acts() == ["deliveries_retried"]
    assert "None of them can be tried again" in act(operator, "retry")
    assert acts() == ["deliveries_retried"]


def test_what_was_postponed_is_tried_at_once(operator):
    row = put(State.QUEUED, send_at=timezone.now() + timedelta(hours=1))
    assert "Try now" in text(operator)
    assert "Tried again now: 1." in act(operator, "hurry")
    row.refresh_from_db()
    assert row.send_at <= timezone.now()
    assert acts() == ["deliveries_hurried"]


def test_one_delivery_is_tried_again_from_the_list(operator):
    row = put()
    put()
    sent = {"action": "retry", "_selected_action": [str(row.pk)]}
    assert "Tried again now: 1 of 1." in operator.post(LIST, sent, follow=True).content.decode()
    row.refresh_from_db()
    assert (row.state, sorted(states()), acts()) == ("queued", ["failed", "queued"], ["deliveries_retried"])


def test_support_looks_and_tries_nothing_again():
    row, support = put(), desk("Support")
    assert "1 may be tried again" in text(support)
    assert support.post(PAGE, {"do": "retry"}).status_code == 403
    support.post(LIST, {"action": "retry", "_selected_action": [str(row.pk)]})
    assert states() == ["failed"]


@pytest.mark.parametrize(
    "sent",
    [{"do": "forget"}, {"channel": "pigeon"}, {"kind": ""}, {"outcome": ""}],
    ids=["act", "channel", "kind", "why"],
)
def test_what_was_not_chosen_is_not_tried(operator, sent):
    put()
    assert "Choose a channel, a kind and a reason" in act(operator, **{"do": "retry", **sent})
    assert states() == ["failed"]


def test_a_channel_that_is_off_is_named_where_its_deliveries_wait(operator):
    put(State.QUEUED)
    assert "the channel is off" not in text(operator)
    set_channel_switch(channel="email", is_on=False, reason="Test")
    assert "the channel is off" in text(operator)


def test_no_address_code_or_payload_is_shown(operator):
    member = make_user(is_verified=False)
    desk("Support").post(f"/admin/authentication/user/{member.pk}/act/", {"do": "resend"})
    delivery = Delivery.objects.get()
    page = text(operator)
    assert "one_time_code" in page
    secrets = (last_code_to(member.email), member.email, delivery.target, str(delivery.address), str(delivery.payload))
    assert [secret for secret in secrets if secret in page] == []


def test_the_page_costs_the_same_however_much_there_is(operator, django_assert_num_queries):
    # The Django session, the staff user, its own permissions and those of its role, what is open, what ended, the
    # switches.
    with django_assert_num_queries(7):
        operator.get(PAGE)
    [put() for _ in range(3)], [put(State.QUEUED, outcome=str(number)) for number in range(3)]
    with django_assert_num_queries(7):
        operator.get(PAGE)
