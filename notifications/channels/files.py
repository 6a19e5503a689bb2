"""Stand-ins for a mail server and a text message provider on a developer's machine: files that /dev/outbox shows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from numerai.db import uuid7


def write_file(content: bytes, *, suffix: str) -> str:
    """Write one message for this user's eyes only; return its name. Names are in the order of writing."""
    folder = Path(settings.OUTBOX_FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{uuid7()}{suffix}"
    unfinished = folder / f".{name}"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
    unfinished.rename(folder / name)
    return name


class EmailBackend(BaseEmailBackend):
    """A Django e-mail backend that writes each message as an .eml file."""

    def __init__(self, **kwargs: Any) -> None:
        # Host, timeout and the like are for backends that have a server.
        super().__init__(fail_silently=bool(kwargs.get("fail_silently", False)))

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            write_file(message.message().as_bytes(), suffix=".eml")
        return len(email_messages)
