"""Which members there are, for broadcasts (notifications.sources.register_members)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import reduce
from operator import or_

from django.core.exceptions import EmptyResultSet
from django.db.models import Exists, OuterRef, Q

from authentication.models import AccountDeletion, Session, User
from notifications.segments import Segment
from notifications.sources import Members
from numerai import hooks

_NOBODY = "SELECT id, time_zone FROM authentication_user WHERE false"


def members_in(segment: Segment, now: datetime) -> Members:
    """Return the query that finds the members of a segment: proven, open accounts that are not about to be erased."""
    leaving = AccountDeletion.objects.filter(user_id=OuterRef("pk"))
    found = User.objects.filter(~Exists(leaving), is_active=True, is_verified=True)
    if segment.only is not None:
        found = found.filter(pk__in=segment.only)
    if segment.languages:
        spoken = (Q(language=tag) | Q(language__startswith=f"{tag}-") for tag in segment.languages)
        found = found.filter(reduce(or_, spoken))
    if segment.plan:
        found = found.alias(tier=hooks.tier_expression()).filter(tier=segment.plan)
    if segment.joined_from:
        found = found.filter(created_at__gte=datetime.combine(segment.joined_from, time(), UTC))
    if segment.joined_until:
        found = found.filter(created_at__lt=datetime.combine(segment.joined_until, time(), UTC))
    if segment.active_days:
        seen = Session.objects.filter(user=OuterRef("pk"), last_seen_at__gte=now - timedelta(days=segment.active_days))
        found = found.filter(Exists(seen))
    if segment.time_zones:
        found = found.filter(time_zone__in=segment.time_zones)
    try:
        return found.order_by().values_list("pk", "time_zone").query.sql_with_params()
    except EmptyResultSet:
        # An empty list of ids.
        return _NOBODY, ()
