"""The channels by name. A new one is a module here, a line in this table and a member of kinds.Channel."""

from __future__ import annotations

from notifications.channels.base import DeliveryChannel
from notifications.channels.email import EmailChannel
from notifications.channels.fcm import FcmChannel
from notifications.channels.sms import SmsChannel
from notifications.channels.webpush import WebPushChannel
from notifications.kinds import Channel

CHANNELS: dict[Channel, DeliveryChannel] = {
    Channel.EMAIL: EmailChannel(),
    Channel.SMS: SmsChannel(),
    Channel.FCM: FcmChannel(),
    Channel.WEBPUSH: WebPushChannel(),
}
