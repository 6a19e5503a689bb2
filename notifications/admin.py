from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import ChannelSwitch, SuppressedAddress
from notifications.services import set_channel_switch
from numerai.staff import StaffModelAdmin


@admin.register(ChannelSwitch)
class ChannelSwitchAdmin(StaffModelAdmin):
    """Stop and start a channel. Without a row a channel is on."""

    list_display = ["channel", "is_on", "changed_at"]
    readonly_fields = ["changed_at"]

    def save_model(self, request: HttpRequest, obj: ChannelSwitch, form: Any, change: bool) -> None:
        set_channel_switch(channel=obj.channel, is_on=obj.is_on)  # type: ignore[arg-type]  # the form offers channels


@admin.register(SuppressedAddress)
class SuppressedAddressAdmin(StaffModelAdmin):
    """Addresses that get nothing more, known by a keyed hash: found by target, and deleted to send to them again."""

    list_display = ["id", "channel", "reason", "created_at"]
    list_filter = ["channel", "reason"]
    search_fields = ["target"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SuppressedAddress | None = None) -> bool:
        return False
