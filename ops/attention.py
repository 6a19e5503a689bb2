"""The dashboard's card of what somebody should know at once. It is there only while there is something."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from notifications.backlog import CHANNEL_NAMES
from notifications.kinds import Channel
from notifications.models import ChannelSwitch
from ops.dashboard import Card, Line, Measured, register_card
from ops.timetable import list_entries


def attention(now: datetime) -> Measured | None:
    """Name what somebody should know at once: channels that are off, tasks that are late or fail; None if nothing."""
    off = ChannelSwitch.objects.filter(is_on=False).order_by("channel")
    channels, timetable = reverse("admin:operations_channels"), reverse("admin:operations_timetable")
    lines = [
        Line(f"{CHANNEL_NAMES[Channel(switch.channel)]}: {switch.reason}", "off", channels, is_bad=True)
        for switch in off
    ]
    for entry in list_entries(now=now):
        if entry.wants_a_look:
            state = "late" if entry.is_late else "never ended" if entry.never_ended else "failed"
            lines.append(Line(entry.name, state, timetable, is_bad=True))
    return Measured(lines) if lines else None


def register() -> None:
    """Put the card on the dashboard."""
    register_card(Card("attention", "To look at", "notifications.view_channelswitch", attention, is_live=True))
