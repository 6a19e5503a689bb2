"""Broadcasts as their staff handle them: written, tried out, scheduled, stopped, resumed.

Who did it is an argument; the audit log is written by the callers, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, UUIDField, Value

from notifications.broadcast_texts import NAME_MAX_LENGTH, check_segment, check_texts, missing_of, words_of
from notifications.kinds import Channel, Kind
from notifications.models import Broadcast, BroadcastState
from notifications.segments import Segment
from notifications.services.broadcast_rounds import count_audience
from notifications.services.deliveries import queue_delivery, queue_push
from numerai.api.exceptions import Conflict, InvalidInput, NotFound
from numerai.background import run_on_commit
from numerai.db import uuid7

ADVANCE_TASK = "notifications.tasks.advance_broadcasts"
LONGEST_AHEAD = timedelta(days=60)
MOST_A_MINUTE = 600_000
# A moment that passed while the form was filled in still counts as now.
_JUST_NOW = timedelta(minutes=10)
_RESUMED_FOR = timedelta(days=30)
_TEST_GOOD_FOR = timedelta(hours=1)


class BroadcastChanged(Conflict):
    message = "Somebody else has changed this broadcast. Look at theirs first."


class NotInThisState(Conflict):
    message = "This broadcast is no longer where this could be done. Look at it again."


class SecondPersonNeeded(Conflict):
    message = "So many members are written to by two people: somebody else than its last writer schedules it."


@dataclass(frozen=True, slots=True)
class Draft:
    """What is said, and to whom."""

    name: str
    texts: Mapping[str, Mapping[str, str]]
    fallback: str = "en"
    link: str = ""
    by_push: bool = True
    by_email: bool = True
    in_inbox: bool = True
    segment: Segment = field(default_factory=Segment)


@dataclass(frozen=True, slots=True)
class Plan:
    """When it goes: at one instant, or on a day when each member's clock shows an hour. And how fast."""

    send_at: datetime | None = None
    local_on: date | None = None
    local_time: time | None = None
    rate: int = 6_000
    good_for_hours: int = 24


def create_broadcast(*, draft: Draft, staff_id: UUID, now: datetime) -> Broadcast:
    """Keep a new draft. Raises InvalidInput."""
    return Broadcast.objects.create(**_checked(draft), changed_by=staff_id, changed_at=now)


def change_broadcast(*, broadcast_id: UUID, revision: int, draft: Draft, staff_id: UUID, now: datetime) -> None:
    """Change a draft; `revision` is the one its writer saw. Raises InvalidInput and BroadcastChanged."""
    values = _checked(draft)
    # One statement: of two writers who saw the same draft, one is told.
    seen = Broadcast.objects.filter(pk=broadcast_id, revision=revision, state=BroadcastState.DRAFT)
    if not seen.update(**values, revision=F("revision") + 1, changed_by=staff_id, changed_at=now):
        raise BroadcastChanged


def _checked(draft: Draft) -> dict[str, Any]:
    problems: dict[str, list[str]] = {}
    name = draft.name.strip()
    if not 1 <= len(name) <= NAME_MAX_LENGTH:
        problems["name"] = [f"Takes a name of 1 to {NAME_MAX_LENGTH} letters."]
    if not (draft.by_push or draft.by_email or draft.in_inbox):
        problems["by_push"] = ["Takes at least one way: push, mail or inbox."]
    if problems:
        raise InvalidInput(problems)
    check_segment(draft.segment)
    return {
        "name": name,
        "texts": check_texts(draft.texts, link=draft.link.strip(), fallback=draft.fallback),
        "fallback": draft.fallback,
        "link": draft.link.strip(),
        "by_push": draft.by_push,
        "by_email": draft.by_email,
        "in_inbox": draft.in_inbox,
        "segment": draft.segment.to_dict(),
        "only_ids": None if draft.segment.only is None else list(draft.segment.only),
    }


def copy_broadcast(*, broadcast_id: UUID, staff_id: UUID, now: datetime) -> Broadcast:
    """Make a new draft that says the same to the same members. Raises NotFound."""
    old = _get(broadcast_id)
    segment = Segment.from_dict(old.segment, only=old.only_ids)
    draft = Draft(
        f"Copy of {old.name}"[:NAME_MAX_LENGTH], old.texts, old.fallback, old.link, old.by_push, old.by_email,
        old.in_inbox, segment,
    )  # fmt: skip
    return create_broadcast(draft=draft, staff_id=staff_id, now=now)


def discard_broadcast(*, broadcast_id: UUID, revision: int) -> None:
    """Throw a draft away. Raises BroadcastChanged if it is another than was seen, or no draft any more."""
    if not Broadcast.objects.filter(pk=broadcast_id, revision=revision, state=BroadcastState.DRAFT).delete()[0]:
        raise BroadcastChanged


def schedule_broadcast(*, broadcast_id: UUID, revision: int, plan: Plan, staff_id: UUID, now: datetime) -> Broadcast:
    """Let a draft go at its hour; `revision` is the one that was read.

    Raises InvalidInput for a plan that cannot be, a text that is not whole or a segment of nobody; SecondPersonNeeded
    where it is for more than BROADCAST_SECOND_PERSON_ABOVE members, or more than can be counted, and who schedules is
    who wrote it last; BroadcastChanged.
    """
    with transaction.atomic():
        broadcast = _locked(broadcast_id)
        if broadcast.revision != revision or broadcast.state != BroadcastState.DRAFT:
            raise BroadcastChanged
        if missing := missing_of(broadcast):
            raise InvalidInput({"texts": missing})
        plan = _settled(plan, now=now)
        counted = count_audience(broadcast, now=now)
        if counted is not None and not counted["told"]:
            raise InvalidInput({"segment": ["Nobody would get it."]})
        is_many = counted is None or counted["told"] > settings.BROADCAST_SECOND_PERSON_ABOVE
        if is_many and broadcast.changed_by == staff_id:
            raise SecondPersonNeeded
        for name in ("send_at", "local_on", "local_time", "rate", "good_for_hours"):
            setattr(broadcast, name, getattr(plan, name))
        broadcast.counted = counted or {}
        broadcast.scheduled_by = staff_id
        broadcast.state = BroadcastState.RUNNING
        broadcast.save()
        run_on_commit(ADVANCE_TASK)
    return broadcast


def _settled(plan: Plan, *, now: datetime) -> Plan:
    """Return a plan that can be followed: one without an hour goes now."""
    problems: dict[str, list[str]] = {}
    if plan.local_on is None and plan.local_time is None:
        if plan.send_at is not None and plan.send_at < now - _JUST_NOW:
            # Whoever mistypes the year does not mean now, and to everybody.
            problems["send_at"] = ["Takes a moment to come."]
        plan = replace(plan, send_at=max(plan.send_at or now, now))
    elif plan.local_on is None or plan.local_time is None or plan.send_at is not None:
        problems["local_on"] = ["Takes a day and an hour together, and then no instant."]
    # The day has not ended anywhere before noon of the next one, UTC.
    elif plan.local_on < now.date() - timedelta(days=1):
        problems["local_on"] = ["Takes a day to come."]
    day = plan.local_on or (plan.send_at or now).date()
    if day > (now + LONGEST_AHEAD).date():
        problems["send_at" if plan.send_at else "local_on"] = [f"Takes a day of the next {LONGEST_AHEAD.days}."]
    if not 1 <= plan.rate <= MOST_A_MINUTE:
        problems["rate"] = [f"Takes 1 to {MOST_A_MINUTE} members a minute."]
    if not 1 <= plan.good_for_hours <= 168:
        problems["good_for_hours"] = ["Takes 1 to 168 hours."]
    if problems:
        raise InvalidInput(problems)
    return plan


def take_back_broadcast(*, broadcast_id: UUID) -> None:
    """Make a draft of a broadcast again that nobody has got yet. Raises NotInThisState."""
    waiting = Broadcast.objects.filter(
        pk=broadcast_id, state__in=(BroadcastState.RUNNING, BroadcastState.STOPPED), begun_at=None
    )
    plan: dict[str, Any] = {"send_at": None, "local_on": None, "local_time": None, "scheduled_by": None, "counted": {}}
    if not waiting.update(state=BroadcastState.DRAFT, stopped_at=None, **plan):
        raise NotInThisState


def stop_broadcast(*, broadcast_id: UUID, now: datetime) -> None:
    """Let nothing more of a broadcast go. Raises NotInThisState.

    From the commit on, senders refuse what they claim of it; what waits is ended by a task, and by the timetable if
    that one is lost. What is on its way to a provider at this moment (25 seconds at most) still goes.
    """
    going = Broadcast.objects.filter(pk=broadcast_id, state__in=(BroadcastState.RUNNING, BroadcastState.DONE))
    with transaction.atomic():
        if not going.update(state=BroadcastState.STOPPED, stopped_at=now):
            raise NotInThisState
        run_on_commit(ADVANCE_TASK)


def resume_broadcast(*, broadcast_id: UUID, now: datetime) -> None:
    """Go on where a broadcast was stopped, at its rate. Raises NotInThisState, also a month after it was stopped.

    By then who got it would soon be forgotten, and they would get it again.
    """
    stopped = Broadcast.objects.filter(pk=broadcast_id, state=BroadcastState.STOPPED, stopped_at__gt=now - _RESUMED_FOR)
    with transaction.atomic():
        if not stopped.update(state=BroadcastState.RUNNING, stopped_at=None, done_at=None, paced_until=None):
            raise NotInThisState
        run_on_commit(ADVANCE_TASK)


def send_test(*, broadcast_id: UUID, language: str, staff_id: UUID, address: str, now: datetime) -> int:
    """Send a broadcast as it stands to the member of staff who asks; return to how many devices and mailboxes.

    Whatever they chose about news: they asked for it. Raises NotFound, and InvalidInput while it has no such text.
    """
    broadcast = _get(broadcast_id)
    words = words_of(broadcast, language)
    if missing := missing_of(broadcast):
        raise InvalidInput({"texts": missing})
    test: dict[str, Any] = {
        "kind": Kind.BROADCAST_TEST,
        "user_id": staff_id,
        "subject": f"{broadcast.pk}.{uuid7()}",
        "due_on": now.date(),
        "language": words["language"],
        "payload": words,
        "expires_at": now + _TEST_GOOD_FOR,
    }
    with transaction.atomic():
        sent = queue_push(**test) if broadcast.by_push else 0
        if broadcast.by_email:
            sent += queue_delivery(**test, channel=Channel.EMAIL, address=address)
    return sent


def _get(broadcast_id: UUID) -> Broadcast:
    found = Broadcast.objects.filter(pk=broadcast_id).first()
    if found is None:
        raise NotFound
    return found


def _locked(broadcast_id: UUID) -> Broadcast:
    found = Broadcast.objects.select_for_update().filter(pk=broadcast_id).first()
    if found is None:
        raise NotFound
    return found


def forget_person(user_id: UUID) -> None:
    """Forget that an erased account wrote or scheduled broadcasts, was to get one, or was the last who did."""
    # Without its cursor a broadcast looks at everybody again, and passes over who is a recipient.
    for name in ("changed_by", "scheduled_by", "told_up_to"):
        Broadcast.objects.filter(**{name: user_id}).update(**{name: None})
    without = Func(F("only_ids"), Value(user_id, UUIDField()), function="array_remove")
    Broadcast.objects.filter(only_ids__contains=[user_id]).update(only_ids=without)
