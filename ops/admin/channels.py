"""The channels: which send, which wait and why, and the switch of each."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications.backlog import CHANNEL_NAMES, list_channels
from notifications.channels import CHANNELS
from notifications.kinds import Channel
from notifications.services import set_channel_switch
from ops.admin.pages import back_to, counted, desk_page, require, show, write_down

SEE, SWITCH = "notifications.view_channelswitch", "notifications.change_channelswitch"
SHORTEST_REASON = 3


@desk_page("channels", permission=SEE)
def channels_page(request: HttpRequest) -> HttpResponse:
    """Show the channels; switch one."""
    if request.method == "POST":
        require(request, SWITCH)
        _switch(request)
        return back_to("channels")
    rows = [
        {
            "name": CHANNEL_NAMES[now.channel],
            "in_a_line": CHANNEL_NAMES[now.channel].lower(),
            "now": now,
            "urgent": counted(now.urgent, is_at_least=now.is_at_least),
            "other": counted(now.other, is_at_least=now.is_at_least),
        }
        for now in list_channels(now=timezone.now())
    ]
    return show(request, "channels.html", "Channels", {"rows": rows, "may_switch": request.user.has_perm(SWITCH)})


def _switch(request: HttpRequest) -> None:
    named, reason, is_on = (request.POST.get(name, "") for name in ("channel", "reason", "do"))
    if named not in Channel.values or is_on not in ("on", "off"):
        messages.error(request, "Choose a channel and what to do with it.")
        return
    if is_on == "off" and len(reason.strip()) < SHORTEST_REASON:
        messages.error(request, "Say why, for those who find it off.")
        return
    channel = Channel(named)
    with transaction.atomic():
        is_changed = set_channel_switch(channel=channel, is_on=is_on == "on", reason=reason)
        if is_changed:
            write_down(request, f"channel_{named}_{is_on}")
    if is_changed:
        messages.success(request, f"{CHANNEL_NAMES[channel]}: {is_on}. {_what_follows(channel, is_on)}")
    else:
        messages.warning(request, f"{CHANNEL_NAMES[channel]}: {is_on} already, and nothing was changed.")


def _what_follows(channel: Channel, is_on: str) -> str:
    if is_on == "off":
        return "What is queued waits, codes too, until it expires."
    if not CHANNELS[channel].is_configured():
        return "It has no keys yet, so all of it waits."
    return "What waits goes out now."
