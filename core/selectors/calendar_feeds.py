"""Reads of calendar feeds, and what is behind their addresses.

An address names the row of a feed, signed: it holds nothing of the member, cannot be guessed, and ends with the row.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.urls import reverse

from core.forecasts.feed import calendar_file
from core.models import CalendarFeed
from core.selectors.profiles import HasKey, chart_day, chart_of
from numerai.api.exceptions import NotFound

_SIGNER = "core.calendar_feed"


def list_feeds_of(*, user: HasKey) -> QuerySet[CalendarFeed]:
    """Return a member's feeds in the order in which they were made."""
    return CalendarFeed.objects.filter(user_id=user.pk).order_by("pk")


def link_to(feed: CalendarFeed) -> str:
    """Return the address of a feed, the same one each time."""
    token = signing.Signer(salt=_SIGNER).sign(feed.pk.hex)
    return f"{settings.SITE_URL}{reverse('core:calendar-feed-file', args=[token])}"


def feed_id_of(token: str) -> UUID | None:
    """Return which feed an address names; None for one that we did not sign."""
    try:
        return UUID(signing.Signer(salt=_SIGNER).unsign(token))
    except signing.BadSignature:
        return None


def open_feed(*, token: str, now: datetime) -> bytes:
    """Return the file behind an address, one query. Raises NotFound for one that is forged or revoked."""
    live = CalendarFeed.objects.filter(user__is_active=True, user__is_verified=True).select_related("profile", "user")
    feed_id = feed_id_of(token)
    feed = live.filter(pk=feed_id).first() if feed_id else None
    if feed is None:
        raise NotFound
    profile = feed.profile
    today = chart_day(profile, now=now, zone=feed.user.time_zone)
    return calendar_file(
        chart_of(profile, on=None, explain=False),
        *_stretch(today),
        includes=feed.includes,
        feed=feed.pk.hex,
        changed_at=profile.updated_at,
    )


def _stretch(today: date) -> tuple[date, date]:
    """Return the first day of the month before and the last of the stretch, a year on: the same all month long."""
    first = today.replace(day=1)
    before = first.replace(year=first.year - (first.month == 1), month=(first.month - 2) % 12 + 1)
    ahead = first.replace(year=first.year + 1, month=first.month)
    return before, ahead.replace(day=28)


def export_feeds(user_id: UUID) -> list[dict[str, Any]]:
    """Return every feed of a member, for an export of personal data."""
    return [
        {
            "id": str(row.pk),
            "profile": str(row.profile_id),
            "includes": row.includes,
            "created_at": row.created_at.isoformat(),
        }
        for row in CalendarFeed.objects.filter(user_id=user_id).order_by("pk")
    ]
