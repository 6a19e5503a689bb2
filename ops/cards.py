"""The cards of the dashboard: members, deliveries, what waits, and whether everything is alive."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse
from redis.exceptions import RedisError

from notifications.backlog import CHANNEL_NAMES
from notifications.kinds import RULES, Channel, Kind, Priority
from notifications.models import OPEN_STATES, Delivery, State
from ops.dashboard import Card, Line, Measured, register_card
from ops.heartbeat import STALE_AFTER, age_of
from ops.queues import queue_lengths

_MEMBERS = """
SELECT count(*), count(*) FILTER (WHERE is_verified), count(*) FILTER (WHERE created_at >= %(day)s),
    count(*) FILTER (WHERE created_at >= %(week)s), count(*) FILTER (WHERE created_at >= %(month)s)
FROM authentication_user WHERE NOT is_staff
"""
_ACTIVE = """
SELECT count(*) FILTER (WHERE seen >= %(day)s), count(*) FILTER (WHERE seen >= %(week)s), count(*)
FROM (
    SELECT max(last_seen_at) AS seen FROM authentication_session WHERE last_seen_at >= %(month)s GROUP BY user_id
) AS member
"""
_JOINED = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) FROM authentication_user
WHERE created_at >= %(month)s AND NOT is_staff GROUP BY day
"""
_NOTICES = [
    kind.value for kind, rule in RULES.items() if rule.priority == Priority.URGENT and kind != Kind.ONE_TIME_CODE
]
# A code has no more time than this to be of use.
_SLOW = timedelta(minutes=5)


def _rows(sql: str, now: datetime) -> list[tuple[Any, ...]]:
    moments = {"day": now - timedelta(days=1), "week": now - timedelta(days=7), "month": now - timedelta(days=30)}
    with connection.cursor() as cursor:
        cursor.execute(sql, moments)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def list_link(name: str, **filters: object) -> str:
    """Return where the admin lists a model, filtered."""
    query = urlencode({field: str(value) for field, value in filters.items()}, safe=",")
    return f"{reverse(f'admin:{name}_changelist')}{'?' if query else ''}{query}"


def _joined(now: datetime, days: int) -> str:
    return list_link("authentication_user", is_staff__exact=0, created_at__gte=now - timedelta(days=days))


def _active(now: datetime, days: int) -> str:
    return list_link("authentication_session", last_seen_at__gte=now - timedelta(days=days))


def members(now: datetime) -> Measured:
    """Count members by one read of their table and one of a month's sessions."""
    total, verified, day, week, month = _rows(_MEMBERS, now)[0]
    seen_day, seen_week, seen_month = _rows(_ACTIVE, now)[0]
    joined = dict(_rows(_JOINED, now))
    days = [(now - timedelta(days=back)).date() for back in range(29, -1, -1)]
    accounts = list_link("authentication_user", is_staff__exact=0)
    return Measured(
        lines=[
            Line("members", total, accounts),
            Line("verified", verified, list_link("authentication_user", is_staff__exact=0, is_verified__exact=1)),
            Line("joined in a day", day, _joined(now, 1)),
            Line("joined in 7 days", week, _joined(now, 7)),
            Line("joined in 30 days", month, _joined(now, 30)),
            Line("active in a day", seen_day, _active(now, 1)),
            Line("active in 7 days", seen_week, _active(now, 7)),
            Line("active in 30 days", seen_month, _active(now, 30)),
        ],
        bars=[(f"{day:%-d %b}", joined.get(day, 0)) for day in days],
        bars_label="Joined a day, the last 30 days",
    )


def _made_in_a_day(now: datetime) -> QuerySet[Delivery]:
    # The date lets the database leave the other months' partitions alone.
    return Delivery.objects.filter(
        due_on__gte=(now - timedelta(days=2)).date(), created_at__gte=now - timedelta(days=1)
    )


def _list_of_a_day(now: datetime, **filters: object) -> str:
    return list_link("notifications_delivery", created_at__gte=now - timedelta(days=1), **filters)


def deliveries(now: datetime) -> Measured:
    """Count what was made in a day, by channel and how it ended."""
    made = _made_in_a_day(now).values_list("channel", "state")
    counts: dict[str, dict[str, int]] = {}
    for channel, state, count in made.annotate(count=Count("pk")).order_by():
        counts.setdefault(channel, {})[state] = count
    total = sum(sum(states.values()) for states in counts.values())
    lines = [Line("made in 24 hours", total, _list_of_a_day(now))]
    for channel in Channel:
        for state, count in sorted(counts.get(channel, {}).items()):
            link = _list_of_a_day(now, channel__exact=channel.value, state__exact=state)
            lines.append(Line(f"{CHANNEL_NAMES[channel]}, {state}", count, link, is_bad=state == State.FAILED))
    return Measured(lines)


def codes(now: datetime) -> Measured:
    """Count codes and notices of safety of a day, which somebody waits for with the page open."""
    made = _made_in_a_day(now).filter(priority=Priority.URGENT)
    late = Q(state__in=OPEN_STATES, created_at__lt=now - _SLOW)
    found = made.aggregate(
        codes=Count("pk", filter=Q(kind=Kind.ONE_TIME_CODE)),
        notices=Count("pk", filter=~Q(kind=Kind.ONE_TIME_CODE)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
        late=Count("pk", filter=late),
    )
    urgent = partial(_list_of_a_day, now, priority__exact=Priority.URGENT.value)
    late_link = urgent(state__in=",".join(OPEN_STATES), created_at__lt=now - _SLOW)
    return Measured(
        [
            Line("codes in 24 hours", found["codes"], urgent(kind=Kind.ONE_TIME_CODE.value)),
            Line("notices of safety", found["notices"], urgent(kind__in=",".join(_NOTICES))),
            Line("failed", found["failed"], urgent(state__exact=State.FAILED.value), is_bad=bool(found["failed"])),
            Line("waiting over 5 minutes", found["late"], late_link, is_bad=bool(found["late"])),
        ]
    )


def waiting(now: datetime) -> Measured:
    """Count what is due and not yet sent, by how urgent it is: the open rows have an index of their own."""
    due = Delivery.objects.filter(state__in=OPEN_STATES, send_at__lte=now)
    rows = {
        priority: (count, oldest)
        for priority, count, oldest in due.values_list("priority").annotate(count=Count("pk"), oldest=Min("send_at"))
    }
    lines = [Line("deliveries due", sum(count for count, _ in rows.values()), reverse("admin:operations_outbox"))]
    for priority, (count, oldest) in sorted(rows.items()):
        link = list_link(
            "notifications_delivery", state__in=",".join(OPEN_STATES), priority__exact=priority, send_at__lte=now
        )
        minutes = int((now - oldest).total_seconds() // 60)
        label = f"{Priority(priority).label}, the oldest for {minutes} min"
        lines.append(Line(label, count, link, is_bad=minutes >= _SLOW.total_seconds() // 60))
    return Measured(lines)


def life(now: datetime) -> Measured:
    """Ask the cache for the signs of life and the broker for its queues."""
    lines = []
    for part, label in (("beat", "timetable"), ("worker", "worker"), ("worker_urgent", "urgent worker")):
        age = age_of(part)
        is_gone = age is None or age > STALE_AFTER
        lines.append(Line(label, "no sign" if age is None else f"{age:.0f} s ago", is_bad=is_gone))
    return Measured(lines + _queues())


def _queues() -> list[Line]:
    try:
        lengths = queue_lengths()
    except (RedisError, OSError):
        return [Line("broker", "no answer", is_bad=True)]
    return [Line(f"tasks in the queue {queue}", length) for queue, length in lengths.items()]


def register_all() -> None:
    """Put the cards on the dashboard."""
    register_card(Card("members", "Members", "authentication.view_user", members))
    register_card(Card("waiting", "Waiting", "notifications.view_delivery", waiting))
    register_card(Card("codes", "Codes and safety", "notifications.view_delivery", codes))
    register_card(Card("deliveries", "Deliveries", "notifications.view_delivery", deliveries))
    register_card(Card("life", "Signs of life", "notifications.view_channelswitch", life, is_live=True))
