"""The inbox in words: an item says what its push says, in the language of the member now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from notifications.kinds import Channel
from notifications.letters import FALLBACK, LetterNotWritten, render_letter
from notifications.models import InboxItem
from notifications.sources import contacts_of


def write_items(items: Sequence[InboxItem], *, user_id: UUID) -> list[dict[str, Any]]:
    """Return the items of one member with title and body. One query, whatever their number.

    An item of a kind that only newer code can put into words is left out: it is there again after the deploy.
    """
    contact = contacts_of([user_id]).get(user_id)
    language = contact.language if contact else FALLBACK
    written = []
    for item in items:
        try:
            letter = render_letter(kind=item.kind, channel=Channel.WEBPUSH, language=language, payload=item.payload)
        except LetterNotWritten:
            continue
        written.append(
            {
                "id": item.pk,
                "kind": item.kind,
                "title": letter.subject,
                "body": letter.text,
                "created_at": item.created_at,
                "read_at": item.read_at,
            }
        )
    return written
