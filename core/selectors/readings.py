"""Reads of readings, schedules and what members said, each scoped to its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from authentication.models import User
from core.content.library import Library
from core.exceptions import NoPrimaryProfile
from core.local_days import local_date
from core.models import DailyReading, NumerologyProfile, ReadingResponse, ReadingSchedule
from core.readings.ahead import changes_ahead, may_change_ahead
from core.readings.compose import Composed, compose, lucky_of, title_of
from core.readings.insights import insights
from core.readings.numbers import FIELDS, Numbers, is_made_of, numbers_on, worked
from core.readings.schedule import WEEKDAYS, Hours
from core.selectors.profiles import chart_of, columns_of_profile, profile_of
from numerai.api.exceptions import InvalidInput, ServiceUnavailable
from numerai.crypto import Ciphertext
from numerai.db import Query, Row, fetch_row

_KEY_NUMBERS = ("birth_month", "birth_day", "option_set", "life_path")


@dataclass(frozen=True)
class Reader:
    """A member with what their readings are made of: the primary profile, and the days they may read."""

    profile: NumerologyProfile
    time_zone: str
    language: str
    first_day: date
    today: date

    @property
    def member(self) -> UUID:
        return self.profile.user_id

    @property
    def last_day(self) -> date:
        return self.today + timedelta(1)

    def key_numbers(self) -> dict[str, Any]:
        """Return the columns by which a row of the day table is found, and the life path."""
        profile = self.profile
        return {name: getattr(profile, name) for name in _KEY_NUMBERS}


def get_reader(*, user_id: UUID, now: datetime) -> Reader:
    """Return a member as a reader of readings; one query. Raises NoPrimaryProfile."""
    return reader_of(fetch_row(reader_query(user_id=user_id)), now=now)


def reader_query(*, user_id: UUID) -> Query:
    """Return the query for the row that `reader_of` reads, in SQL for the morning's sake."""
    return Query(_READER, (user_id,))


def reader_of(row: Row | None, *, now: datetime) -> Reader:
    """Return a reader from a row; raises what `get_reader` does."""
    if row is None:
        raise NoPrimaryProfile
    time_zone, language, signed_up_at = row[-3:]
    today = local_date(now, time_zone)
    # Somebody who went west may have signed up tomorrow.
    first = min(local_date(signed_up_at, time_zone), today)
    return Reader(profile_of(_READER_COLUMNS, row), time_zone, language, first, today)


_READER_COLUMNS = columns_of_profile("user_id", *_KEY_NUMBERS)
_READER = (
    f"SELECT {', '.join(f'p.{name}' for name in _READER_COLUMNS)}, u.time_zone, u.language, u.created_at"  # noqa: S608
    " FROM core_numerologyprofile p JOIN authentication_user u ON u.id = p.user_id"
    " WHERE p.user_id = %s AND p.is_primary"
)


def require_day(reader: Reader, day: date, *, last: date | None = None) -> date:
    """Return a day that a member may read, up to tomorrow or `last`. Raises InvalidInput naming the range."""
    last = last or reader.last_day
    if not reader.first_day <= day <= last:
        message = f"Takes a day from {reader.first_day} to {last}."
        raise InvalidInput({"date": [message]}, first=reader.first_day.isoformat(), last=last.isoformat())
    return day


@dataclass(frozen=True)
class Reading:
    """A reading as it is shown. `birthday` is None where the numbers were made of other birth data than today's."""

    numbers: Numbers
    words: Composed
    birthday: tuple[int, int] | None
    changes: list[dict[str, Any]]
    response: ReadingResponse | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, in the words of the API."""
        numbers, words = self.numbers, self.words
        return {
            "date": numbers.reading_date.isoformat(),
            "language": words.language,
            "title": words.title,
            "headline": words.headline,
            "message": words.message,
            "backdrop": words.backdrop,
            "lens": words.lens,
            "master_day": words.master_day or None,
            "try": words.to_try,
            "watch": words.to_watch,
            "affirmation": words.affirmation,
            "question": words.question,
            "lock_screen": {"title": words.title, "body": words.body},
            "numbers": {
                **worked(numbers, self.birthday),
                "life_path": numbers.life_path,
                "essence": numbers.essence,
            },
            "lucky": {
                name: {"value": lucky.value, "school": lucky.school} for name, lucky in lucky_of(numbers).items()
            },
            "changes": self.changes,
            "feedback": feedback_of(self.response),
            "edition": numbers.edition,
            "content_version": numbers.content_version,
            "engine_version": numbers.engine_version,
        }


def get_reading(reader: Reader, day: date, library: Library) -> Reading:
    """Return a day's reading: as it was made, or as it would be made now. One query.

    What a reading says of the birth data themselves (how the personal year comes about, which cycles change) is told
    only where the birth data are still those that it was made of. They are opened only on days on which something may
    be ahead.
    """
    made, response = _made_and_said(reader.member, day)
    numbers = made or make_numbers(reader, day, library)
    keys = reader.key_numbers()
    birthday = (keys["birth_month"], keys["birth_day"]) if is_made_of(numbers, **keys) else None
    changes: list[dict[str, Any]] = []
    if birthday and may_change_ahead(day, birthday):
        changes = changes_ahead(chart_of(reader.profile, on=None, explain=False), day)
    return Reading(
        numbers=numbers,
        words=compose(reader.member, numbers, library, reader.language),
        birthday=birthday,
        changes=changes,
        response=response,
    )


def _made_and_said(user_id: UUID, day: date) -> tuple[Numbers | None, ReadingResponse | None]:
    """Return what the reading of a day was made of, and what the member said of it; None for what there is not."""
    row = fetch_row(Query(_MADE_AND_SAID, (day, user_id, user_id, day)))
    assert row is not None  # noqa: S101 - of outer joins
    made, (said, rang_true, note, answered_at) = row[: len(FIELDS)], row[len(FIELDS) :]
    numbers = None if made[0] is None else Numbers(**dict(zip(FIELDS, made, strict=True)))
    if said is None:
        return numbers, None
    response = ReadingResponse(id=said, rang_true=rang_true, answered_at=answered_at)
    response.note = None if note is None else Ciphertext(note)
    return numbers, response


_MADE_AND_SAID = (
    f"SELECT {', '.join(f'made.{name}' for name in FIELDS)},"  # noqa: S608
    " said.id, said.rang_true, said.note, said.answered_at FROM (SELECT) AS asked"
    " LEFT JOIN daily_readings AS made ON made.reading_date = %s AND made.user_id = %s"
    " LEFT JOIN core_readingresponse AS said ON said.user_id = %s AND said.reading_date = %s"
)


def make_numbers(reader: Reader, day: date, library: Library) -> Numbers:
    """Return what the reading of a day would be made of now. Raises ServiceUnavailable while there are no texts."""
    edition = library.edition_on(day)
    if not edition:
        raise ServiceUnavailable(retry_after=60)
    return numbers_on(
        day,
        **reader.key_numbers(),
        essence=_essence(reader.profile, day),
        edition=edition,
        content_version=library.version,
    )


def _essence(profile: NumerologyProfile, day: date) -> int | None:
    if day < date.fromisoformat(profile.birth_date):
        return None
    essence = chart_of(profile, on=day, explain=False).essence
    return essence.value if essence else None


def list_readings(reader: Reader, days: Sequence[date], library: Library) -> list[dict[str, Any]]:
    """Return what a list shows of the readings of some days, in their order. Two queries, however many."""
    made = {
        row.reading_date: numbers_of(row)
        for row in DailyReading.objects.filter(user_id=reader.member, reading_date__in=days)
    }
    said = dict(
        ReadingResponse.objects.filter(user_id=reader.member, reading_date__in=days)
        .exclude(rang_true="")
        .values_list("reading_date", "rang_true")
    )
    shown = []
    for day in days:
        numbers = made.get(day) or make_numbers(reader, day, library)
        shown.append(
            {
                "date": day.isoformat(),
                "personal_day": numbers.personal_day,
                "title": title_of(numbers.personal_day),
                "headline": compose(reader.member, numbers, library, reader.language).headline,
                "rang_true": said.get(day),
            }
        )
    return shown


def feedback_of(response: ReadingResponse | None) -> dict[str, Any] | None:
    """Return what a member said of a reading; None if nothing."""
    if response is None or response.answered_at is None:
        return None
    return {
        "rang_true": response.rang_true,
        "note": response.note,
        "answered_at": response.answered_at.isoformat(),
    }


def get_insights(*, user_id: UUID) -> dict[str, Any]:
    """Return how often readings rang true, beside what chance would give; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT made.personal_day, said.rang_true, count(*) FROM core_readingresponse AS said
            JOIN daily_readings AS made USING (user_id, reading_date)
            WHERE said.user_id = %s AND said.rang_true <> '' GROUP BY 1, 2
            """,
            [user_id],
        )
        return insights({(number, word): count for number, word, count in cursor.fetchall()})


def numbers_of(row: DailyReading) -> Numbers:
    """Return what a stored reading is made of."""
    return Numbers(**{name: getattr(row, name) for name in FIELDS})


def hours_of(row: ReadingSchedule) -> Hours:
    """Return when a member wants readings."""
    return Hours(row.time_zone, row.reading_time, tuple(row.weekday_times or ()), row.days_off, row.paused_until)


def get_schedule(*, user_id: UUID) -> ReadingSchedule:
    """Return when a member wants readings; without a row, what holds then."""
    row = ReadingSchedule.objects.filter(pk=user_id).first()
    return row or ReadingSchedule(
        pk=user_id, time_zone=User.objects.values_list("time_zone", flat=True).get(pk=user_id)
    )


def choices_of(row: ReadingSchedule) -> dict[str, Any]:
    """Return what a member has chosen, in the words of the API."""
    return {
        "reading_time": _clock(row.reading_time),
        "weekday_times": {
            weekday: _clock(at) for weekday, at in zip(WEEKDAYS, row.weekday_times or (), strict=False) if at
        },
        "days_off": [weekday for bit, weekday in enumerate(WEEKDAYS) if row.days_off >> bit & 1],
        "paused_until": row.paused_until and row.paused_until.isoformat(),
        "readings": {"daily": row.wants_daily},
    }


def _clock(at: time) -> str:
    return at.isoformat("minutes")


def export_readings(user_id: UUID) -> list[dict[str, Any]]:
    """Return every reading that was made for a member, for an export of personal data."""
    rows = DailyReading.objects.filter(user_id=user_id).order_by("reading_date")
    return [
        {name: _plain(getattr(row, name)) for name in (*FIELDS, "made_at")} for row in rows.iterator(chunk_size=1000)
    ]


def export_responses(user_id: UUID) -> list[dict[str, Any]]:
    """Return what a member did with readings."""
    names = ("reading_date", "opened_at", "rang_true", "note", "answered_at")
    rows = ReadingResponse.objects.filter(user_id=user_id).order_by("reading_date")
    return [{name: _plain(getattr(row, name)) for name in names} for row in rows]


def export_schedule(user_id: UUID) -> list[dict[str, Any]]:
    """Return when a member wants readings, and when the next is due."""
    return [
        {
            "time_zone": row.time_zone,
            **choices_of(row),
            "next_reading_at": _plain(row.next_reading_at),
            "last_reading_on": _plain(row.last_reading_on),
        }
        for row in ReadingSchedule.objects.filter(pk=user_id)
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value
