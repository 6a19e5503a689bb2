"""One worked example's input and options, read the way the quantities need them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from core.numerology.dates import age_on, life_path, parse_date, parse_day, parse_month, parse_year
from core.numerology.errors import EngineError
from core.numerology.letters import LetterTable, letter_table
from core.numerology.names import Name, NameInput, normalise_name
from core.numerology.options import DEFAULT_PRESET, Options, checked_option, resolve_options
from core.numerology.periods import cycle_year
from core.numerology.reduction import Masters, Reduction
from core.numerology.vowels import apply_overrides, cased_parts

# Option names in worked examples that go by another name among the options.
_OPTION_NAMES = {
    "method": "life_path_method",
    "lp_method": "life_path_method",
    "add": "lo_shu_add",
    "skip_single_day_driver": "lo_shu_skip_single_day_driver",
    "p3_reduced": "pinnacle_p3_reduced",
    "ages": "challenge_ages",
    "count": "challenge_count",
    "five": "kua_five",
    "year_boundary": "kua_boundary",
    "root": "psychomatrix_root",
}


def _missing(key: str) -> EngineError:
    return EngineError("INVALID_INPUT", key, f"The input has no {key}.")


@dataclass(frozen=True)
class Query:
    """The input and the method of one row."""

    input: Mapping[str, Any]
    method: Mapping[str, Any]

    def has(self, *keys: str) -> bool:
        return all(key in self.input for key in keys)

    def need(self, *keys: str) -> Any:
        """Return the first of these inputs that is given."""
        for key in keys:
            if key in self.input:
                return self.input[key]
        raise _missing(keys[0])

    def number(self, *keys: str) -> int:
        value = self.need(*keys)
        if type(value) is not int:
            raise EngineError("INVALID_INPUT", keys[0], f"{keys[0]} is a whole number.")
        return value

    def masters(self, default: Masters) -> Masters:
        """Return the masters the row keeps, or the default of its quantity."""
        if "masters" in self.method:
            kept: Masters = checked_option("masters", self.method["masters"])
            return kept
        return default

    def choice(self, key: str, option: str, default: str) -> str:
        """Return an option that is read under another key in this quantity."""
        value: str = checked_option(option, self.method.get(key, default))
        return value

    def own_choice(self, key: str, choices: tuple[str, ...]) -> str:
        """Return a choice that worked examples have beyond the options; the first is the default."""
        value = self.method.get(key, choices[0])
        if value not in choices:
            raise EngineError("INVALID_OPTION_VALUE", key, f"{key} takes one of: {', '.join(choices)}.")
        return str(value)

    @cached_property
    def options(self) -> Options:
        """Return the row's options: its preset, then every key that is an option under this or another name."""
        chosen = resolve_options(self.method.get("preset", DEFAULT_PRESET))
        given: dict[str, Any] = {}
        for key, value in self.method.items():
            name = _OPTION_NAMES.get(key, key)
            if name in Options.__dataclass_fields__:
                given[name] = checked_option(name, value)
        if self.method.get("split") is True:
            given["apostrophe"] = "split"
        return replace(chosen, **given)

    @cached_property
    def table(self) -> LetterTable:
        return letter_table(self.options.table, self.options.finals)

    def name_of(self, options: Options) -> Name:
        given = self.input
        if "first" in given or "first_name" in given:
            middle = self.input.get("middle", self.input.get("middle_name", ()))
            middle = (middle,) if isinstance(middle, str) else tuple(middle)
            last = self.input.get("last", self.input.get("last_name", ""))
            return normalise_name(NameInput(self.need("first", "first_name"), middle, last), options)
        return normalise_name(self.need("name", "text", "word", "full_name", "current_name"), options)

    @cached_property
    def name(self) -> Name:
        return self.name_of(self.options)

    @cached_property
    def cased(self) -> tuple[str, ...]:
        """Return the parts of the name with their vowels in lower case, overrides applied."""
        cased = cased_parts(self.name.parts, self.table, self.options.vowel_rule)
        overrides = self.method.get("vowel_overrides", self.input.get("vowel_overrides", ()))
        return apply_overrides(cased, overrides)

    @cached_property
    def birth(self) -> date:
        """Return the birth date, given whole or as day, month and year."""
        if "birth_date" in self.input:
            return parse_date(self.input["birth_date"])
        year = parse_year(self.number("year", "birth_year"))
        month, day = self.birth_month, self.birth_day
        return parse_date(f"{year:04d}-{month:02d}-{day:02d}")

    @cached_property
    def birth_month(self) -> int:
        if "birth_date" in self.input:
            return self.birth.month
        return parse_month(self.number("month", "birth_month"))

    @cached_property
    def birth_day(self) -> int:
        if "birth_date" in self.input:
            return self.birth.day
        return parse_day(self.number("day", "birth_day"))

    @cached_property
    def current(self) -> date:
        """Return the day in question; a year without a day means its last day, when every birthday has been."""
        if "current_date" in self.input:
            return parse_date(self.input["current_date"], "current_date")
        year = parse_year(self.number("current_year", "year"), "year")
        month = parse_month(self.input.get("current_month", 12), "current_month")
        last = 31 if month == 12 else date(year, month + 1, 1).toordinal() - date(year, month, 1).toordinal()
        day = parse_day(self.input.get("current_day", last), "current_day")
        return parse_date(f"{year:04d}-{month:02d}-{day:02d}", "current_date")

    def current_month(self) -> int:
        if "current_date" in self.input:
            return self.current.month
        return parse_month(self.number("current_month", "month"), "current_month")

    def current_day(self) -> int:
        if "current_date" in self.input:
            return self.current.day
        return parse_day(self.number("current_day", "day"), "current_day")

    def personal_cycle_year(self) -> int:
        boundary = self.choice("boundary", "personal_year_boundary", self.options.personal_year_boundary)
        return cycle_year(self.birth_month, self.birth_day, self.current, boundary)

    @cached_property
    def life_path(self) -> Reduction:
        return life_path(self.birth, self.options.life_path_method, self.options.masters)

    def life_path_value(self) -> int:
        return self.number("life_path") if "life_path" in self.input else self.life_path.value

    @cached_property
    def age(self) -> int:
        """Return the age in question, given or counted from two dates."""
        if "age" in self.input:
            age = self.number("age")
            if age < 0:
                raise EngineError("INVALID_INPUT", "age", "An age is 0 or more.")
            return age
        return age_on(self.birth, self.current)

    def gender(self) -> str | None:
        given: str | None = self.input.get("sex", self.input.get("gender", self.method.get("sex")))
        return given


def birth_year(query: Query) -> int:
    """Return the birth year, given alone or in a whole date."""
    return query.birth.year if query.has("birth_date") else parse_year(query.number("year", "birth_year"))
