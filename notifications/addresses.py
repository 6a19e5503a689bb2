"""Addresses in the one form by which they are compared."""

from __future__ import annotations

from notifications.kinds import Channel
from numerai.crypto import blind_index


def target_of(channel: Channel, address: str) -> str:
    """Return the blind index of an address: deliveries and suppressions are found by it, never by the address."""
    form = address.strip().lower() if channel == Channel.EMAIL else "".join(address.split())
    return blind_index(form, context=f"notifications.{Channel(channel).value}")
