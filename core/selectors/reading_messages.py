"""What a push or a letter with a daily reading says, asked for just before it is sent (notifications.sources)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from core.models import DailyReading
from core.readings.compose import compose, lucky_of
from core.readings.numbers import Numbers, worked
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
            said[each.id] = words | _about_the_day(numbers) | {"reading_on": each.due_on.isoformat()}
    return said


def _about_the_day(numbers: Numbers) -> dict[str, Any]:
    """Return the number of the day, how it came about (7 and 21 make "28 → 10 → 1"), and what tables give it."""
    shown: dict[str, Any] = {f"lucky_{name}": lucky.value for name, lucky in lucky_of(numbers).items()}
    day = worked(numbers, None)["personal_day"]
    # A number that an older engine made, and that today's rules do not come to, stands without its working.
    if working := day.get("working"):
        month, on = working
        shown |= {"month_adds": month["adds"], "date_adds": on["adds"], "day_chain": " → ".join(map(str, day["chain"]))}
    return shown | {"personal_day": numbers.personal_day}
