"""What the search for a good day takes, and the shape of what it gives."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from rest_framework import serializers

from core.forecasts.best_dates import LONGEST_DAYS, SUITS, WEEK, WHO
from core.serializers.chart_schema import INTEGER, TEXT, Schema, array, record
from core.serializers.fields import DayField
from core.serializers.forecasts import checked_stretch
from numerai.api.fields import ChoiceField, StrictSerializer, SwitchField, WholeNumberField

_UNASKED_DAYS = 90


class BestDatesInput(StrictSerializer):
    """What the day is for, who it is for, and when it may be."""

    purpose = ChoiceField(choices=list(SUITS))
    profile_id = serializers.UUIDField(required=False, help_text="One of your profiles; the primary one by default.")
    second_profile_id = serializers.UUIDField(required=False, help_text="Another one, for a day of two people.")
    weekdays = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=7),
        default=list(WEEK),
        min_length=1,
        max_length=7,
        help_text="Only these: 1 for Monday to 7 for Sunday.",
    )
    limit = WholeNumberField(
        min_value=1, max_value=LONGEST_DAYS, default=LONGEST_DAYS, help_text="At most so many days; all by default."
    )
    explain = SwitchField(default=True, help_text="Whether to show the factors.")

    def get_fields(self) -> dict[str, Any]:
        stretch = {
            "from": DayField(required=False, help_text="The first day; today by default."),
            "to": DayField(
                required=False, help_text=f"The last day; {_UNASKED_DAYS} days by default, {LONGEST_DAYS} at most."
            ),
        }
        return {**super().get_fields(), **stretch}


def days_of(asked: dict[str, Any], *, today: date, born: date) -> tuple[date, date]:
    """Return the first and the last day that were asked for; `born` is the later birth date. Raises InvalidInput."""
    first = asked.get("from", today)
    unasked = min((date.max - first).days, _UNASKED_DAYS - 1)
    return checked_stretch(first, asked.get("to", first + timedelta(unasked)), born=born, longest=LONGEST_DAYS)


_DAY: Schema = TEXT | {"format": "date"}
BEST_DATES_COMPONENTS: dict[str, Schema] = {
    "BestDates": record(
        engine_version=INTEGER,
        purpose={"type": "string", "enum": list(SUITS)},
        from_date=_DAY,
        to_date=_DAY,
        profile_ids=array(TEXT | {"format": "uuid"}) | {"description": "Of the person, or of both."},
        scoring=TEXT | {"description": "Whose scoring it is."},
        base=INTEGER | {"description": "What every day begins with."},
        days=array(
            record(
                ("factors",),
                on=_DAY,
                weekday=INTEGER | {"description": "1 for Monday."},
                score=INTEGER,
                factors=array(
                    record(
                        factor=TEXT,
                        person={"enum": [*WHO, None], "description": "Null for what is the same for everybody."},
                        number=INTEGER,
                        points=INTEGER,
                    )
                ),
            )
        ),
    )
}
