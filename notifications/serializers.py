"""Input and output shapes of the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from notifications.kinds import CHOICES, PUSH, Choice, Outlet, Topic
from notifications.models import Device, Platform
from notifications.subscriptions import (
    ENDPOINT_LENGTH,
    Unacceptable,
    check_auth,
    check_endpoint,
    check_fcm_token,
    check_p256dh,
)
from numerai.api.fields import ChoiceField, StrictSerializer, TextField

_APP_PLATFORMS = [Platform.ANDROID.value, Platform.IOS.value]
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", re.ASCII)
_VERSION = re.compile(r"[\x21-\x7e]{1,32}", re.ASCII)


def _accepted(check: Callable[[str], str], value: str) -> str:
    try:
        return check(value)
    except Unacceptable as problem:
        raise serializers.ValidationError(str(problem)) from None


class KeysInput(StrictSerializer):
    p256dh = TextField(max_length=200, help_text="The browser's public key: base64url.")
    auth = TextField(max_length=100, help_text="The browser's authentication secret: base64url.")

    def validate_p256dh(self, value: str) -> str:
        return _accepted(check_p256dh, value)

    def validate_auth(self, value: str) -> str:
        return _accepted(check_auth, value)


class SubscriptionInput(StrictSerializer):
    """What `PushSubscription.toJSON()` gives."""

    endpoint = TextField(max_length=ENDPOINT_LENGTH)
    # Browsers send it along; push services say "gone" when it is.
    expirationTime = serializers.IntegerField(required=False, allow_null=True)
    keys = KeysInput()

    def validate_endpoint(self, value: str) -> str:
        return _accepted(check_endpoint, value)


class DeviceInput(StrictSerializer):
    kind = ChoiceField([channel.value for channel in sorted(PUSH)])
    token = TextField(required=False, max_length=1024, help_text="For fcm: the registration token.")
    subscription = SubscriptionInput(required=False, help_text="For webpush.")
    platform = ChoiceField(_APP_PLATFORMS, required=False, help_text="For fcm: the app's system.")
    app_version = TextField(required=False, allow_blank=True, max_length=32, default="")
    locale = TextField(required=False, allow_blank=True, max_length=35, default="")

    def validate_token(self, value: str) -> str:
        return _accepted(check_fcm_token, value)

    def validate_app_version(self, value: str) -> str:
        if value and not _VERSION.fullmatch(value):
            raise serializers.ValidationError("Takes up to 32 visible ASCII characters, such as 1.4.2.")
        return value

    def validate_locale(self, value: str) -> str:
        if value and not _LOCALE.fullmatch(value):
            raise serializers.ValidationError("Takes a language tag such as en or pt-BR.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needs = {"fcm": {"token", "platform"}, "webpush": {"subscription"}}[attrs["kind"]]
        given = {"token", "platform", "subscription"} & set(attrs)
        problems = dict.fromkeys(sorted(needs - given), f"Is needed for {attrs['kind']}.")
        problems |= dict.fromkeys(sorted(given - needs), f"Does not belong to {attrs['kind']}.")
        if problems:
            raise serializers.ValidationError(problems)
        return attrs


class DeviceOutput(serializers.ModelSerializer[Device]):
    kind = serializers.ChoiceField(source="channel", choices=[channel.value for channel in sorted(PUSH)])

    class Meta:
        model = Device
        fields = ("id", "kind", "platform", "app_version", "locale", "created_at", "refreshed_at")


class VapidKeyOutput(serializers.Serializer[Any]):
    public_key = serializers.CharField(help_text="The applicationServerKey to subscribe with: base64url.")


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
class ClockField(serializers.TimeField):
    """A time of day: HH:MM."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            format="%H:%M",
            input_formats=["%H:%M"],
            error_messages={"invalid": "Takes a time of day as HH:MM."},
            **options,
        )


class QuietHoursShape(StrictSerializer):
    """In the member's own time zone; may go past midnight."""

    starts_at = ClockField()
    ends_at = ClockField()

    def validate(self, attrs: dict[str, time]) -> dict[str, time]:
        if attrs["starts_at"] == attrs["ends_at"]:
            raise serializers.ValidationError({"ends_at": "Takes another time than starts_at."})
        return attrs


def _outlets_of(topic: Topic, *, required: bool) -> type[StrictSerializer]:
    fields: dict[str, Any] = {
        outlet.value: ChoiceField(
            [choice.value for choice in Choice if choice in CHOICES[topic, outlet].accepted], required=required
        )
        for outlet in Outlet
    }
    name = f"{topic.name.title().replace('_', '')}Choices{'' if required else 'Input'}"
    return type(name, (StrictSerializer,), fields)


class ChoicesInput(StrictSerializer):
    """What is left out stays as it is."""

    def get_fields(self) -> dict[str, Any]:
        return {topic.value: _outlets_of(topic, required=False)(required=False) for topic in Topic}


class ChoicesOutput(StrictSerializer):
    def get_fields(self) -> dict[str, Any]:
        return {topic.value: _outlets_of(topic, required=True)() for topic in Topic}


class SettingsInput(StrictSerializer):
    choices = ChoicesInput(required=False)
    quiet_hours = QuietHoursShape(required=False, allow_null=True, help_text="null: none.")


class SettingsOutput(StrictSerializer):
    choices = ChoicesOutput()
    quiet_hours = QuietHoursShape(allow_null=True)


class InboxItemOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="What it is about; new ones come.")
    title = serializers.CharField()
    body = serializers.CharField()
    url = serializers.CharField(help_text="The page that it leads to; empty: the one for its kind.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class UnreadOutput(serializers.Serializer[Any]):
    unread = serializers.IntegerField(min_value=0)


class MarkedOutput(serializers.Serializer[Any]):
    marked = serializers.IntegerField(min_value=0, help_text="How many were not read before.")
