"""What members want to be told of, by which way, and when not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from uuid import UUID

from django.db import transaction

from notifications.kinds import CHOICES, Choice, Outlet, Topic
from notifications.models import Preference, QuietHours
from numerai.api.exceptions import InvalidInput

Choices = Mapping[tuple[Topic, Outlet], Choice]


class Unset:
    """Says that quiet hours stay as they are, where None would end them."""


UNSET = Unset()


def set_settings(*, user_id: UUID, choices: Choices, quiet_hours: tuple[time, time] | Unset | None = UNSET) -> None:
    """Change a member's choices and quiet hours; what is left out stays. Raises InvalidInput."""
    refused = {
        f"choices.{topic.value}.{outlet.value}": [
            f"Takes one of: {', '.join(sorted(CHOICES[topic, outlet].accepted))}."
        ]
        for (topic, outlet), choice in choices.items()
        if choice not in CHOICES[topic, outlet].accepted
    }
    if refused:
        raise InvalidInput(refused)
    rows = [
        Preference(user_id=user_id, topic=topic, outlet=outlet, choice=choice)
        # In one order, so that two changes at once wait for each other instead of for ever.
        for (topic, outlet), choice in sorted(choices.items())
    ]
    with transaction.atomic():
        Preference.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["user_id", "topic", "outlet"], update_fields=["choice"]
        )
        if quiet_hours is None:
            QuietHours.objects.filter(user_id=user_id).delete()
        elif not isinstance(quiet_hours, Unset):
            starts_at, ends_at = quiet_hours
            QuietHours.objects.update_or_create(user_id=user_id, defaults={"starts_at": starts_at, "ends_at": ends_at})


def unsubscribe(*, user_id: UUID, topic: Topic) -> None:
    """Send a member no more mail of a topic. Pushes stay. Raises InvalidInput for mail that cannot be left out."""
    set_settings(user_id=user_id, choices={(topic, Outlet.EMAIL): Choice.OFF})
