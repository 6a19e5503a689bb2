"""Broadcasts on their way: members are told by the set, a chunk a transaction, at the rate that was asked for.

The row is the cursor. Whatever dies has done a chunk or none; whatever runs twice finds the cursor moved, and a member
who was told is a recipient by a unique key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import Q

from notifications import broadcast_sql, queues
from notifications.addresses import MEMBER
from notifications.kinds import CHOICES, RULES, Channel, Kind, Outlet, Topic
from notifications.models import Broadcast, BroadcastRecipient, BroadcastState
from notifications.segments import Segment
from notifications.sources import members_in

log = structlog.get_logger(__name__)

CHUNK = 10_000
# How far ahead of the clock deliveries are made: more than the timetable's step, so that the rate has no gaps.
LOOK_AHEAD = timedelta(seconds=60)
# The outcome of what a stop has ended (state suppressed); resuming brings exactly these back.
STOPPED = "stopped"
KEEP_RECIPIENTS = timedelta(days=90)
# Figures still change while deliveries wait out quiet hours or a provider's outage.
_MEASURED_FOR = timedelta(hours=168 + 24)
_COUNT_TIMEOUT = "15s"
_CANCEL_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Step:
    """What one chunk came to. `has_more`: there is work left that may be done now."""

    told: int = 0
    queued: int = 0
    revived: int = 0
    has_more: bool = False


@lru_cache(maxsize=64)
def instants_of(day: date, clock: time) -> Mapping[str, datetime]:
    """Return when each zone's clock shows an hour of a day. Of two such moments the first; an hour that is left out in
    spring is read as if the clock had not gone forward."""
    return {
        zone: datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC) for zone in sorted(available_timezones())
    }


def _instants(broadcast: Broadcast) -> Mapping[str, datetime]:
    if broadcast.local_on is None or broadcast.local_time is None:
        return {}
    return instants_of(broadcast.local_on, broadcast.local_time)


def _otherwise_at(broadcast: Broadcast, now: datetime) -> datetime:
    """Return the instant for everybody, or for whose zone is none: by UTC."""
    return _instants(broadcast).get("UTC") or broadcast.send_at or now


def due_on_of(broadcast: Broadcast) -> date:
    """Return the day that makes the deliveries what they are: the broadcast's own, whenever they go."""
    return broadcast.local_on or (broadcast.send_at or broadcast.changed_at).astimezone(UTC).date()


def _query(broadcast: Broadcast, statement: str, *, now: datetime, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return a statement over the broadcast's audience with all that it needs."""
    segment = Segment.from_dict(broadcast.segment, only=broadcast.only_ids)
    instants = _instants(broadcast)
    members, values = broadcast_sql.named(members_in(segment, now=now))
    audience = broadcast_sql.AUDIENCE.replace("{members}", members)
    return statement.replace("{audience}", audience), {
        **values,
        "topic": Topic.NEWS.value,
        "push": CHOICES[Topic.NEWS, Outlet.PUSH].default.value,
        "mail": CHOICES[Topic.NEWS, Outlet.EMAIL].default.value,
        "by_push": broadcast.by_push,
        "by_email": broadcast.by_email,
        "in_inbox": broadcast.in_inbox,
        "platforms": list(segment.platforms) or None,
        "zones": list(instants),
        "instants": list(instants.values()),
        "otherwise_at": _otherwise_at(broadcast, now),
        "told_up_to": None,
        **more,
    }


def count_audience(broadcast: Broadcast, *, now: datetime) -> dict[str, int] | None:
    """Count, exactly, who is in the segment and who of them would be told by which way; None if that takes too long.

    `unwanted`: news is not switched on. `unreachable`: wanted, and there is neither device nor mailbox for it.
    """
    statement, values = _query(broadcast, broadcast_sql.COUNT, now=now)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_COUNT_TIMEOUT])
            cursor.execute(statement, values)
            members, told, by_push, by_email, in_inbox, unreachable = cursor.fetchone()
            # This block may be an inner one: what follows in the outer one has its own time again.
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        log.warning("audience_not_counted", broadcast=str(broadcast.pk), error=type(error).__name__)
        return None
    return {
        "members": members,
        "told": told,
        "by_push": by_push,
        "by_email": by_email,
        "in_inbox": in_inbox,
        "unreachable": unreachable,
        "unwanted": members - told - unreachable,
    }


def advance(broadcast_id: UUID, *, now: datetime, chunk: int = CHUNK) -> Step:
    """Do one chunk of a broadcast, in one transaction. Safe to run twice, and at once: the second finds it locked.

    1. What a stop had ended is queued again, before anybody new is told.
    2. The next members, in the order of their ids, of those whose hour comes within a minute: recipient, inbox,
       deliveries. No more than the rate leaves room for until then; the deliveries are spread over that time.
    3. When nobody is left: the next hour, of zones further west, or the end.
    """
    with transaction.atomic():
        running = Broadcast.objects.filter(pk=broadcast_id, state=BroadcastState.RUNNING)
        broadcast = running.select_for_update(skip_locked=True).first()
        if broadcast is None:
            return Step()
        waves = sorted(set(_instants(broadcast).values())) or [_otherwise_at(broadcast, now)]
        wave_at = broadcast.wave_at or _next_wave(waves, after=None, now=now)
        if wave_at is None or wave_at > now + LOOK_AHEAD:
            return Step()
        first_at = max(now, wave_at, broadcast.paced_until or now)
        room = min(chunk, int((now + LOOK_AHEAD - first_at) / timedelta(minutes=1) * broadcast.rate))
        if room < 1:
            return Step()
        step, last_id = _tell(broadcast, wave_at=wave_at, first_at=first_at, room=room, now=now)
        taken = step.revived or step.told
        broadcast.begun_at = broadcast.begun_at or now
        broadcast.wave_at, broadcast.told = wave_at, broadcast.told + step.told
        broadcast.paced_until = first_at + taken * timedelta(minutes=1) / broadcast.rate
        if last_id is not None:
            broadcast.told_up_to = last_id
        elif not step.revived and (later := _next_wave(waves, after=wave_at, now=now)):
            broadcast.wave_at, broadcast.told_up_to = later, None
            step = replace(step, has_more=later <= now + LOOK_AHEAD)
        elif not step.revived:
            broadcast.state, broadcast.done_at = BroadcastState.DONE, now
        broadcast.save()
        if step.queued or step.revived:
            transaction.on_commit(partial(queues.wake, queues.ORDINARY))
    return step


def _next_wave(waves: list[datetime], *, after: datetime | None, now: datetime) -> datetime | None:
    """Return the hour to look at: the latest that has come, so that an outage costs no empty rounds, or the next."""
    later = [wave for wave in waves if after is None or wave > after]
    come = [wave for wave in later if wave <= now + LOOK_AHEAD]
    return come[-1] if come else later[0] if later else None


def _tell(
    broadcast: Broadcast, *, wave_at: datetime, first_at: datetime, room: int, now: datetime
) -> tuple[Step, UUID | None]:
    """Do the work of a chunk; return what came of it, and the id of the last member who was looked at."""
    good_for = timedelta(hours=broadcast.good_for_hours)
    common: dict[str, Any] = {
        "subject": str(broadcast.pk),
        "due_on": due_on_of(broadcast),
        "limit": room,
        "first_at": first_at,
        "gap": timedelta(minutes=1) / broadcast.rate,
        "good_for": good_for,
    }
    with connection.cursor() as cursor:
        cursor.execute(broadcast_sql.REVIVE, {**common, "stopped": STOPPED})
        if revived := int(cursor.rowcount):
            return Step(revived=revived, has_more=True), None
        statement, values = _query(
            broadcast,
            broadcast_sql.TELL,
            now=now,
            **common,
            id=broadcast.pk,
            wave_at=wave_at,
            # An hour of a day is over some time; an instant is whenever it can be.
            oldest_at=now - good_for if broadcast.local_on else datetime.min.replace(tzinfo=UTC),
            told_up_to=broadcast.told_up_to,
            kind=Kind.BROADCAST.value,
            priority=RULES[Kind.BROADCAST].priority.value,
            email=Channel.EMAIL.value,
            member=MEMBER,
        )
        cursor.execute(statement, values)
        found, last_id, told, queued = cursor.fetchone()
    # The cursor stays where a chunk was not full: that was everybody of this hour.
    return Step(told, queued, has_more=found == room), last_id if found == room else None


def advance_all(*, now: datetime) -> int:
    """Do what is due of every broadcast, and end what a stop left; return how many members were told. Safe at once."""
    told = 0
    for broadcast_id in list(Broadcast.objects.filter(state=BroadcastState.RUNNING).values_list("pk", flat=True)):
        has_more = True
        while has_more:
            step = advance(broadcast_id, now=now)
            told, has_more = told + step.told, step.has_more
    since = now - _MEASURED_FOR
    recent = Broadcast.objects.filter(Q(state=BroadcastState.RUNNING) | Q(done_at__gt=since) | Q(stopped_at__gt=since))
    for broadcast in recent:
        if broadcast.state == BroadcastState.STOPPED:
            cancel_queued(broadcast, now=now)
        measure(broadcast, now=now)
    return told


def cancel_queued(broadcast: Broadcast, *, now: datetime) -> int:
    """End what waits of a stopped broadcast; return how many deliveries. Safe to run twice."""
    cancelled = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                broadcast_sql.CANCEL,
                {
                    "subject": str(broadcast.pk),
                    "due_on": due_on_of(broadcast),
                    "limit": _CANCEL_AT_ONCE,
                    "stopped": STOPPED,
                    "now": now,
                },
            )
            cancelled += int(cursor.rowcount)
            if cursor.rowcount < _CANCEL_AT_ONCE:
                return cancelled


def measure(broadcast: Broadcast, *, now: datetime) -> None:
    """Count what became of the deliveries, by channel, state and reason, into the row that the staff's page reads."""
    with connection.cursor() as cursor:
        cursor.execute(broadcast_sql.MEASURE, {"subject": str(broadcast.pk), "due_on": due_on_of(broadcast)})
        figures = [
            {"channel": channel, "state": state, "outcome": outcome, "count": count}
            for channel, state, outcome, count in cursor.fetchall()
        ]
    mine = Broadcast.objects.filter(pk=broadcast.pk)
    mine.update(figures={"deliveries": figures}, figures_at=now)
    if any(line["outcome"] == STOPPED for line in figures):
        # A sender that was told of a stop has recorded it after everything was resumed and done.
        mine.filter(state=BroadcastState.DONE).update(state=BroadcastState.RUNNING, done_at=None)


def stopped_among(subjects: set[str]) -> set[str]:
    """Return the ids of the broadcasts of which nothing may go now: stopped, or not there."""
    may_go = Broadcast.objects.filter(pk__in=subjects, state__in=(BroadcastState.RUNNING, BroadcastState.DONE))
    return subjects - {str(pk) for pk in may_go.values_list("pk", flat=True)}


def purge_recipients(*, now: datetime) -> int:
    """Forget who got a broadcast 90 days after it was done or stopped. Safe to run twice."""
    ended = Q(done_at__lt=now - KEEP_RECIPIENTS) | Q(stopped_at__lt=now - KEEP_RECIPIENTS)
    old = Broadcast.objects.filter(ended).values("pk")
    return BroadcastRecipient.objects.filter(broadcast_id__in=old).delete()[0]
