"""A stretch of somebody's days as an iCalendar file (RFC 5545): all-day entries, which belong to no time zone.

An entry's UID is made of the feed, the day and what it tells, so that it stays the same entry however often it is
fetched; DTSTAMP is when the birth data last changed. Equal inputs give equal bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

from core.forecasts.changes import Change, changes_between
from core.forecasts.days import days_between, months_between
from core.numerology import BirthChart

DAYS, MONTHS, CHANGES = "personal_days", "personal_months", "cycle_changes"
INCLUDES = (DAYS, MONTHS, CHANGES)
_TITLES = {
    "personal_year": "Personal year",
    "period": "Period",
    "pinnacle": "Pinnacle",
    "challenge": "Challenge",
    "essence": "Essence",
    "physical": "Physical transit",
    "mental": "Mental transit",
    "spiritual": "Spiritual transit",
}
_ASK_AGAIN = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Entry:
    """One all-day entry; `kind` and the day name it."""

    on: date
    kind: str
    title: str
    text: str = ""


def calendar_file(
    chart: BirthChart, first: date, last: date, *, includes: Collection[str], feed: str, changed_at: datetime
) -> bytes:
    """Return the entries of a stretch as a file that calendar programs subscribe to; `feed` names it in the UIDs."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//NumerAI//Calendar feed//EN")
    calendar.add("calscale", "GREGORIAN")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, "NumerAI")
    calendar.add("refresh-interval", _ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for entry in entries(chart, max(first, chart.birth_date), last, includes=includes):
        calendar.add_component(_event(entry, feed, changed_at.astimezone(UTC).replace(microsecond=0)))
    return bytes(calendar.to_ical())


def entries(chart: BirthChart, first: date, last: date, *, includes: Collection[str]) -> Iterator[Entry]:
    """Yield what there is to tell, kind by kind, each by day."""
    if DAYS in includes:
        for day in days_between(chart, first, last):
            year, month, number = day.personal
            yield Entry(day.on, DAYS, f"Personal day {number}", f"In personal month {month}, personal year {year}.")
    if MONTHS in includes:
        for part in months_between(chart, first, last):
            year, month, _ = part.day.personal
            yield Entry(part.begins, MONTHS, f"Personal month {month} begins", f"In personal year {year}.")
    if CHANGES in includes:
        for change in changes_between(chart, first, last):
            yield Entry(change.on, change.cycle, _told(change))


def _told(change: Change) -> str:
    title, after = _TITLES[change.cycle], change.after
    if after is None:
        return f"{title} {change.before.number} ends"
    return f"{title} {after.letter or after.number} begins"


def _event(entry: Entry, feed: str, changed_at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{entry.kind}-{entry.on.isoformat()}-{feed}@numerai")
    event.add("dtstamp", changed_at)
    event.add("dtstart", entry.on)
    # The end is the day after; the last day there is has none, and lasts a day all the same.
    if entry.on < date.max:
        event.add("dtend", entry.on + timedelta(1))
    event.add("summary", entry.title)
    if entry.text:
        event.add("description", entry.text)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event
