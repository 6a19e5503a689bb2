"""One set of options, made ready for many charts.

What depends on a part of a date alone (the 366 days of a year, the year, the reduced parts, the digits) or on the sums
of one part of a name is computed by the functions of dates.py, cycles.py and their like when it is first met, and
shared by every later chart. Whole names, whole dates and people are not kept: docs/decisions/0010-engine-speed.md.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from core.numerology import cycles, dates, periods
from core.numerology.birth_grid import BirthGrid, birth_grid_of_counts
from core.numerology.chart_record import Debts, Three
from core.numerology.digit_grids import counts_of, packed_digits
from core.numerology.kua import GENDERS, kua, kua_year
from core.numerology.letter_tally import letter_tally, split_sums
from core.numerology.letters import letter_table, letters_of
from core.numerology.lo_shu import LoShu, lo_shu_of_counts
from core.numerology.names import name_reader
from core.numerology.options import PRESETS, Options
from core.numerology.psychomatrix import Psychomatrix, counts_first_digit, first_digit_of, psychomatrix_of_digits
from core.numerology.reduction import KARMIC_DEBTS, SINGLE_DIGITS, Reduction, digit_sum, reductions

FourSpans = tuple[cycles.Span, cycles.Span, cycles.Span, cycles.Span]
Grids = tuple[LoShu, BirthGrid, Psychomatrix]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

# More than the births of a century fill in any table; a full one begins anew.
TABLE_LIMIT = 8192
# The days for which personal cycles are kept ready; charts of one day come together.
_DAYS_KEPT = 64


class _Prepared(dict[_Key, _Value], Generic[_Key, _Value]):
    """Values by what they depend on, each made when first asked for."""

    def __init__(self, make: Callable[[_Key], _Value]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: _Key) -> _Value:
        if len(self) >= TABLE_LIMIT:
            self.clear()
        value = self[key] = self.make(key)
        return value


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """What a birth month and day give in any year."""

    birthday: Reduction
    attitude: Reduction
    vedic_psychic: Reduction
    month: Reduction
    day: Reduction
    life_key: int
    digits: int
    digit_sum: int
    is_in_year_before: bool
    debts: Debts
    period_debts: Debts


@dataclass(frozen=True, slots=True)
class YearNumbers:
    """What a birth year gives."""

    number: Reduction
    life_key: int
    digits: int
    digit_sum: int
    kua: dict[str, int]
    kua_before: dict[str, int]
    grids: Callable[[int], Grids]
    period_debts: Debts


@dataclass(frozen=True, slots=True)
class LifeNumbers:
    """What the Life Path total and the reduced parts of a date give."""

    life_path: Reduction
    period_turn_ages: tuple[int, int]
    pinnacles: cycles.Four
    pinnacle_spans: FourSpans
    challenges: tuple[int, ...]
    challenge_spans: tuple[cycles.Span, ...]
    debts: Debts
    pinnacle_debts: Debts


BirthNumbers = tuple[DayNumbers, YearNumbers, LifeNumbers]
# The sums of all letters, the vowels and the consonants of one part of a name, and what each adds to its number.
PartNumbers = tuple[int, int, int, int, int, int]


def debts_of(where: str, number: Reduction) -> Debts:
    """Return the karmic debt of a number with its place, or nothing."""
    return ((where, number.karmic_debt),) if number.karmic_debt else ()


# The Life Path total and the parts of Pinnacles and Challenges. Keys of a day and of a year add up to that of a date.
_LIFE_KEY = struct.Struct("<HBBB")


def _life_key(total: int, month: int, day: int, year: int) -> int:
    return int.from_bytes(_LIFE_KEY.pack(total, month, day, year), "little")


# Above the packed digits of a date, the first digit of its day.
_FIRST_DIGIT_SHIFT = 80


@lru_cache(maxsize=4)
def _grids(has_first_digit: bool, psychomatrix_root: bool) -> Callable[[int], Grids]:
    """Return the grids by the packed digits of a date, shared by all schools."""

    def make(key: int) -> Grids:
        digits, first_digit = key & (1 << _FIRST_DIGIT_SHIFT) - 1, key >> _FIRST_DIGIT_SHIFT
        counts = counts_of(digits)
        matrix = psychomatrix_of_digits(digits, first_digit if has_first_digit else None, psychomatrix_root)
        return lo_shu_of_counts(counts), birth_grid_of_counts(counts), matrix

    return _Prepared(make).__getitem__


class School:
    """The tables of one set of options."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.masters_table = reductions(options.masters)
        self.reduction = self.masters_table.__getitem__
        self.letters = letter_table(options.table, options.finals)
        self.reader = name_reader(options)
        self.tally = letter_tally(options.table, options.finals)
        self.letter_objects = letters_of(options.table, options.finals)
        self.part_table = self.masters_table if options.part_masters else SINGLE_DIGITS
        self.summing = None if options.mode == "total" else self.part_table
        self.pinnacle_table = self.masters_table if options.pinnacle_part_masters else SINGLE_DIGITS
        self.balance_reduction = reductions(options.balance_masters).__getitem__
        self.chaldean_reduction = reductions(options.chaldean_masters).__getitem__
        self.vedic_reduction = reductions(options.vedic_masters).__getitem__
        self._days: list[list[DayNumbers | None]] = [[None] * 32 for _ in range(13)]
        self._of_year = _Prepared(self._year).__getitem__
        self._of_life = _Prepared(self._life).__getitem__
        self._equal: dict[Any, Any] = {}
        self.of_part = _Prepared(self._part).__getitem__
        self._current: dict[date, dict[int, tuple[Three, Three]]] = {}

    def _life_path_addends(self, born: date) -> list[int]:
        chains = dates.life_path_chains(born, self.options.life_path_method, self.options.masters)
        return [chain[-1] for chain in chains]

    def _day(self, month: int, day: int) -> DayNumbers:
        parts = self.pinnacle_table
        # Any leap year before 2000: what is taken from this date does not depend on the year.
        born = date(1996, month, day)
        is_karmic = day in KARMIC_DEBTS
        numbers = self._days[month][day] = DayNumbers(
            birthday=dates.birthday(day, self.options.masters),
            attitude=dates.attitude(month, day, self.options.attitude_masters),
            vedic_psychic=self.vedic_reduction(day),
            month=self.masters_table[month],
            day=self.masters_table[day],
            life_key=_life_key(sum(self._life_path_addends(born)[:2]), parts[month].value, parts[day].value, 0),
            digits=packed_digits((month, day)) + (first_digit_of(day) << _FIRST_DIGIT_SHIFT),
            digit_sum=digit_sum(month) + digit_sum(day),
            is_in_year_before=kua_year(born, self.options.kua_boundary) < born.year,
            # A month, at most 12, has no debt.
            debts=(("birthday", day),) if is_karmic else (),
            period_debts=(("period_cycle_2", day),) if is_karmic else (),
        )
        return numbers

    def _year(self, year: int) -> YearNumbers:
        born = date(year, 1, 1)
        number = dates.generation(year, self.options.masters)
        return YearNumbers(
            number=number,
            life_key=_life_key(self._life_path_addends(born)[2], 0, 0, self.pinnacle_table[year].value),
            digits=packed_digits((year,)),
            digit_sum=digit_sum(year),
            kua=self._kua(year),
            kua_before=self._kua(year - 1),
            grids=_grids(counts_first_digit(year, self.options.post2000), self.options.psychomatrix_root),
            period_debts=debts_of("period_cycle_3", number),
        )

    def _life(self, key: int) -> LifeNumbers:
        total, month, day, year = _LIFE_KEY.unpack(key.to_bytes(_LIFE_KEY.size, "little"))
        options = self.options
        life_path = self.masters_table[total]
        pinnacles = cycles.pinnacles_of_parts(month, day, year, options.masters, options.pinnacle_p3_reduced)
        debts = [debts_of(f"pinnacle_{index}", pinnacle) for index, pinnacle in enumerate(pinnacles, 1)]
        return LifeNumbers(
            life_path=life_path,
            period_turn_ages=self._shared(cycles.period_turn_ages(life_path.root, options.period_ages)),
            pinnacles=self._shared(pinnacles),
            pinnacle_spans=self._shared(cycles.pinnacle_spans(life_path.root, options.pinnacle_boundary)),
            challenges=self._shared(cycles.challenges_of_parts(month, day, year, options.challenge_count)),
            challenge_spans=cycles.challenge_spans(life_path.root, options.challenge_ages, options.challenge_count),
            debts=debts_of("life_path", life_path),
            pinnacle_debts=self._shared(sum(debts, ())),
        )

    def _shared(self, value: _Value) -> _Value:
        # One object for all that are equal: what is used again and again stays in the processor's cache. The reduced
        # parts of dates have too few combinations to need a limit.
        return cast(_Value, self._equal.setdefault(value, value))

    def _kua(self, year: int) -> dict[str, int]:
        return {gender: kua(year, gender, self.options.kua_five) for gender in GENDERS}

    def _part(self, sums: int) -> PartNumbers:
        letters, vowels, consonants = split_sums(sums)
        if self.summing is None:
            return letters, vowels, consonants, letters, vowels, consonants
        value_of = self.summing.values_of
        return letters, vowels, consonants, value_of(letters), value_of(vowels), value_of(consonants)

    def birth_numbers(self, born: date) -> BirthNumbers:
        """Return what a birth date gives by its day, by its year and by both."""
        of_year, of_life = self._of_year, self._of_life
        day = self._days[born.month][born.day] or self._day(born.month, born.day)
        year = of_year(born.year)
        return day, year, of_life(day.life_key + year.life_key)

    def of_current_day(self, on: date, birth_month: int, birth_day: int) -> tuple[Three, Three]:
        """Return the universal and personal cycles of one day."""
        birthdays = self._current.get(on)
        if birthdays is None:
            if len(self._current) >= _DAYS_KEPT:
                self._current.clear()
            birthdays = self._current[on] = {}
        found = birthdays.get(32 * birth_month + birth_day)
        if found is None:
            options = self.options
            masters, boundary = options.personal_masters, options.personal_year_boundary
            found = birthdays[32 * birth_month + birth_day] = (
                periods.universal_cycles(on, masters),
                periods.personal_cycles(birth_month, birth_day, on, masters, boundary),
            )
        return found


@lru_cache(maxsize=64)
def school_of(options: Options) -> School:
    """Return the shared tables of a set of options."""
    return School(options)


PRESET_SCHOOLS = {name: school_of(options) for name, options in PRESETS.items()}
