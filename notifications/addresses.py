"""Addresses in the one form by which they are compared."""

from __future__ import annotations

from notifications.kinds import Channel
from numerai.crypto import blind_index

# The target of an e-mail to whatever address its member has when it is sent.
MEMBER = "member"


def target_of(channel: Channel, address: str) -> str:
    """Return the blind index of an address: deliveries and suppressions are found by it, never by the address."""
    form = address.strip().lower() if channel == Channel.EMAIL else "".join(address.split())
    return blind_index(form, context=f"notifications.{Channel(channel).value}")
