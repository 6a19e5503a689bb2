"""The outbox's daily upkeep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from notifications.models import SmsDay
from notifications.services.broadcast_rounds import purge_recipients
from notifications.services.devices import purge_devices
from notifications.services.inbox import purge_inboxes
from numerai.partitions import Partitioned, analyse, count_strays, drop_months, make_months

log = structlog.get_logger(__name__)

DELIVERIES = Partitioned("notifications_delivery", "due_on")
KEEP = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What was done. `strays`: rows still outside every month, which somebody should look at."""

    made: list[date]
    dropped: list[date]
    strays: int


def maintain_deliveries(*, today: date) -> Upkeep:
    """Make the partitions to come, drop those older than 90 days, and raise the alarm while rows stray."""
    done = Upkeep(
        made=make_months(DELIVERIES, today=today),
        dropped=drop_months(DELIVERIES, today=today, keep=KEEP),
        strays=count_strays(DELIVERIES),
    )
    analyse(DELIVERIES)
    SmsDay.objects.filter(day__lt=today - KEEP).delete()
    if done.strays:
        log.error("deliveries_outside_partitions", rows=done.strays)
    return done


def forget_old(*, now: datetime) -> None:
    """Delete inbox items after 180 days, who got a broadcast after 90, and devices that have been silent for too long.

    Safe to run twice.
    """
    purge_inboxes(now=now)
    purge_recipients(now=now)
    purge_devices(now=now)
