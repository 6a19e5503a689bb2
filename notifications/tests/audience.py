"""Members for broadcasts. This app knows no accounts: the tests put their own where those would be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from notifications.kinds import Choice, Outlet, Topic
from notifications.models import Broadcast
from notifications.services import Draft, Plan, create_broadcast, schedule_broadcast, set_settings
from notifications.sources import Contact

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WRITER = UUID("01890000-0000-7000-8000-0000000000a1")
SENDER = UUID("01890000-0000-7000-8000-0000000000a2")
TEXT = {
    "title": "Your calendar can be printed",
    "line": "A month on one sheet, with every number beside its day.",
    "body": "A month now fits on **one sheet**.\n\n- [Print it](/calendar)\n- Hang it by the door.",
}


def member(number: int) -> UUID:
    """Return the id of a member; ids follow the numbers."""
    return UUID(f"01890000-0000-7000-8000-{number:012d}")


class Members:
    """Members by number, each with a time zone and language; news is switched on for them unless it is said not."""

    def __init__(self) -> None:
        self.rows: dict[UUID, tuple[str, str]] = {}

    def add(self, *numbers: int, time_zone: str = "UTC", language: str = "en", wants_news: bool = True) -> None:
        for number in numbers:
            self.rows[member(number)] = (time_zone, language)
            if wants_news:
                choose(number)

    def find(self, segment: Any, now: datetime) -> tuple[str, tuple[Any, ...]]:
        ids = list(self.rows) if segment.only is None else [one for one in self.rows if one in segment.only]
        zones = [self.rows[one][0] for one in ids]
        return "SELECT id, zone FROM unnest(%s::uuid[], %s::text[]) AS u(id, zone) WHERE id::text NOT LIKE '%%x'", (
            ids,
            zones,
        )

    def contacts(self, user_ids: Any) -> dict[UUID, Contact]:
        return {
            one: Contact(f"{str(one)[-12:].lstrip('0')}@example.org", self.rows[one][1], self.rows[one][0])
            for one in user_ids
            if one in self.rows
        }


def choose(number: int, push: Choice = Choice.ON, mail: Choice = Choice.ON) -> None:
    choices = {(Topic.NEWS, Outlet.PUSH): push, (Topic.NEWS, Outlet.EMAIL): mail}
    set_settings(user_id=member(number), choices=choices)


def make_broadcast(**more: Any) -> Broadcast:
    """Return a draft by mail and in the inbox."""
    values: dict[str, Any] = {"name": "Calendar", "texts": {"en": TEXT}, "by_push": False, **more}
    return create_broadcast(draft=Draft(**values), staff_id=WRITER, now=NOW)


def schedule(broadcast: Broadcast, *, now: datetime = NOW, staff_id: UUID = SENDER, **plan: Any) -> Broadcast:
    """Schedule a draft; at once unless `plan` says when."""
    return schedule_broadcast(
        broadcast_id=broadcast.pk, revision=broadcast.revision, plan=Plan(**plan), staff_id=staff_id, now=now
    )
