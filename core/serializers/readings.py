"""What the readings take and give."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.models.readings import RangTrue
from core.readings.schedule import WEEKDAYS
from core.serializers.chart_schema import (
    INTEGER,
    NUMBER,
    NUMBER_COMPONENT,
    SWITCH,
    TEXT,
    Schema,
    array,
    or_null,
    record,
)
from core.serializers.fields import DayField
from core.serializers.forecasts import CHANGE_FIELDS, FORECAST_COMPONENTS
from core.services.readings import NOTE_MAX_LENGTH
from numerai.api.fields import ChoiceField, StrictSerializer, SwitchField, TextField
from numerai.api.pagination import DEFAULT_SIZE, MAX_SIZE

# A pause is a pause: longer than this, readings are switched off.
LONGEST_PAUSE = timedelta(366)

_DAY: Schema = {"type": "string", "format": "date"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_RANG_TRUE: Schema = {"type": "string", "enum": RangTrue.values}
_FEEDBACK = record(rang_true=_RANG_TRUE, note={"type": ["string", "null"]}, answered_at=_INSTANT)


def _lucky(value: Schema) -> Schema:
    return record(value=value, school=TEXT | {"description": "Whose table says so."})


_COMPARED: dict[str, Schema] = {
    "answers": INTEGER,
    "rate": {"type": "number", "description": "The share of yes."},
    "rate_by_chance": {"type": "number", "description": "What chance alone would give."},
    "range_by_chance": {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 2,
        "maxItems": 2,
        "description": "Where chance leaves the rate, for as many answers.",
    },
    "is_beyond_chance": SWITCH,
}

READING_COMPONENTS: dict[str, Schema] = {
    **NUMBER_COMPONENT,
    "CycleSpan": FORECAST_COMPONENTS["CycleSpan"],
    "DailyReading": record(
        date=_DAY,
        language=TEXT,
        title=TEXT | {"description": "Names the number of the day."},
        headline=TEXT,
        message=TEXT,
        backdrop=TEXT | {"description": "The personal year and month behind the day."},
        lens=TEXT | {"description": "The life path's way of looking at it."},
        master_day={"type": ["string", "null"], "description": "On days whose number stays 11 or 22."},
        **{"try": TEXT, "watch": TEXT},
        affirmation=TEXT,
        question=TEXT | {"description": "For the evening."},
        lock_screen=record(title=TEXT, body=TEXT | {"maxLength": 90}),
        numbers=record(
            universal_day=NUMBER,
            personal_year=NUMBER,
            personal_month=NUMBER,
            personal_day=NUMBER,
            life_path=INTEGER,
            essence={"type": ["integer", "null"]},
        ),
        lucky=record(number=_lucky(INTEGER), colour=_lucky(TEXT), weekday=_lucky(TEXT)),
        changes=array(record(**CHANGE_FIELDS, in_days={"type": "integer", "enum": [0, 7, 30]})),
        feedback=or_null(_FEEDBACK),
        edition=INTEGER,
        content_version=INTEGER,
        engine_version=INTEGER,
    ),
    "ListedReading": record(
        date=_DAY,
        personal_day=INTEGER,
        title=TEXT,
        headline=TEXT,
        rang_true=or_null(_RANG_TRUE),
    ),
    "ReadingFeedback": _FEEDBACK,
    "OpenedReading": record(opened_at=_INSTANT),
    "ReadingInsights": record(
        answers=INTEGER,
        needed=INTEGER | {"description": "Nothing is compared below so many answers."},
        overall=or_null(record(**dict.fromkeys(RangTrue.values, INTEGER), **_COMPARED)),
        by_personal_day=array(record(personal_day=INTEGER, **_COMPARED)),
    ),
    "ReadingSchedule": record(
        time_zone=TEXT | {"description": "The account's."},
        reading_time=TEXT,
        weekday_times={
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(WEEKDAYS, TEXT),
        },
        days_off=array({"type": "string", "enum": list(WEEKDAYS)}),
        paused_until=_DAY | {"type": ["string", "null"]},
        readings=record(daily=SWITCH),
        next_reading_at=_INSTANT | {"type": ["string", "null"]},
        next_reading_on=_DAY | {"type": ["string", "null"]},
    ),
}


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE})
class LimitField(serializers.CharField):
    """How many items; the paginator reads and judges it."""


class ReadingQuery(StrictSerializer):
    """Which readings: one day's, or a page of the list."""

    date = DayField(required=False, help_text="From the day you signed up to tomorrow; today by default.")
    limit = LimitField(required=False, help_text="How many items of the list.")
    cursor = serializers.CharField(required=False, help_text="The next_cursor of the answer before.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "date" in attrs and len(attrs) > 1:
            raise serializers.ValidationError({"date": ["Takes no limit or cursor beside it: one day, or the list."]})
        return attrs


class DayInput(StrictSerializer):
    """The day in an address."""

    date = DayField()


class FeedbackInput(StrictSerializer):
    """Whether a reading rang true."""

    rang_true = ChoiceField(choices=RangTrue.choices)
    note = TextField(max_length=NOTE_MAX_LENGTH, default="", allow_blank=True, help_text="For yourself; encrypted.")


@extend_schema_field({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"})
class ClockField(serializers.TimeField):
    """An hour and minute of the day, such as 07:00."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["error_messages"] = {"invalid": "Takes an hour and minute, such as 07:00."}
        super().__init__(input_formats=["%H:%M"], **kwargs)


class WeekdayTimesInput(StrictSerializer):
    """The hours of single weekdays; null or left out for the usual one."""

    def get_fields(self) -> dict[str, Any]:
        return {weekday: ClockField(required=False, allow_null=True) for weekday in WEEKDAYS}


class ReadingsInput(StrictSerializer):
    """Which readings are wanted."""

    daily = SwitchField()


class ScheduleInput(StrictSerializer):
    """When readings come, in the member's own time."""

    reading_time = ClockField()
    weekday_times = WeekdayTimesInput(default=dict)
    days_off = serializers.ListField(child=ChoiceField(choices=WEEKDAYS), max_length=7, default=list)
    paused_until = DayField(default=None, allow_null=True, help_text="The first day with a reading again.")
    readings = ReadingsInput(default=lambda: {"daily": True})

    def validate_paused_until(self, value: date | None) -> date | None:
        today: date = self.context["today"]
        if value is not None and value > today + LONGEST_PAUSE:
            raise serializers.ValidationError("Takes a day within a year; to stop readings, switch them off.")
        return value

    def changes(self) -> dict[str, Any]:
        """Return what was sent as set_schedule takes it."""
        sent = dict(self.validated_data)
        if "readings" in sent:
            sent["wants_daily"] = sent.pop("readings")["daily"]
        if "days_off" in sent:
            sent["days_off"] = sum(1 << WEEKDAYS.index(weekday) for weekday in set(sent["days_off"]))
        if "weekday_times" in sent:
            own = [sent["weekday_times"].get(weekday) for weekday in WEEKDAYS]
            sent["weekday_times"] = own if any(at is not None for at in own) else None
        return sent
