"""Text messages, for one-time codes only: one HTTP POST to Twilio, or files on a developer's machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import phonenumbers
from django.conf import settings
from django.db import connection

from notifications.channels.base import DeliveryError, Message
from notifications.channels.email import seconds_of
from notifications.channels.files import write_file
from notifications.channels.threads import Session, ThreadedChannel
from notifications.models import SuppressionReason

CONNECTIONS = 8
# Twilio's codes for a recipient who has answered STOP, and for numbers that cannot take a text message.
_STOPPED = 21610
_NUMBER_AT_FAULT = {21211, 21214, 21217, 21265, 21401, 21407, 21614}
_COUNTRY_AT_FAULT = {21408, 21612}


class FileSession:
    def send(self, message: Message) -> str:
        content = {"to": message.address, "text": message.letter.text}
        return write_file(json.dumps(content, ensure_ascii=False).encode(), suffix=".sms.json")


class TwilioSession:
    """One HTTP connection, kept for all messages of a thread."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def send(self, message: Message) -> str:
        import requests

        sender = settings.TWILIO_FROM
        account = settings.TWILIO_ACCOUNT_SID
        try:
            answer = self._http.post(
                f"{settings.TWILIO_BASE_URL.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json",
                data={
                    "To": message.address,
                    "Body": message.letter.text,
                    ("MessagingServiceSid" if sender.startswith("MG") else "From"): sender,
                },
                auth=(account, settings.TWILIO_AUTH_TOKEN),
                timeout=settings.TWILIO_TIMEOUT,
                allow_redirects=False,
            )
        except requests.ConnectTimeout:
            raise DeliveryError("connection_failed", is_channel_down=True) from None
        except requests.Timeout:
            raise DeliveryError("no_answer") from None
        except requests.RequestException:
            raise DeliveryError("connection_failed", is_channel_down=True) from None
        body = _json_object(answer)
        if answer.status_code == 201 and isinstance(body.get("sid"), str):
            return str(body["sid"])
        raise _error_of(answer.status_code, body.get("code"), answer.headers.get("Retry-After"))


def _json_object(answer: Any) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _error_of(status: int, code: Any, retry_after: str | None) -> DeliveryError:
    if status in (401, 403, 404):
        return DeliveryError("credentials_refused", is_channel_down=True)
    if status == 429 or status >= 500 or status < 400:
        return DeliveryError(f"http_{status}", retry_after=seconds_of(retry_after))
    if code == _STOPPED:
        return DeliveryError("unsubscribed", permanent=True, suppress=SuppressionReason.UNSUBSCRIBED)
    if code in _NUMBER_AT_FAULT:
        return DeliveryError("number_refused", permanent=True)
    if code in _COUNTRY_AT_FAULT:
        return DeliveryError("country_refused", permanent=True)
    return DeliveryError(f"twilio_{code}" if isinstance(code, int) else f"http_{status}", permanent=True)


class SmsChannel(ThreadedChannel):
    chunk_size = 200

    @property
    def connections(self) -> int:
        return CONNECTIONS

    def is_configured(self) -> bool:
        if settings.SMS_BACKEND == "files":
            return True
        return bool(
            settings.SMS_BACKEND == "twilio"
            and settings.TWILIO_ACCOUNT_SID
            and settings.TWILIO_AUTH_TOKEN
            and settings.TWILIO_FROM
            and settings.SMS_COUNTRIES
        )

    def may_reach(self, address: str) -> bool:
        """Say whether the number's country is allowed. +1 alone is two dozen countries, some of them dear."""
        if "*" in settings.SMS_COUNTRIES:
            return True
        try:
            region = phonenumbers.region_code_for_number(phonenumbers.parse(address))
        except phonenumbers.NumberParseException:
            return False
        return region in settings.SMS_COUNTRIES

    def admit(self, messages: Sequence[Message], *, today: date) -> dict[UUID, DeliveryError]:
        refused = {
            message.id: DeliveryError("country_not_allowed", permanent=True)
            for message in messages
            if not self.may_reach(message.address)
        }
        allowed = [message for message in messages if message.id not in refused]
        granted = take_from_day(len(allowed), today=today)
        over = {message.id: DeliveryError("daily_limit_reached", permanent=True) for message in allowed[granted:]}
        return refused | over

    @contextmanager
    def session(self) -> Iterator[Session]:
        if settings.SMS_BACKEND == "files":
            yield FileSession()
            return
        import requests

        with requests.Session() as http:
            yield TwilioSession(http)


_TAKE = """
INSERT INTO notifications_smsday AS counted (day, taken) VALUES (%(day)s, least(%(wanted)s, %(limit)s))
ON CONFLICT (day) DO UPDATE SET taken = least(counted.taken + %(wanted)s, greatest(counted.taken, %(limit)s))
    WHERE counted.taken < %(limit)s
RETURNING new.taken - coalesce(old.taken, 0)
"""


def take_from_day(wanted: int, *, today: date) -> int:
    """Take up to `wanted` messages from the day's limit; return how many were left to take.

    One conditional statement: of any number of senders together, none gets past the limit. What is taken is not given
    back when a message fails: the limit is against fraud, not for accounting.
    """
    if wanted == 0 or settings.SMS_DAILY_LIMIT <= 0:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"day": today, "wanted": wanted, "limit": settings.SMS_DAILY_LIMIT})
        row = cursor.fetchone()
    return int(row[0]) if row else 0
