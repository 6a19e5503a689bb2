"""What senders count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import queues
from notifications.models import Delivery
from notifications.sender import send_due
from notifications.tests.conftest import MailServer
from notifications.tests.factories import queue
from numerai.counters import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counts")]


def counted(name: str) -> dict[tuple[str, ...], int]:
    return read().get(name, {})


def test_each_attempt_is_counted_by_what_became_of_it(mail_server: MailServer):
    mail_server.replies["1@example.org"] = "450 later"
    mail_server.replies["2@example.org"] = "554 never"
    for number in range(4):
        queue(subject=str(number), address=f"{number}@example.org")
    queue(subject="late", expires_at=timezone.now() - timedelta(seconds=1))
    send_due(queue=queues.URGENT)
    of = ("one_time_code", "email")
    assert counted("numerai_deliveries_total") == {
        (*of, "sent", "accepted"): 2,
        (*of, "queued", "smtp_450"): 1,
        (*of, "failed", "smtp_554"): 1,
        (*of, "expired", "expired"): 1,
    }


def test_how_long_it_took_is_counted_from_due_and_for_first_attempts_only(mail_server: MailServer):
    queue()
    queue(subject="again", address="again@example.org")
    Delivery.objects.update(send_at=timezone.now() - timedelta(seconds=100))
    Delivery.objects.filter(subject="again").update(attempts=1)
    assert send_due(queue=queues.URGENT).sent == 2
    took = counted("numerai_delivery_seconds")
    assert took.pop(("one_time_code", "email", "sum")) == pytest.approx(100_000_000, abs=10_000_000)
    assert took == {("one_time_code", "email", "120.0"): 1}
