"""What this layer asks the apps above: who a member is, which members there are, and what a delivery says.

Deliveries that were made by the set hold neither address nor text; the sender asks just before it sends. The apps
that know register here, in their `AppConfig.ready()`, functions that answer for a whole chunk with a fixed number of
queries.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from notifications.kinds import Kind
from notifications.segments import Segment


@dataclass(frozen=True, slots=True)
class Contact:
    """How a member is reached and spoken to. `time_zone` is an IANA name."""

    email: str
    language: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A delivery that wants its payload. `id` is the delivery's; the texts belong into `language`."""

    id: UUID
    user_id: UUID
    due_on: date
    subject: str
    language: str


Members = tuple[str, tuple[Any, ...]]
MemberSource = Callable[[Segment, datetime], Members]
ContactSource = Callable[[Collection[UUID]], Mapping[UUID, Contact]]
PayloadSource = Callable[[Sequence[Asked]], Mapping[UUID, Mapping[str, Any]]]

_contact_source: ContactSource | None = None
_member_source: MemberSource | None = None
_payload_sources: dict[Kind, PayloadSource] = {}


def register_contacts(source: ContactSource) -> None:
    """Set the one function that knows members: ids in, contacts by id out.

    It leaves out members whom nothing should be sent to. Raises ValueError for a second function.
    """
    global _contact_source
    if _contact_source not in (None, source):
        raise ValueError("a source of contacts is already registered")
    _contact_source = source


def register_members(source: MemberSource) -> None:
    """Set the one function that finds members: a segment and the time now in, a query out.

    The query, with its parameters, has the columns (user_id uuid, time_zone text), one row a member, and may stand
    inside another. It leaves out members whom nothing should be sent to, and knows nothing of devices or choices,
    which are this layer's own. Raises ValueError for a second function.
    """
    global _member_source
    if _member_source not in (None, source):
        raise ValueError("a source of members is already registered")
    _member_source = source


def members_in(segment: Segment, *, now: datetime) -> Members:
    """Return the query that finds the members of a segment; nobody where no app knows any."""
    if _member_source is None:
        return "SELECT NULL::uuid AS user_id, NULL::text AS time_zone WHERE false", ()
    return _member_source(segment, now)


def register_payloads(kind: Kind, source: PayloadSource) -> None:
    """Set the function that says what deliveries of a kind hold (kinds.RULES): deliveries in, payloads by id out.

    What it leaves out is not sent: there is nothing to say any more. Raises ValueError for a second function.
    """
    if _payload_sources.setdefault(kind, source) is not source:
        raise ValueError(f"a source of {kind.value} is already registered")


def contacts_of(user_ids: Collection[UUID]) -> Mapping[UUID, Contact]:
    """Return the contacts of members, without those who get nothing."""
    return _contact_source(user_ids) if _contact_source and user_ids else {}


def payloads_of(kind: Kind, asked: Sequence[Asked]) -> Mapping[UUID, Mapping[str, Any]] | None:
    """Return what deliveries of one kind say; None if no app says it, as in a worker of older code."""
    source = _payload_sources.get(kind)
    return source(asked) if source else None


def list_kinds_with_source() -> list[Kind]:
    """Return the kinds whose deliveries need hold no payload: an app says it when they are sent."""
    return sorted(_payload_sources)
