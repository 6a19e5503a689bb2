"""Addresses that calendar programs subscribe to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.models.profiles import NumerologyProfile
from numerai.db import UUIDv7


class CalendarFeed(models.Model):
    """A live feed; a revoked one has no row. Its address is signed, not stored (selectors/calendar_feeds.py)."""

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    profile = models.ForeignKey(NumerologyProfile, on_delete=models.CASCADE, related_name="+")
    # Some of core.forecasts.feed.INCLUDES.
    includes = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return str(self.pk)
