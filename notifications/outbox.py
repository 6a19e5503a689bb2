"""Reads what the stand-ins wrote (channels/files.py)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

from notifications.kinds import Channel

NAME = re.compile(r"[0-9a-f-]{36}\.(?:eml|sms\.json)")


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it was written: to whom, what, when. A text message has no subject and no HTML."""

    name: str
    channel: Channel
    written_at: datetime
    to: str
    text: str
    subject: str = ""
    html: str = ""


def list_messages(*, limit: int = 50) -> list[StoredMessage]:
    """Return the newest messages first."""
    folder = Path(settings.OUTBOX_FOLDER)
    names = sorted((path.name for path in folder.glob("*") if NAME.fullmatch(path.name)), reverse=True)
    return [message for name in names[:limit] if (message := read_message(name)) is not None]


def read_message(name: str) -> StoredMessage | None:
    """Return one message, or None if there is none of that name."""
    path = Path(settings.OUTBOX_FOLDER) / name
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    content = path.read_bytes()
    # A version 7 UUID begins with the milliseconds of its making.
    written_at = datetime.fromtimestamp(int(name[:13].replace("-", ""), 16) / 1000).astimezone()
    if name.endswith(".sms.json"):
        sms = json.loads(content)
        return StoredMessage(name, Channel.SMS, written_at, to=sms["to"], text=sms["text"])
    mail = message_from_bytes(content, policy=policy.default)
    return StoredMessage(
        name,
        Channel.EMAIL,
        written_at,
        to=str(mail["To"]),
        text=_part(mail, "plain"),
        subject=str(mail["Subject"]),
        html=_part(mail, "html"),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
