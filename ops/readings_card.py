"""The dashboard's card of the day's readings, hour by hour."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.urls import reverse

from core.selectors.reading_hours import get_day_by_hour
from core.selectors.reading_operations import get_trouble
from notifications.kinds import Kind
from notifications.models import State
from ops.cards import list_link
from ops.dashboard import Card, Line, Measured, Series, register_card

CARD = "readings"
# Beat looks every minute who is due.
_LATE = timedelta(minutes=5)


def readings(now: datetime) -> Measured:
    """Count the day's readings hour by hour, in UTC."""
    day = now.astimezone(UTC).date()
    seen, trouble = get_day_by_hour(day=day), get_trouble(now=now)
    page = reverse("admin:operations_readings")
    start = datetime.combine(day, time(), UTC)
    delivered = list_link(
        "notifications_delivery", kind=Kind.DAILY_READING.value, state__exact=State.SENT.value,
        ended_at__gte=start, ended_at__lt=start + timedelta(days=1),
    )  # fmt: skip
    overdue = (
        "no one" if trouble.oldest_due_at is None else f"{(now - trouble.oldest_due_at) // timedelta(minutes=1)} min"
    )
    is_late = trouble.oldest_due_at is not None and now - trouble.oldest_due_at > _LATE
    aside = sum(trouble.set_aside.values())
    return Measured(
        lines=[
            Line("readings made today", sum(seen.made), f"{page}?show=with"),
            Line("due today", sum(seen.due), f"{page}?show=without"),
            Line("delivered", sum(seen.delivered), delivered),
            Line("failed or expired", sum(seen.failed), f"{page}?show=undelivered", is_bad=bool(sum(seen.failed))),
            Line("overdue now", trouble.due, page, is_bad=is_late),
            Line("oldest overdue", overdue, page, is_bad=is_late),
            Line("set aside", aside, page, is_bad=bool(aside)),
        ],
        bars=[(f"{hour:02}:00", made) for hour, made in enumerate(seen.made)],
        bars_label="Readings made by the hour of today, UTC. The line: how many were due. Red: not delivered.",
        bars_name="Made",
        series=[
            Series("Due", seen.due, drawn="mark"),
            Series("Delivered", seen.delivered),
            Series("Failed", seen.failed, drawn="part"),
        ],
    )


def register() -> None:
    """Put the card on the dashboard."""
    register_card(Card(CARD, "Today's readings", "core.view_readingschedule", readings))
