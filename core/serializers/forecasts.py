"""What the addresses of forecasts take, and the shapes of what they give."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.forecasts.reports import BY_DAY, BY_MONTH
from core.forecasts.spans import CYCLES
from core.serializers.chart_schema import INTEGER, SWITCH, TEXT, Schema, array, or_null, record
from core.serializers.fields import DayField
from numerai.api.exceptions import InvalidInput
from numerai.api.fields import ChoiceField, StrictSerializer

# The longest stretch and the one that is given unasked, in days: 400 days, or five years of months.
LONGEST = {BY_DAY: 400, BY_MONTH: 5 * 365 + 2}
_UNASKED = {BY_DAY: 30, BY_MONTH: 365}
_MONTH = re.compile(r"(?!0000)\d{4}-(0[1-9]|1[0-2])", re.ASCII)


class ProfileQuery(StrictSerializer):
    """Whose numbers."""

    profile = serializers.UUIDField(required=False, help_text="One of your profiles; the primary one by default.")


class ForecastQuery(ProfileQuery):
    """Which stretch, and how finely."""

    by = ChoiceField(choices=[BY_DAY, BY_MONTH], default=BY_DAY, help_text="At most 400 days, or 5 years by month.")

    def get_fields(self) -> dict[str, Any]:
        stretch = {
            "from": DayField(required=False, help_text="The first day; today by default."),
            "to": DayField(required=False, help_text="The last day; 30 days by default, or a year by month."),
        }
        return {**super().get_fields(), **stretch}


def stretch_of(asked: dict[str, Any], *, today: date, born: date) -> tuple[date, date]:
    """Return the first and the last day that were asked for. Raises InvalidInput."""
    by, first = asked["by"], asked.get("from", today)
    unasked = min((date.max - first).days, _UNASKED[by] - 1)
    return checked_stretch(first, asked.get("to", first + timedelta(unasked)), born=born, longest=LONGEST[by])


def checked_stretch(first: date, last: date, *, born: date, longest: int) -> tuple[date, date]:
    """Return the days if they are a stretch of somebody's life. Raises InvalidInput."""
    if first < born:
        raise InvalidInput({"from": ["Takes a day on or after the birth date."]})
    if not 0 <= (last - first).days < longest:
        raise InvalidInput({"to": [f"Takes a day from the first one on, and at most {longest} days in all."]})
    return first, last


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$"})
class MonthField(serializers.Field[Any, Any, Any, Any]):
    """A month as YYYY-MM, which becomes its first day."""

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not _MONTH.fullmatch(data):
            raise serializers.ValidationError("Takes a month as YYYY-MM.")
        return date.fromisoformat(f"{data}-01")


class MonthQuery(ProfileQuery):
    """Which month."""

    month = MonthField(required=False, help_text="The current one by default.")


_DAY: Schema = TEXT | {"format": "date"}
_DAY_OR_NULL: Schema = {"type": ["string", "null"], "format": "date"}
_INTEGER_OR_NULL: Schema = {"type": ["integer", "null"]}
_MONTH_NUMBERS = dict.fromkeys(("universal_year", "universal_month", "personal_year", "personal_month"), INTEGER)
_DAY_NUMBERS = {**_MONTH_NUMBERS, "universal_day": INTEGER, "personal_day": INTEGER}
_HOW: dict[str, Schema] = {"profile_id": TEXT | {"format": "uuid"}, "engine_version": INTEGER, "preset": TEXT}
_SPAN_FIELDS: dict[str, Schema] = {
    "cycle": {"type": "string", "enum": [*CYCLES, "personal_month"]},
    "index": _INTEGER_OR_NULL | {"description": "Which of a life's few, from 1; of challenges the third is the main."},
    "letter": {"type": ["string", "null"], "description": "Of the three transits."},
    "value": INTEGER,
    "root": INTEGER,
    "display": TEXT,
    "from_date": _DAY,
    "to_date": _DAY_OR_NULL | {"description": "The last day; null for what stays."},
    "from_age": INTEGER,
    "to_age": _INTEGER_OR_NULL,
    "is_approximate": SWITCH | {"description": "Whether the sources give the ages as ranges only."},
}
_SPAN: Schema = {"$ref": "#/components/schemas/CycleSpan"}
CHANGE_FIELDS: dict[str, Schema] = {
    "on": _DAY,
    "cycle": _SPAN_FIELDS["cycle"],
    "before": _SPAN,
    "after": or_null(_SPAN),
}
_CHANGES = array({"$ref": "#/components/schemas/CycleChange"})
_MONTHS = array(record(from_date=_DAY, to_date=_DAY, **_MONTH_NUMBERS))

FORECAST_COMPONENTS: dict[str, Schema] = {
    "CycleSpan": record(**_SPAN_FIELDS),
    "CycleChange": record(**CHANGE_FIELDS),
    "Forecast": record(
        **_HOW,
        from_date=_DAY,
        to_date=_DAY,
        by={"type": "string", "enum": [BY_DAY, BY_MONTH]},
        days=or_null(array(record(on=_DAY, **_DAY_NUMBERS))),
        months=or_null(_MONTHS) | {"description": "Cut where the stretch or a personal year begins or ends."},
        cycles=record(**{cycle: array(_SPAN) for cycle in CYCLES}),
        changes=_CHANGES,
    ),
    "CalendarMonth": record(
        **_HOW,
        month=TEXT,
        months=_MONTHS,
        days=array(
            record(on=_DAY, weekday=INTEGER | {"description": "1 for Monday."}, changes=_CHANGES, **_DAY_NUMBERS)
        ),
    ),
    "Timeline": record(
        **_HOW,
        on=_DAY,
        age=INTEGER,
        from_date=_DAY,
        to_date=_DAY,
        cycles=record(**{cycle: array(record(**_SPAN_FIELDS, is_current=SWITCH)) for cycle in CYCLES}),
    ),
    "ComingChanges": record(**_HOW, on=_DAY, changes=array(record(**CHANGE_FIELDS, in_days=INTEGER))),
}
