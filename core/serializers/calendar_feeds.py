"""What the addresses of calendar feeds take and give."""

from __future__ import annotations

from rest_framework import serializers

from core.forecasts.feed import INCLUDES
from core.models import CalendarFeed
from core.selectors.calendar_feeds import link_to
from numerai.api.fields import ChoiceField, StrictSerializer


class FeedInput(StrictSerializer):
    """Whose days, and what of them."""

    profile_id = serializers.UUIDField(
        required=False, default=None, help_text="One of your profiles; the primary one by default."
    )
    includes = serializers.ListField(
        child=ChoiceField(choices=list(INCLUDES)),
        default=list(INCLUDES),
        min_length=1,
        max_length=len(INCLUDES),
        help_text="What to tell; everything by default.",
    )


class FeedOutput(serializers.Serializer[CalendarFeed]):
    """A live feed."""

    id = serializers.UUIDField()
    profile_id = serializers.UUIDField()
    includes = serializers.ListField(child=serializers.CharField())
    url = serializers.SerializerMethodField(help_text="For a calendar program. Whoever has it can read the feed.")
    created_at = serializers.DateTimeField()

    def get_url(self, feed: CalendarFeed) -> str:
        return link_to(feed)
