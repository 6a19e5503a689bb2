"""What the other apps may ask."""

from __future__ import annotations

from notifications.channels import CHANNELS
from notifications.kinds import Channel
from notifications.models import ChannelSwitch


def is_channel_on(*, channel: Channel) -> bool:
    """Say whether a channel has its settings and nobody has switched it off."""
    return CHANNELS[channel].is_configured() and not ChannelSwitch.objects.filter(channel=channel, is_on=False).exists()


def can_deliver(*, channel: Channel, address: str) -> bool:
    """Say whether a message to this address would go now: the channel is on and its rules allow the address.

    For text messages that means a country of SMS_COUNTRIES. Says nothing about suppression, which would tell a
    stranger about somebody else's address.
    """
    return CHANNELS[channel].may_reach(address) and is_channel_on(channel=channel)
