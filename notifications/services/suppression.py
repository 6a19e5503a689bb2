"""Stopping and starting channels and addresses."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from notifications import queues
from notifications.addresses import target_of
from notifications.kinds import Channel
from notifications.models import ChannelSwitch, Delivery, SuppressedAddress, SuppressionReason


def suppress_address(*, channel: Channel, address: str, reason: SuppressionReason) -> bool:
    """Send nothing more to an address; say whether that is new. What is queued for it ends as suppressed."""
    _, is_new = SuppressedAddress.objects.get_or_create(
        channel=channel, target=target_of(channel, address), defaults={"reason": reason}
    )
    return is_new


def lift_suppression(*, channel: Channel, address: str) -> bool:
    """Send to an address again; say whether it was suppressed."""
    return bool(SuppressedAddress.objects.filter(channel=channel, target=target_of(channel, address)).delete()[0])


def set_channel_switch(*, channel: Channel, is_on: bool, reason: str = "") -> bool:
    """Stop or start a channel; say whether that is a change. `reason` is for staff, and kept while it is off.

    The first reason stands: who switches off what is off already changes nothing.

    What is queued waits while it is off, codes and notices of safety too, and ends when it expires; what is being sent
    at this moment still goes.
    """
    reason = "" if is_on else reason.strip()[:200]
    with transaction.atomic():
        switch, is_new = ChannelSwitch.objects.select_for_update().get_or_create(
            channel=channel, defaults={"is_on": is_on, "reason": reason}
        )
        was_on = True if is_new else switch.is_on
        if not is_new and was_on != is_on:
            switch.is_on, switch.reason = is_on, reason
            switch.save()
        if is_on:
            for queue in queues.PRIORITIES:
                transaction.on_commit(partial(queues.wake, queue))
    return was_on != is_on


def forget_address(*, channel: Channel, address: str) -> None:
    """Forget everything about an address whose owner is erased: deliveries to it, and that it was stopped."""
    target = target_of(channel, address)
    Delivery.objects.filter(channel=channel, target=target).delete()
    SuppressedAddress.objects.filter(channel=channel, target=target).delete()
