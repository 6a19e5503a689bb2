"""One set of options, made ready for many charts.

What depends on a part of a date alone (the 366 days of a year, the year, the reduced parts, the Life Path root) is
computed by the functions of dates.py, cycles.py and their like when it is first met, and shared by every later chart.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, Generic, TypeVar

from core.numerology import cycles, dates, periods
from core.numerology.kua import GENDERS, kua
from core.numerology.letter_tally import letter_tally
from core.numerology.letters import letter_table, letters_of
from core.numerology.names import name_reader
from core.numerology.options import PRESETS, Options
from core.numerology.reduction import SINGLE_DIGITS, reductions

Fields = dict[str, Any]
_Key = TypeVar("_Key")

# The days for which personal cycles are kept ready; charts of one day come together.
_DAYS_KEPT = 64


class _Prepared(dict[_Key, Fields], Generic[_Key]):
    """Chart fields by what they depend on, each made when first asked for."""

    def __init__(self, make: Callable[[_Key], Fields]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: _Key) -> Fields:
        fields = self[key] = self.make(key)
        return fields


class School:
    """The tables of one set of options."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.masters_table = reductions(options.masters)
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
        self.of_day: _Prepared[tuple[int, int]] = _Prepared(self._day)
        self.of_year: _Prepared[int] = _Prepared(self._year)
        self.of_kua_year: _Prepared[int] = _Prepared(self._kua)
        self.of_pinnacle_parts: _Prepared[tuple[int, int, int]] = _Prepared(self._pinnacles)
        self.of_life_path: _Prepared[int] = _Prepared(self._life_path)
        self.pinnacle_debts: _Prepared[tuple[int, int, int]] = _Prepared(self._pinnacle_debts)
        self._personal: dict[date, dict[int, Fields]] = {}

    def _day(self, key: tuple[int, int]) -> Fields:
        month, day = key
        return {
            "birthday": self.masters_table[day],
            "attitude": dates.attitude(month, day, self.options.attitude_masters),
            "vedic_psychic": self.vedic_table[day],
        }

    def _year(self, year: int) -> Fields:
        return {"generation": dates.generation(year, self.options.masters)}

    def _kua(self, year: int) -> Fields:
        return {"kua": {gender: kua(year, gender, self.options.kua_five) for gender in GENDERS}}

    def _pinnacles(self, key: tuple[int, int, int]) -> Fields:
        month, day, year = key
        options = self.options
        return {
            "pinnacles": cycles.pinnacles_of_parts(month, day, year, options.masters, options.pinnacle_p3_reduced),
            "challenges": cycles.challenges_of_parts(month, day, year, options.challenge_count),
        }

    def _pinnacle_debts(self, key: tuple[int, int, int]) -> Fields:
        numbers = enumerate(self.of_pinnacle_parts[key]["pinnacles"], 1)
        return {f"pinnacle_{index}": number.karmic_debt for index, number in numbers if number.karmic_debt}

    def _life_path(self, root: int) -> Fields:
        options = self.options
        return {
            "period_turn_ages": cycles.period_turn_ages(root, options.period_ages),
            "pinnacle_spans": cycles.pinnacle_spans(root, options.pinnacle_boundary),
            "challenge_spans": cycles.challenge_spans(root, options.challenge_ages, options.challenge_count),
        }

    def of_current_day(self, on: date, birth_month: int, birth_day: int) -> Fields:
        """Return the universal and personal cycles of one day."""
        days = self._personal
        if on not in days:
            if len(days) >= _DAYS_KEPT:
                days.clear()
            days[on] = {}
        found = days[on].get(32 * birth_month + birth_day)
        if found is None:
            options = self.options
            masters, boundary = options.personal_masters, options.personal_year_boundary
            found = days[on][32 * birth_month + birth_day] = {
                "universal": periods.universal_cycles(on, masters),
                "personal": periods.personal_cycles(birth_month, birth_day, on, masters, boundary),
            }
        return found


@lru_cache(maxsize=64)
def school_of(options: Options) -> School:
    """Return the shared tables of a set of options."""
    return School(options)


PRESET_SCHOOLS = {name: school_of(options) for name, options in PRESETS.items()}
