"""What a push or a letter with a daily reading says, asked for just before it is sent (notifications.sources)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from core.models import DailyReading
from core.readings.compose import compose
from core.selectors.content import get_library
from core.selectors.readings import numbers_of
from notifications.sources import Asked


def say_readings(asked: Sequence[Asked]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return the words of each reading in its member's language, by the id of the delivery; one query for all.

    A reading that is gone, its member erased, says nothing.
    """
    rows = DailyReading.objects.filter(
        reading_date__in={each.due_on for each in asked}, user_id__in={each.user_id for each in asked}
    )
    found = {(row.reading_date, row.user_id): numbers_of(row) for row in rows}
    library = get_library()
    said: dict[UUID, dict[str, Any]] = {}
    for each in asked:
        numbers = found.get((each.due_on, each.user_id))
        if numbers is not None:
            words = asdict(compose(each.user_id, numbers, library, each.language))
            del words["language"]
            said[each.id] = words | {"reading_on": each.due_on.isoformat()}
    return said
