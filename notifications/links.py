"""Signed links in mails that work without signing in: for one member, one topic, and one thing."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from notifications.kinds import CHOICES, Choice, Outlet, Topic

_SALT = "notifications.unsubscribe"


def unsubscribe_url(*, user_id: UUID, topic: Topic) -> str:
    """Return the address that stops a member's mail of a topic; "" for mail that cannot be left out.

    It never ends, as mails do not. The same member and topic have the same link.
    """
    if Choice.OFF not in CHOICES[topic, Outlet.EMAIL].accepted:
        return ""
    token = signing.Signer(salt=_SALT).sign(f"{user_id.hex}.{topic.value}")
    return settings.SITE_URL + reverse("unsubscribe", args=[token])


def read_unsubscribe_token(token: str) -> tuple[UUID, Topic] | None:
    """Return whom and what a link is about; None for one that we did not make."""
    try:
        user_id, _, topic = signing.Signer(salt=_SALT).unsign(token).partition(".")
        return UUID(hex=user_id), Topic(topic)
    except (signing.BadSignature, ValueError):
        return None
