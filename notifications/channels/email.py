"""E-mail by whatever Django backend the settings name: files, SMTP, or one of django-anymail's."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from email.utils import parseaddr
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.channels.base import DeliveryError, Message
from notifications.channels.threads import Session, ThreadedChannel
from notifications.models import SuppressionReason

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
FILE_BACKEND = "notifications.channels.files.EmailBackend"
# Replies of old servers, without an enhanced status, that speak of the mailbox itself.
_NO_SUCH_MAILBOX = (550, 551, 553)
# RFC 3463: 5.1.x is about an address (.7 and .8: the sender's), 5.2.1 a mailbox that was closed.
_SENDER_STATUS = ("5.1.7", "5.1.8")


class EmailSession:
    """One connection, kept for all messages of a thread and opened anew after it broke."""

    def __init__(self) -> None:
        self._connection: Any = get_connection(timeout=settings.EMAIL_TIMEOUT)

    def send(self, message: Message) -> str:
        mail = compose(message)
        try:
            self._connection.open()
        except Exception as error:  # noqa: BLE001 - _connect_error raises on what is no error of a backend
            self.close()
            raise _connect_error(error) from None
        try:
            self._connection.send_messages([mail])
        except Exception as error:  # noqa: BLE001 - and so does _send_error
            if not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError | ValueError):
                self.close()
            raise _send_error(error) from None
        status = getattr(mail, "anymail_status", None)
        return str(getattr(status, "message_id", None) or mail.extra_headers["Message-ID"])

    def close(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._connection.close()


class EmailChannel(ThreadedChannel):
    chunk_size = 200

    @property
    def connections(self) -> int:
        return max(1, int(settings.EMAIL_CONNECTIONS))

    def is_configured(self) -> bool:
        return bool(settings.EMAIL_BACKEND != SMTP_BACKEND or settings.EMAIL_HOST)

    def may_reach(self, address: str) -> bool:
        """Say whether mail can carry the address. Few servers take letters beyond ASCII before the @, and Django would
        write them as another address."""
        name, _, domain = address.rpartition("@")
        return bool(name and domain and name.isascii())

    def admit(self, messages: Sequence[Message], *, today: date) -> dict[UUID, DeliveryError]:
        return {
            message.id: DeliveryError("address_not_supported", permanent=True)
            for message in messages
            if not self.may_reach(message.address)
        }

    @contextmanager
    def session(self) -> Iterator[Session]:
        session = EmailSession()
        try:
            yield session
        finally:
            session.close()


def compose(message: Message) -> EmailMultiAlternatives:
    """Return the mail. Its Message-ID is the delivery's, so a repeat after a crash is the same message to a mailbox."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {
        "Message-ID": f"<{message.id}@{domain}>",
        # RFC 3834: no out-of-office answers to this.
        "Auto-Submitted": "auto-generated",
        "Content-Language": message.letter.language,
    }
    if message.unsubscribe_url:
        # RFC 8058: the mail app shows a button of its own, which posts to the address.
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=message.letter.subject, body=message.letter.text, to=[message.address], headers=headers
    )
    mail.attach_alternative(message.letter.html, "text/html")
    return mail


def _connect_error(error: Exception) -> DeliveryError:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return DeliveryError("credentials_refused", is_channel_down=True)
    if isinstance(error, OSError):
        return DeliveryError("connection_failed", is_channel_down=True)
    return _anymail_error(error) or _raise(error)


def _send_error(error: Exception) -> DeliveryError:
    """Return what an exception of a backend means for the message."""
    # First, because its errors are also those of the HTTP library below it.
    if known := _anymail_error(error):
        return known
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        status, reply = next(iter(error.recipients.values()))
        return _reply_error(status, reply, is_about_recipient=True)
    if isinstance(error, smtplib.SMTPSenderRefused):
        # Whom we claim to be is the same in every message.
        return DeliveryError("sender_refused", is_channel_down=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply_error(error.smtp_code, error.smtp_error, is_about_recipient=False)
    if isinstance(error, smtplib.SMTPNotSupportedError | UnicodeError):
        return DeliveryError("address_not_supported", permanent=True)
    if isinstance(error, OSError):
        return DeliveryError("connection_lost")
    if isinstance(error, ValueError):
        return DeliveryError("message_not_supported", permanent=True)
    return _raise(error)


def _raise(error: Exception) -> NoReturn:
    raise error


def _reply_error(status: int, reply: bytes | str, *, is_about_recipient: bool) -> DeliveryError:
    """Return what an SMTP reply means. The reply itself may quote the address and goes nowhere."""
    if status == 421:
        return DeliveryError("service_unavailable", is_channel_down=True)
    if status < 500:
        return DeliveryError(f"smtp_{status}")
    text = reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply
    enhanced = text.split(maxsplit=1)[0] if text.startswith("5.") else ""
    is_dead = (enhanced.startswith("5.1.") and enhanced not in _SENDER_STATUS) or enhanced == "5.2.1"
    if is_dead or (is_about_recipient and not enhanced and status in _NO_SUCH_MAILBOX):
        return DeliveryError("address_refused", permanent=True, suppress=SuppressionReason.BOUNCED)
    return DeliveryError(f"smtp_{status}", permanent=True)


def _anymail_error(error: Exception) -> DeliveryError | None:
    """Return what an error of django-anymail means; None for any other error."""
    from anymail import exceptions as anymail

    if isinstance(error, anymail.AnymailRecipientsRefused):
        return DeliveryError("address_refused", permanent=True, suppress=SuppressionReason.BOUNCED)
    if isinstance(error, anymail.AnymailInvalidAddress):
        return DeliveryError("address_not_supported", permanent=True)
    if isinstance(error, anymail.AnymailAPIError):
        status = getattr(error, "status_code", None)
        if status is None:
            return DeliveryError("connection_failed", is_channel_down=True)
        if status in (401, 403):
            return DeliveryError("credentials_refused", is_channel_down=True)
        if status == 429 or status >= 500:
            headers = getattr(getattr(error, "response", None), "headers", {})
            return DeliveryError(f"http_{status}", retry_after=seconds_of(headers.get("Retry-After")))
        return DeliveryError(f"http_{status}", permanent=True)
    if isinstance(error, anymail.AnymailError):
        return DeliveryError("backend_misconfigured", is_channel_down=True)
    return None


def seconds_of(retry_after: str | None) -> float | None:
    """Return the seconds of a Retry-After header; None for a date or nonsense: our own back-off does then."""
    text = (retry_after or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
