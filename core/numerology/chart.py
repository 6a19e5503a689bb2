"""The facade: a whole chart of one person.

Source: docs/numerology.md#birth-chart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from core.numerology import chaldean, cycles, dates, name_numbers, transits
from core.numerology.birth_grid import BirthGrid, birth_grid_of_counts
from core.numerology.digit_grids import digit_counts
from core.numerology.errors import EngineError
from core.numerology.kua import GENDERS, kua_year
from core.numerology.letter_tally import letter_figures, letter_tally, part_totals
from core.numerology.letters import Letter
from core.numerology.lo_shu import LoShu, added_numbers, lo_shu, lo_shu_of_counts
from core.numerology.names import Name, NameInput, normalise_name
from core.numerology.options import DEFAULT_PRESET, Options, resolve_options
from core.numerology.psychomatrix import Psychomatrix, psychomatrix
from core.numerology.reduction import KARMIC_DEBTS, SINGLE_DIGITS, Reduction
from core.numerology.school import PRESET_SCHOOLS, School, school_of
from core.numerology.vowels import VowelOverride, apply_overrides, cased_parts, listed_overrides
from core.numerology.working import Working, add_working

ENGINE_VERSION = 1

Three = tuple[Reduction, Reduction, Reduction]
_CHALDEAN_TALLY = letter_tally("chaldean")
_LATIN_TALLY = letter_tally("pythagorean")


@dataclass(frozen=True)
class BirthChart:
    """Every number of one person under one set of options.

    A number is a ``Reduction``; it is None where there is nothing to count (a name without vowels has no Soul Urge).
    The current numbers (age to essence) are None without a reference date, and the minor ones without a current name.
    ``cased`` holds the parts with their vowels in lower case. ``working`` holds what was added for each number, and
    is None when the chart was made without it; ``terms`` (working.py) gives it with labels.
    """

    preset: str
    options: Options
    birth_date: date
    on: date | None
    gender: str | None
    name: Name
    cased: tuple[str, ...]
    latin: tuple[str, ...]
    in_use: tuple[str, ...]
    current_name: Name | None
    transliteration: Mapping[str, str] | None
    vowel_overrides: tuple[Any, ...]

    life_path: Reduction
    birthday: Reduction
    attitude: Reduction
    generation: Reduction

    expression: Reduction
    soul_urge: Reduction | None
    personality: Reduction | None
    part_totals: list[int]
    vowel_totals: list[int]
    consonant_totals: list[int]
    minor_expression: Reduction | None
    minor_soul_urge: Reduction | None
    minor_personality: Reduction | None
    balance: Reduction
    rational_thought: Reduction
    maturity: Reduction
    inclusion: bytes
    hidden_passion: tuple[int, ...]
    karmic_lessons: tuple[int, ...]
    subconscious_self: int
    cornerstone: str
    capstone: str
    first_vowel: str | None
    keystone: str | None
    plane_counts: tuple[int, ...]
    plane_sums: tuple[int, ...]
    bridges: tuple[tuple[str, str, int], ...]
    karmic_debts: tuple[tuple[str, int], ...]

    period_cycles: Three
    period_turn_ages: tuple[int, int]
    pinnacles: tuple[Reduction, Reduction, Reduction, Reduction]
    pinnacle_spans: tuple[cycles.Span, cycles.Span, cycles.Span, cycles.Span]
    challenges: tuple[int, ...]
    challenge_spans: tuple[cycles.Span, ...]

    age: int | None
    period_index: int | None
    pinnacle_index: int | None
    universal: Three | None
    personal: Three | None
    transits: tuple[tuple[str, int] | None, ...] | None
    essence: Reduction | None

    chaldean_part_totals: list[int]
    cheiro_compound: int
    chaldean_compound: int
    chaldean_root: Reduction
    vedic_psychic: Reduction
    vedic_destiny: Reduction
    vedic_name: Reduction
    kua: Mapping[str, int]
    lo_shu: LoShu
    birth_grid: BirthGrid
    psychomatrix: Psychomatrix

    letters: tuple[tuple[Letter, ...], ...] | None
    chaldean_letters: tuple[tuple[Letter, ...], ...] | None
    working: Working | None

    @property
    def is_duality_year(self) -> bool | None:
        """Return whether the Personal Year and the Essence share their root."""
        if self.personal is None or self.essence is None:
            return None
        return self.personal[0].root == self.essence.root

    def to_dict(self) -> dict[str, Any]:
        """Return the chart as ordered plain data, safe for JSON."""
        from core.numerology.presentation import chart_dict

        return chart_dict(self)

    def lines(self) -> list[str]:
        """Return the chart with its working, one readable line per step."""
        from core.numerology.presentation import chart_lines

        return chart_lines(self)


# A chart begins with every field empty; what it was not asked for stays so.
_BLANK: dict[str, Any] = dict.fromkeys(BirthChart.__dataclass_fields__)


def _add_date_numbers(chart: dict[str, Any], born: date, school: School) -> None:
    options, table = school.options, school.masters_table
    month, day, year = born.month, born.day, born.year
    chart.update(school.of_day[month, day])
    chart.update(school.of_year[year])
    steps = dates.life_path_chains(born, options.life_path_method, options.masters)
    life_path = chart["life_path"] = table[steps[0][-1] + steps[1][-1] + steps[2][-1]]
    chart["period_cycles"] = table[month], table[day], table[year]
    parts = school.pinnacle_table
    chart.update(school.of_pinnacle_parts[parts[month].value, parts[day].value, parts[year].value])
    chart.update(school.of_life_path[life_path.root])


def _add_name_numbers(chart: dict[str, Any], born: date, school: School) -> None:
    cased: tuple[str, ...] = chart["cased"]
    options, table, values = school.options, school.masters_table, school.letters.values
    summing, number = school.summing, name_numbers.combined
    words = school.tally.words(cased)
    totals, vowels, consonants, chaldean_totals = part_totals(words)
    counts, plane_counts, plane_sums = letter_figures(words)
    expression = chart["expression"] = number(totals, table, summing) or table[0]
    chart["soul_urge"] = number(vowels, table, summing)
    chart["personality"] = number(consonants, table, summing)
    chart["maturity"] = table[chart["life_path"].value + expression.value]
    first_total = totals[0] if chart["name"].first_count < 2 else sum(totals[: chart["name"].first_count])
    chart["rational_thought"] = table[table[first_total].value + table[born.day].value]
    chart["balance"] = school.balance_table[sum([values[part[0]] for part in cased])]
    chart["part_totals"], chart["vowel_totals"], chart["consonant_totals"] = totals, vowels, consonants
    chart["chaldean_part_totals"] = chaldean_totals
    chart["inclusion"], chart["plane_counts"], chart["plane_sums"] = counts, plane_counts, plane_sums
    chart["hidden_passion"] = name_numbers.hidden_passion(counts)
    chart["karmic_lessons"] = name_numbers.karmic_lessons(counts, school.letters.highest)
    chart["subconscious_self"] = name_numbers.subconscious_self(counts)
    word = cased[0] if options.word == "first" else cased[-1]
    chart["cornerstone"] = word[0].upper()
    chart["capstone"] = word[-1].upper()
    chart["first_vowel"] = name_numbers.first_vowel(word)
    chart["keystone"] = name_numbers.keystone(word)


def _add_minor_numbers(chart: dict[str, Any], name: Name, school: School) -> None:
    options = school.options
    totals = part_totals(school.tally.words(cased_parts(name.parts, school.letters, options.vowel_rule)))
    for quantity, sums in zip(("expression", "soul_urge", "personality"), totals, strict=False):
        chart["minor_" + quantity] = name_numbers.combined(sums, school.masters_table, school.summing)


def _add_current(chart: dict[str, Any], born: date, on: date, school: School) -> None:
    options = school.options
    age = chart["age"] = dates.age_on(born, on)
    years = on.year - born.year
    chart["period_index"] = cycles.period_index(chart["life_path"].root, years, options.period_ages)
    chart["pinnacle_index"] = cycles.pinnacle_index(
        chart["pinnacle_spans"], years if options.pinnacle_boundary == "calendar" else age
    )
    chart.update(school.of_current_day(on, born.month, born.day))
    name: Name = chart["name"]
    rows = transits.transit_rows(chart["latin"], name.first_count, name.last_count, options.no_middle)
    letters = [None if row is None else transits.letter_at(row, age, options.age_base) for row in rows]
    chart["transits"] = tuple(letters)
    chart["essence"] = transits.essence([letter[1] for letter in letters if letter], options.essence_masters)


def _add_other_schools(chart: dict[str, Any], born: date, gender: str | None, school: School) -> None:
    options = school.options
    totals: list[int] = chart["chaldean_part_totals"]
    compound = chart["chaldean_compound"] = sum(totals)
    chart["cheiro_compound"] = chaldean.cheiro_compound(totals)
    chart["chaldean_root"] = school.chaldean_table[compound]
    name = chart["vedic_name"] = school.vedic_table[compound]
    conductor = chart["vedic_destiny"] = school.vedic_table[dates.date_digit_sum(born)]
    both = school.of_kua_year[kua_year(born, options.kua_boundary)]
    chart.update(both)
    if gender is not None:
        chart["kua"] = {gender: both["kua"][gender]}
    extra: tuple[int, ...] = ()
    if options.lo_shu_add:
        extra = added_numbers(
            born,
            options.lo_shu_add,
            driver=chart["vedic_psychic"].root,
            conductor=conductor.root,
            kua=None if gender is None else both["kua"][gender],
            name=name.root,
            skip_single_day_driver=options.lo_shu_skip_single_day_driver,
        )
    counts = digit_counts(born)
    chart["lo_shu"] = lo_shu(born, extra) if extra else lo_shu_of_counts(counts)
    chart["birth_grid"] = birth_grid_of_counts(counts)
    chart["psychomatrix"] = psychomatrix(born, options.post2000, options.psychomatrix_root)


def _bridges(chart: dict[str, Any]) -> tuple[tuple[str, str, int], ...]:
    life_path, soul_urge, personality = chart["life_path"].root, chart["soul_urge"], chart["personality"]
    found: tuple[tuple[str, str, int], ...] = (
        ("life_path", "expression", abs(life_path - chart["expression"].root)),
        ("life_path", "birthday", abs(life_path - chart["birthday"].root)),
    )
    if soul_urge is None:
        return found
    found += (("life_path", "soul_urge", abs(life_path - soul_urge.root)),)
    if personality is None:
        return found
    return (*found, ("soul_urge", "personality", abs(soul_urge.root - personality.root)))


_ONE_SUMS = (("expression", "part_totals"), ("soul_urge", "vowel_totals"), ("personality", "consonant_totals"))


def _karmic_debts(chart: dict[str, Any], born: date, school: School) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    if chart["life_path"].karmic_debt:
        found.append(("life_path", chart["life_path"].karmic_debt))
    if born.day in KARMIC_DEBTS:
        found.append(("birthday", born.day))
    for where, sums in _ONE_SUMS:
        number = chart[where]
        if number is None:
            continue
        debt, one_sum_debt = number.karmic_debt, SINGLE_DIGITS[sum(chart[sums])].karmic_debt
        if debt:
            found.append((where, debt))
        if one_sum_debt and one_sum_debt != debt:
            found.append((where + "_one_sum", one_sum_debt))
    if chart["maturity"].karmic_debt:
        found.append(("maturity", chart["maturity"].karmic_debt))
    if chart["balance"].karmic_debt:
        found.append(("balance", chart["balance"].karmic_debt))
    parts = school.pinnacle_table
    found += school.pinnacle_debts[parts[born.month].value, parts[born.day].value, parts[born.year].value].items()
    # A month, at most 12, has no debt.
    if born.day in KARMIC_DEBTS:
        found.append(("period_cycle_2", born.day))
    year_debt = chart["generation"].karmic_debt
    if year_debt:
        found.append(("period_cycle_3", year_debt))
    return tuple(found)


def _latin_parts(name: str | NameInput, normalised: Name, school: School, edits: Mapping[str, str] | None) -> Name:
    if school.letters.codes is not None:
        return normalised
    return normalise_name(name, replace(school.options, table="pythagorean"), edits)


def _add_latin(chart: dict[str, Any], name: str | NameInput, school: School) -> None:
    latin = _latin_parts(name, chart["name"], school, chart["transliteration"]).parts
    chart["latin"] = chart["in_use"] = latin
    if school.letters.codes is None:
        # The planes and the Chaldean table know A-Z only, so they count the Latin spelling.
        words = _LATIN_TALLY.words(latin)
        chart["chaldean_part_totals"] = part_totals(words).chaldean
        _, chart["plane_counts"], chart["plane_sums"] = letter_figures(words)


def _add_current_name(chart: dict[str, Any], name: str | NameInput, school: School) -> None:
    try:
        current = school.reader.read(name, chart["transliteration"])
        in_use = _latin_parts(name, current, school, chart["transliteration"])
    except EngineError as error:
        raise EngineError(error.code, "current_name", error.message) from None
    chart["current_name"], chart["in_use"] = current, in_use.parts
    chart["chaldean_part_totals"] = part_totals(_CHALDEAN_TALLY.words(in_use.parts)).letters
    _add_minor_numbers(chart, current, school)


def birth_chart(
    name: str | NameInput,
    birth_date: date | str,
    *,
    on: date | str | None = None,
    preset: str = DEFAULT_PRESET,
    options: Mapping[str, Any] | Options | None = None,
    current_name: str | NameInput | None = None,
    gender: str | None = None,
    vowel_overrides: Iterable[VowelOverride | Mapping[str, Any]] = (),
    transliteration: Mapping[str, str] | None = None,
    explain: bool = True,
) -> BirthChart:
    """Return the whole chart of a person.

    ``name`` is the full name at birth; ``current_name`` the one in everyday use, which the minor numbers and the
    Chaldean and Indian name numbers take. ``on`` is the day for age, personal cycles and transits; without it there
    are none, and a birth date in the future cannot be noticed. ``gender`` (male or female) is used by Kua alone;
    without it both are given. ``explain=False`` leaves the working out. Raises EngineError.

    >>> chart = birth_chart("Thomas Cruise Mapother IV", "1962-07-03", on="1982-07-03")
    >>> chart.expression.total, chart.soul_urge.value, [letter for letter, _ in chart.transits]
    (31, 9, ['A', 'I', 'H'])
    """
    school = PRESET_SCHOOLS.get(preset) if options is None and isinstance(preset, str) else None
    if school is None:
        school = school_of(resolve_options(preset, options))
    born = dates.parse_date(birth_date)
    day = None if on is None else dates.parse_date(on, "on")
    if gender is not None and gender not in GENDERS:
        raise EngineError("INVALID_OPTION_VALUE", "gender", "gender takes one of: male, female; or leave it out.")
    normalised = school.reader.read(name, transliteration)
    cased = cased_parts(normalised.parts, school.letters, school.options.vowel_rule)
    overrides = vowel_overrides if type(vowel_overrides) is tuple else listed_overrides(vowel_overrides)
    if overrides:
        cased = apply_overrides(cased, overrides)
    fields = _BLANK.copy()
    fields["preset"] = preset
    fields["options"] = school.options
    fields["birth_date"] = born
    fields["on"] = day
    fields["gender"] = gender
    fields["name"] = normalised
    fields["cased"] = cased
    fields["transliteration"] = transliteration
    fields["vowel_overrides"] = overrides
    _add_date_numbers(fields, born, school)
    _add_name_numbers(fields, born, school)
    _add_latin(fields, name, school)
    if current_name is not None:
        _add_current_name(fields, current_name, school)
    if day is not None:
        _add_current(fields, born, day, school)
    _add_other_schools(fields, born, gender, school)
    fields["bridges"] = _bridges(fields)
    fields["karmic_debts"] = _karmic_debts(fields, born, school)
    if explain:
        add_working(fields, school)
    # A frozen dataclass of this size takes as long to fill as its numbers take to compute; the fields are complete
    # here (a test compares them), so they become the instance at once.
    chart = object.__new__(BirthChart)
    object.__setattr__(chart, "__dict__", fields)
    return chart
