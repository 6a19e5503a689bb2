"""What the sender asks the apps above just before it sends: who a member is, and what a delivery says.

Deliveries that were made by the set hold neither address nor text. The apps that know both register here, in their
`AppConfig.ready()`, a function that answers for a whole chunk with a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from notifications.kinds import Kind


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


ContactSource = Callable[[Collection[UUID]], Mapping[UUID, Contact]]
PayloadSource = Callable[[Sequence[Asked]], Mapping[UUID, Mapping[str, Any]]]

_contact_source: ContactSource | None = None
_payload_sources: dict[Kind, PayloadSource] = {}


def register_contacts(source: ContactSource) -> None:
    """Set the one function that knows members: ids in, contacts by id out.

    It leaves out members whom nothing should be sent to. Raises ValueError for a second function.
    """
    global _contact_source
    if _contact_source not in (None, source):
        raise ValueError("a source of contacts is already registered")
    _contact_source = source


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
