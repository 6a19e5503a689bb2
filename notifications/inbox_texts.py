"""The inbox in words: an item says what its push says, in the language of the member now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from notifications.kinds import Channel, Kind
from notifications.letters import FALLBACK, LetterNotWritten, render_letter
from notifications.models import InboxItem
from notifications.sources import Asked, contacts_of, payloads_of


def write_items(items: Sequence[InboxItem], *, user_id: UUID) -> list[dict[str, Any]]:
    """Return the items of one member with title and body. One query, and one for each kind that was put in by the set.

    An item of a kind that only newer code can put into words is left out: it is there again after the deploy.
    """
    contact = contacts_of([user_id]).get(user_id)
    language = contact.language if contact else FALLBACK
    written = []
    for item, payload in payloads_of_items(items, language=language):
        try:
            letter = render_letter(kind=item.kind, channel=Channel.WEBPUSH, language=language, payload=payload)
        except LetterNotWritten:
            continue
        written.append(
            {
                "id": item.pk,
                "kind": item.kind,
                "title": letter.subject,
                "body": letter.text,
                "url": letter.url,
                "created_at": item.created_at,
                "read_at": item.read_at,
            }
        )
    return written


def payloads_of_items(items: Iterable[InboxItem], *, language: str) -> list[tuple[InboxItem, Mapping[str, Any]]]:
    """Return each item with what its texts are made of: its own, or what the app that knows says now.

    Items of which nobody knows anything any more are left out.
    """
    items = list(items)
    to_ask: dict[Kind, list[Asked]] = {}
    for item in items:
        if item.payload is None and item.kind in Kind.values:
            asked = Asked(item.pk, item.user_id, item.created_at.date(), item.subject, language)
            to_ask.setdefault(Kind(item.kind), []).append(asked)
    said: dict[UUID, Mapping[str, Any]] = {}
    for kind, asking in to_ask.items():
        said |= payloads_of(kind, asking) or {}
    known = ((item, said.get(item.pk) if item.payload is None else item.payload) for item in items)
    return [(item, payload) for item, payload in known if payload is not None]
