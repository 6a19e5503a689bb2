"""Calendar feeds: made and revoked."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from authentication.models import User
from core.exceptions import NoPrimaryProfile, TooManyCalendarFeeds
from core.forecasts.feed import INCLUDES
from core.models import CalendarFeed
from core.selectors.profiles import get_primary_for, get_profile_for
from numerai.api.exceptions import NotFound

MOST_FEEDS = 5


def create_feed(*, user_id: UUID, profile_id: UUID | None, includes: Sequence[str]) -> CalendarFeed:
    """Make a feed of one of a member's profiles, the primary one without an id.

    Raises NotFound, NoPrimaryProfile and TooManyCalendarFeeds. Two at once come one after the other, so that neither
    passes the limit.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).only("pk").get(pk=user_id)
        profile = get_profile_for(user=user, profile_id=profile_id) if profile_id else get_primary_for(user=user)
        if profile is None:
            raise NoPrimaryProfile
        if CalendarFeed.objects.filter(user=user).count() >= MOST_FEEDS:
            raise TooManyCalendarFeeds
        chosen = [name for name in INCLUDES if name in includes]
        return CalendarFeed.objects.create(user=user, profile=profile, includes=chosen)


def revoke_feed(*, user_id: UUID, feed_id: UUID) -> None:
    """End a feed: its address answers no longer. Raises NotFound."""
    deleted, _ = CalendarFeed.objects.filter(user_id=user_id, pk=feed_id).delete()
    if not deleted:
        raise NotFound


def revoke_feeds(user_id: UUID) -> None:
    """End every feed of a member."""
    CalendarFeed.objects.filter(user_id=user_id).delete()
