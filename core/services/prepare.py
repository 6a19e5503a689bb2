"""Prepare what is due: readings, deliveries and the next hour of a chunk of members, in one transaction and by the set.

SQL does no arithmetic of zones or numbers: Python settles each distinct set of hours and each birthday of a chunk once,
and the statements join those small tables (docs/decisions/0013-prepared-by-the-set.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import structlog
from django.db import DataError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from core.content.library import Library
from core.local_days import local_date, next_midnight
from core.models import ReadingSchedule
from core.numerology import ENGINE_VERSION
from core.numerology.day_table import DayRow, day_row, options_of_key
from core.readings.ahead import Turn, turns_told_on
from core.readings.schedule import PUSH_LIMIT, Due, Hours, Settled, first_due, settle
from core.selectors.content import get_library
from core.selectors.cycle_messages import find_turning
from core.selectors.readings import hours_of
from core.services import prepare_sql as statements
from notifications.services import insert_change_deliveries, insert_reading_deliveries
from numerai.counters import Counter

log = structlog.get_logger(__name__)

PREPARED = Counter("numerai_readings_prepared_total", "Readings that were made when they were due.")

CHUNK = 15_000
# So many prepare at once, where the backlog is long enough.
WORKERS = 4
NO_PRIMARY_PROFILE = "no_primary_profile"
NO_NUMBERS = "no_numbers"

Settle = Callable[[Hours, Due], Settled]


class NoEdition(Exception):
    """There are no texts to make readings of: nothing is anybody's fault, and nobody is set aside."""


class ReadingsNotOffered(Exception):
    """The member has no schedule, or nothing a reading could be made of."""


class _Broken(Exception):
    """The data of at least one member of a part cannot be worked with; `reason` goes into the schedule."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_REFUSED = (_Broken, DataError, IntegrityError)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one chunk came to. `deliveries` counts those that are new."""

    claimed: int = 0
    readings: int = 0
    deliveries: int = 0
    set_aside: int = 0
    has_more: bool = False

    def __add__(self, other: Prepared) -> Prepared:
        return Prepared(
            self.claimed + other.claimed,
            self.readings + other.readings,
            self.deliveries + other.deliveries,
            self.set_aside + other.set_aside,
        )


def prepare_due_readings(*, now: datetime, chunk: int = CHUNK, only: list[UUID] | None = None) -> Prepared:
    """Prepare one chunk of the members who are due; `has_more` if it was a full one. Raises NoEdition.

    Safe to run twice and side by side; what dies on the way has done nothing.

    1. The members whose hour has come are claimed: row locks, which others skip.
    2. Their hours are settled: which day is read, until when it is sent, when the next is due.
    3. Readings and deliveries are inserted and the schedules moved, all for the same claimed members: a reading that
       was opened early still gets its push.
    4. If the data of somebody are refused, all this is undone. The chunk that is claimed then is tried within a
       savepoint, and halved until that one member stands alone and is set aside with the reason.

    Only then are there savepoints. A row that is locked by a transaction and changed within a savepoint gets a
    MultiXact, and PostgreSQL does not note in an index that such a row is dead: each claim would walk past all
    schedules that were moved since the last VACUUM.
    """
    library = _library()
    # Nearly every minute nobody is due, and nothing needs to be made for that.
    with connection.cursor() as cursor:
        cursor.execute(statements.ANY_DUE, {"now": now})
        if cursor.fetchone() is None:
            return Prepared()
    sought = {"now": now, "chunk": chunk, "only": only}

    def attempt(prepare: Callable[..., Prepared]) -> Prepared:
        with transaction.atomic(), connection.cursor() as cursor:
            claimed = _claim(cursor, statements.CLAIM_DUE, sought)
            done = prepare(cursor, library, 0, claimed, now=now, settle=partial(settle, now=now))
        return replace(done, claimed=claimed, has_more=claimed == chunk)

    try:
        done = attempt(_prepare_part)
    except _REFUSED:
        done = attempt(_prepare_by_halves)
    PREPARED.add(done.readings)
    return done


def prepare_until_done(*, now: datetime, chunk: int = CHUNK, only: list[UUID] | None = None) -> Prepared:
    """Prepare chunk after chunk, each in a transaction of its own, and return what all came to."""
    done = Prepared()
    while True:
        this = prepare_due_readings(now=now, chunk=chunk, only=only)
        done += this
        if not this.has_more:
            return done


def prepare_day(*, day: date, now: datetime, chunk: int = CHUNK, only: list[UUID] | None = None) -> Prepared:
    """Make the readings of a day for every member with a schedule, and no more: nothing is sent, no hour is moved.

    The day must be yesterday's, today's or tomorrow's date in UTC: further away nobody's essence is known, and a
    reading that was never prepared is calculated when it is read. Raises ValueError and NoEdition.
    """
    if abs(day - now.astimezone(UTC).date()) > timedelta(days=1):
        raise ValueError("readings are prepared for yesterday, today and tomorrow")
    library, done, after = _library(), Prepared(), UUID(int=0)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            sought = {"day": day, "after": after, "chunk": chunk, "only": only}
            claimed = _claim(cursor, statements.CLAIM_DAY, sought)
            done += Prepared(claimed) + _prepare_by_halves(cursor, library, 0, claimed, now=now, settle=None)
            if claimed < chunk:
                return done
            cursor.execute(statements.LAST_CLAIMED)
            after = cursor.fetchone()[0]


def send_reading_now(*, user_id: UUID, now: datetime) -> Prepared:
    """Prepare a member's reading of today and queue its deliveries, whatever the hour; the next is tomorrow's.

    What was queued today is not queued again: a second call reaches only new devices. Raises ReadingsNotOffered and
    NoEdition.
    """
    library = _library()
    with transaction.atomic(), connection.cursor() as cursor:
        schedule = ReadingSchedule.objects.select_for_update().filter(pk=user_id).first()
        if schedule is None:
            raise ReadingsNotOffered
        zone = schedule.time_zone
        today = local_date(now, zone)
        last = max(today, schedule.last_reading_on or today)
        this = Settled(
            due=Due(today, now),
            send_until=min(next_midnight(now, zone), now + PUSH_LIMIT),
            local_time=None,
            following=first_due(hours_of(schedule), now=now, after=last) if schedule.next_reading_at else None,
        )
        _claim(cursor, statements.CLAIM_ONE, {"only": user_id})
        done = _prepare_by_halves(cursor, library, 0, 1, now=now, settle=lambda hours, due: this)
        if done.set_aside:
            raise ReadingsNotOffered
    return done


def count_workers(*, now: datetime, chunk: int = CHUNK) -> int:
    """Return how many workers the backlog is worth: one a chunk, up to WORKERS; 0 if nobody is due."""
    with connection.cursor() as cursor:
        cursor.execute(statements.BACKLOG, {"now": now, "most": chunk * (WORKERS - 1) + 1})
        return -(-int(cursor.fetchone()[0]) // chunk)


def retry_set_aside(*, user_ids: Collection[UUID] | None = None, reason: str = "", limit: int | None = None) -> int:
    """Give members who were set aside another try, all of them without ids or a reason; return how many."""
    rows = ReadingSchedule.objects.filter(set_aside_at__isnull=False)
    if user_ids is not None:
        rows = rows.filter(pk__in=user_ids)
    if reason:
        rows = rows.filter(set_aside_for=reason)
    if limit is not None:
        # Asked of each row once more: who waited here for another's try finds nobody left to try.
        rows = rows.filter(pk__in=rows.order_by("set_aside_at")[:limit].values("pk"))
    return rows.update(set_aside_at=None, set_aside_for="")


def _claim(cursor: CursorWrapper, statement: str, sought: dict[str, Any]) -> int:
    """Fill the table of claimed members; return how many there are."""
    cursor.execute(statements.FORGET)
    cursor.execute(statement, sought)
    return int(cursor.rowcount)


def _library() -> Library:
    library = get_library()
    if not library.editions:
        raise NoEdition
    return library


def _prepare_by_halves(
    cursor: CursorWrapper, library: Library, first: int, last: int, *, now: datetime, settle: Settle | None
) -> Prepared:
    """Prepare the claimed members from place `first` up to, but without, `last`; halve them if somebody's data fail."""
    try:
        with transaction.atomic():
            return _prepare_part(cursor, library, first, last, now=now, settle=settle)
    except _REFUSED as error:
        # The engine's reason, or the database's own word, such as NumericValueOutOfRange.
        reason = error.reason if isinstance(error, _Broken) else type(error.__cause__).__name__
    if last - first == 1:
        cursor.execute(statements.SET_ASIDE, {"first": first, "now": now, "reason": reason})
        log.error("reading_set_aside", member=str(cursor.fetchone()[0]), reason=reason)
        return Prepared(set_aside=1)
    middle = (first + last) // 2
    return _prepare_by_halves(cursor, library, first, middle, now=now, settle=settle) + _prepare_by_halves(
        cursor, library, middle, last, now=now, settle=settle
    )


def _prepare_part(
    cursor: CursorWrapper, library: Library, first: int, last: int, *, now: datetime, settle: Settle | None
) -> Prepared:
    """Prepare the claimed members of these places. Raises one of _REFUSED if the data of any fail."""
    if first == last:
        return Prepared()
    part: dict[str, Any] = {"first": first, "last": last}
    cursor.execute(statements.WITHOUT_PROFILE, part)
    if cursor.fetchone()[0]:
        raise _Broken(NO_PRIMARY_PROFILE)
    cursor.execute(statements.FORGET_PART)
    if settle is None:
        cursor.execute(statements.TAKE_DAY, part)
    else:
        cursor.execute(statements.DISTINCT_HOURS, part)
        cursor.execute(statements.SETTLE, part | _settled(cursor.fetchall(), settle))
    cursor.execute(statements.ANALYSE)
    cursor.execute(statements.DISTINCT_DAYS)
    days = cursor.fetchall()
    cursor.execute(statements.INSERT_READINGS, _numbers(days, library))
    readings = cursor.rowcount
    if settle is None:
        return Prepared(readings=readings)
    deliveries = insert_reading_deliveries(cursor, claimed=statements.CLAIMED, now=now)
    _tell_changes(cursor, days, now=now)
    cursor.execute(statements.MOVE)
    return Prepared(readings=readings, deliveries=deliveries)


def _tell_changes(cursor: CursorWrapper, days: list[tuple[date, int, int, str]], *, now: datetime) -> None:
    """Tell the members of the part whose long cycles turn today or in a week.

    Which days may be such days is settled once for each birthday. On most birthdays nothing turns but an age: those
    few members' charts are looked at, one query for all.
    """
    rows = [(*row, str(turn), is_certain) for row in days for turn, is_certain in turns_told_on(*row)]
    if not rows:
        return
    cursor.execute(statements.FORGET_TURNING)
    columns = map(list, zip(*rows, strict=True))
    cursor.execute(statements.TURNING, dict(zip(statements.TURNING_COLUMNS, columns, strict=True)))
    cursor.execute(statements.UNCERTAIN)
    if sought := {(user_id, Turn.from_text(subject)) for user_id, subject in cursor.fetchall()}:
        found = list(find_turning(sought))
        members, subjects = [user_id for user_id, _ in found], [str(turn) for _, turn in found]
        cursor.execute(statements.CERTAIN_ONLY, {"members": members, "subjects": subjects})
    insert_change_deliveries(cursor, claimed=statements.CHANGING, now=now)


def _settled(rows: list[tuple[Any, ...]], settle: Settle) -> dict[str, list[Any]]:
    """Return, as columns, what becomes of each distinct set of hours; the first columns are the set itself."""
    columns: list[tuple[Any, ...]] = []
    for number, zone, at, weekday_times, days_off, paused_until, on, due_at in rows:
        hours = Hours(zone, at, tuple(weekday_times or ()), days_off, paused_until)
        found = settle(hours, Due(on, due_at))
        following = found.following or (None, None)
        columns.append((number, found.due.day, found.due.at, found.send_until, found.local_time, *following))
    return dict(zip(statements.SETTLED_COLUMNS, map(list, zip(*columns, strict=True)), strict=True))


def _numbers(rows: list[tuple[date, int, int, str]], library: Library) -> dict[str, Any]:
    """Return, as columns, the numbers of each distinct day and birthday, and the edition of each day."""
    found = [_day(*row) for row in rows]
    return {
        "days": [row[0] for row in rows],
        "editions": [library.edition_on(row[0]) for row in rows],
        "engine_version": ENGINE_VERSION,
        "content_version": library.version,
        **{name: [getattr(row, name) for row in found] for name in DayRow._fields},
    }


@lru_cache(maxsize=20_000)
def _day(on: date, birth_month: int, birth_day: int, option_set: str) -> DayRow:
    try:
        return day_row(birth_month, birth_day, on, options_of_key(option_set))
    except ValueError as error:
        raise _Broken(NO_NUMBERS) from error
