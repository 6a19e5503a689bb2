"""What operators are shown of the outbox."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from notifications import queues
from notifications.claims import database_now
from notifications.kinds import Channel, Kind, Priority
from notifications.measures import list_ended, list_waiting
from notifications.models import Delivery
from notifications.sender import send_due
from notifications.services import set_channel_switch
from notifications.tests.conftest import MailServer
from notifications.tests.factories import ADDRESS, queue

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_what_waits_is_counted_and_the_oldest_that_is_due_is_named():
    now = database_now()
    queue(subject="due", send_at=now - timedelta(minutes=3))
    queue(subject="later", send_at=now + timedelta(minutes=3))
    queue(Kind.WELCOME, expires_at=None, send_at=now + HOUR)
    urgent, ordinary = list_waiting(now=now)
    assert (urgent.channel, urgent.priority, urgent.queued, urgent.sending) == (Channel.EMAIL, Priority.URGENT, 2, 0)
    assert urgent.late == timedelta(minutes=3)
    assert (ordinary.priority, ordinary.queued, ordinary.late) == (Priority.TRANSACTIONAL, 1, None)


def test_how_deliveries_ended_is_counted_with_their_latency(mail_server: MailServer):
    today = database_now().date()
    mail_server.replies[ADDRESS] = "550 5.1.1 no such user"
    queue(subject="refused", due_on=today)
    for number in range(3):
        queue(subject=str(number), address=f"{number}@example.org", due_on=today)
    send_due(queue=queues.URGENT)
    sent, refused = list_ended(now=database_now(), window=HOUR)
    assert (sent.kind, sent.state, sent.outcome, sent.count) == ("one_time_code", "sent", "accepted", 3)
    assert timedelta(0) < sent.median <= sent.slowest_twentieth < timedelta(minutes=1)
    assert (refused.state, refused.outcome, refused.count, refused.median) == ("failed", "address_refused", 1, None)
    assert list_ended(now=database_now() + 2 * HOUR, window=HOUR) == []


def test_the_command_shows_it_and_ends_well_while_nothing_is_late():
    queue()
    out = io.StringIO()
    call_command("delivery_status", stdout=out)
    assert out.getvalue().split()[:5] == ["email", "codes", "and", "security", "queued"]


def test_the_command_fails_when_something_is_late_and_names_the_channel():
    queue(send_at=database_now() - timedelta(minutes=16))
    set_channel_switch(channel=Channel.EMAIL, is_on=False)
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"email \(codes and security\)"):
        call_command("delivery_status", stdout=out)
    assert out.getvalue().rstrip().endswith("off")
    call_command("delivery_status", "--late", "17", stdout=out)


def test_nothing_is_shown_that_tells_who_it_went_to(mail_server: MailServer):
    queue(due_on=database_now().date())
    send_due(queue=queues.URGENT)
    out = io.StringIO()
    call_command("delivery_status", stdout=out)
    assert ADDRESS not in out.getvalue()
    assert str(Delivery.objects.get().user_id) not in out.getvalue()
