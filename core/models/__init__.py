"""Tables of the numerology app, one file a subject."""

from core.models.calendar_feeds import CalendarFeed
from core.models.comparisons import Comparison
from core.models.content import (
    ContentEdition,
    ContentEntry,
    ContentKind,
    ContentSource,
    ContentState,
    ContentVersion,
)
from core.models.profiles import Gender, NumerologyProfile, Relation
from core.models.readings import DailyReading, RangTrue, ReadingResponse, ReadingSchedule

__all__ = [
    "CalendarFeed",
    "Comparison",
    "ContentEdition",
    "ContentEntry",
    "ContentKind",
    "ContentSource",
    "ContentState",
    "ContentVersion",
    "DailyReading",
    "Gender",
    "NumerologyProfile",
    "RangTrue",
    "ReadingResponse",
    "ReadingSchedule",
    "Relation",
]
