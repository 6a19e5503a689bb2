"""One set of options, made ready for many charts.

What depends on a part of a date alone (the 366 days of a year, the year, the reduced parts, the digits) or on the sums
of one part of a name is computed by the functions of dates.py, cycles.py and their like when it is first met, and
shared by every later chart. Whole names, whole dates and people are not kept: docs/decisions/0010-engine-speed.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Generic, TypeVar

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
    month_part: int
    day_part: int
    life_path_adds: int
    digits: int
    digit_sum: int
    is_in_year_before: bool
    debts: Debts
    period_debts: Debts


@dataclass(frozen=True, slots=True)
class YearNumbers:
    """What a birth year gives."""

    number: Reduction
    part: int
    life_path_adds: int
    digits: int
    digit_sum: int
    grids: _Prepared[int, Grids]
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


# Above the packed digits of a date, the first digit of its day.
_FIRST_DIGIT_SHIFT = 80


@lru_cache(maxsize=4)
def _grids(has_first_digit: bool, psychomatrix_root: bool) -> _Prepared[int, Grids]:
    """Return the grids by the packed digits of a date, shared by all schools."""

    def make(key: int) -> Grids:
        digits, first_digit = key & (1 << _FIRST_DIGIT_SHIFT) - 1, key >> _FIRST_DIGIT_SHIFT
        counts = counts_of(digits)
        matrix = psychomatrix_of_digits(digits, first_digit if has_first_digit else None, psychomatrix_root)
        return lo_shu_of_counts(counts), birth_grid_of_counts(counts), matrix

    return _Prepared(make)


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
        self.balance_table = reductions(options.balance_masters)
        self.chaldean_table = reductions(options.chaldean_masters)
        self.vedic_table = reductions(options.vedic_masters)
        self._of_day = _Prepared(self._day).__getitem__
        self._of_year = _Prepared(self._year).__getitem__
        self._of_life = _Prepared(self._life).__getitem__
        self.pinnacle_spans: _Prepared[int, FourSpans] = _Prepared(self._pinnacle_spans)
        self.of_kua_year: _Prepared[int, dict[str, int]] = _Prepared(self._kua)
        self.of_part = _Prepared(self._part).__getitem__
        self._current: dict[date, dict[int, tuple[Three, Three]]] = {}

    def _life_path_addends(self, born: date) -> list[int]:
        chains = dates.life_path_chains(born, self.options.life_path_method, self.options.masters)
        return [chain[-1] for chain in chains]

    def _day(self, key: tuple[int, int]) -> DayNumbers:
        month, day = key
        # Any leap year before 2000: what is taken from this date does not depend on the year.
        born = date(1996, month, day)
        is_karmic = day in KARMIC_DEBTS
        return DayNumbers(
            birthday=dates.birthday(day, self.options.masters),
            attitude=dates.attitude(month, day, self.options.attitude_masters),
            vedic_psychic=self.vedic_table[day],
            month=self.masters_table[month],
            day=self.masters_table[day],
            month_part=self.pinnacle_table[month].value,
            day_part=self.pinnacle_table[day].value,
            life_path_adds=sum(self._life_path_addends(born)[:2]),
            digits=packed_digits(key) + (first_digit_of(day) << _FIRST_DIGIT_SHIFT),
            digit_sum=sum(map(digit_sum, key)),
            is_in_year_before=kua_year(born, self.options.kua_boundary) < born.year,
            # A month, at most 12, has no debt.
            debts=(("birthday", day),) if is_karmic else (),
            period_debts=(("period_cycle_2", day),) if is_karmic else (),
        )

    def _year(self, year: int) -> YearNumbers:
        born = date(year, 1, 1)
        number = dates.generation(year, self.options.masters)
        return YearNumbers(
            number=number,
            part=self.pinnacle_table[year].value,
            life_path_adds=self._life_path_addends(born)[2],
            digits=packed_digits((year,)),
            digit_sum=digit_sum(year),
            grids=_grids(counts_first_digit(year, self.options.post2000), self.options.psychomatrix_root),
            period_debts=debts_of("period_cycle_3", number),
        )

    def _life(self, key: tuple[int, int, int, int]) -> LifeNumbers:
        total, month, day, year = key
        options = self.options
        life_path = self.masters_table[total]
        pinnacles = cycles.pinnacles_of_parts(month, day, year, options.masters, options.pinnacle_p3_reduced)
        debts = [debts_of(f"pinnacle_{index}", pinnacle) for index, pinnacle in enumerate(pinnacles, 1)]
        return LifeNumbers(
            life_path=life_path,
            period_turn_ages=cycles.period_turn_ages(life_path.root, options.period_ages),
            pinnacles=pinnacles,
            pinnacle_spans=self.pinnacle_spans[life_path.root],
            challenges=cycles.challenges_of_parts(month, day, year, options.challenge_count),
            challenge_spans=cycles.challenge_spans(life_path.root, options.challenge_ages, options.challenge_count),
            debts=debts_of("life_path", life_path),
            pinnacle_debts=sum(debts, ()),
        )

    def _pinnacle_spans(self, root: int) -> FourSpans:
        return cycles.pinnacle_spans(root, self.options.pinnacle_boundary)

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
        of_day, of_year, of_life = self._of_day, self._of_year, self._of_life
        day, year = of_day((born.month, born.day)), of_year(born.year)
        total = day.life_path_adds + year.life_path_adds
        return day, year, of_life((total, day.month_part, day.day_part, year.part))

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
