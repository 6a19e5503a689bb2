"""The facade: a whole chart of one person.

Source: docs/numerology.md#birth-chart. What a birth date gives was prepared by school.py; a name is summed here, in one
pass over its letters (letter_tally.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from core.numerology import chaldean, cycles, dates, name_numbers, transits
from core.numerology.chart_record import BirthChart, Bridge, ChartDraft, Debts
from core.numerology.errors import EngineError
from core.numerology.kua import GENDERS
from core.numerology.letter_tally import (
    CHALDEAN_MASK,
    CHALDEAN_SHIFT,
    SUMS_SHIFT,
    figures_of,
    letter_tally,
    part_totals,
)
from core.numerology.lo_shu import added_numbers, lo_shu
from core.numerology.names import Name, NameInput, normalise_name
from core.numerology.options import DEFAULT_PRESET, Options, resolve_options
from core.numerology.reduction import KARMIC_DEBTS, SINGLE_DIGITS
from core.numerology.school import PRESET_SCHOOLS, BirthNumbers, School, school_of
from core.numerology.vowels import VowelOverride, apply_overrides, cased_parts, listed_overrides
from core.numerology.working import add_working

__all__ = ["ENGINE_VERSION", "BirthChart", "birth_chart"]

ENGINE_VERSION = 1

_CHALDEAN_TALLY = letter_tally("chaldean")
_LATIN_TALLY = letter_tally("pythagorean")


def _bridges_between(first: str, second: str) -> list[list[Bridge]]:
    """Return the bridge of two quantities by the root of the first and that of the second."""
    return [[(first, second, abs(one - other)) for other in range(10)] for one in range(10)]


_TO_EXPRESSION, _TO_BIRTHDAY = _bridges_between("life_path", "expression"), _bridges_between("life_path", "birthday")
_TO_SOUL_URGE = _bridges_between("life_path", "soul_urge")
_SOUL_URGE_TO_PERSONALITY = _bridges_between("soul_urge", "personality")


def _debts_found(place: str, debt: int | None, one_sum_debt: int | None) -> Debts:
    found: Debts = ((place, debt),) if debt else ()
    return (*found, (place + "_one_sum", one_sum_debt)) if one_sum_debt and one_sum_debt != debt else found


def _place_debts(place: str) -> dict[int | None, dict[int | None, Debts]]:
    """Return what is reported of a name number, by its own debt and by that of all its letters in one sum."""
    debts = (None, *KARMIC_DEBTS)
    return {debt: {one_sum: _debts_found(place, debt, one_sum) for one_sum in debts} for debt in debts}


_EXPRESSION_DEBTS, _SOUL_URGE_DEBTS = _place_debts("expression"), _place_debts("soul_urge")
_PERSONALITY_DEBTS = _place_debts("personality")
_one_digit = SINGLE_DIGITS.__getitem__


def _add_date_numbers(chart: Any, birth: BirthNumbers, school: School) -> None:
    day, year, life = birth
    chart.life_path, chart.period_turn_ages = life.life_path, life.period_turn_ages
    chart.pinnacles, chart.pinnacle_spans = life.pinnacles, life.pinnacle_spans
    chart.challenges, chart.challenge_spans = life.challenges, life.challenge_spans
    chart.birthday, chart.attitude, chart.generation = day.birthday, day.attitude, year.number
    chart.period_cycles = day.month, day.day, year.number
    chart.vedic_psychic = day.vedic_psychic
    chart.vedic_destiny = school.vedic_reduction(day.digit_sum + year.digit_sum)
    chart.kua = year.kua_before if day.is_in_year_before else year.kua
    chart.lo_shu, chart.birth_grid, chart.psychomatrix = year.grids(day.digits + year.digits)


def _add_name_numbers(
    chart: Any, parts: tuple[str, ...], first_count: int, birth: BirthNumbers, school: School
) -> None:
    cased: tuple[str, ...] = chart.cased
    look_up, of_part, values = school.tally.__getitem__, school.of_part, school.letters.values
    part_totals, vowel_totals, consonant_totals, chaldean_part_totals = [], [], [], []
    letters = initials = total = vowel_total = consonant_total = expression_sum = soul_urge_sum = personality_sum = 0
    for part in cased:
        tally = sum(map(look_up, part))
        letters += tally
        initials += values[part[0]]
        chaldean_part_totals.append(tally >> CHALDEAN_SHIFT & CHALDEAN_MASK)
        of_all, of_vowels, of_consonants, all_add, vowels_add, consonants_add = of_part(tally >> SUMS_SHIFT)
        part_totals.append(of_all)
        vowel_totals.append(of_vowels)
        consonant_totals.append(of_consonants)
        total += of_all
        vowel_total += of_vowels
        consonant_total += of_consonants
        expression_sum += all_add
        soul_urge_sum += vowels_add
        personality_sum += consonants_add
    chart.part_totals, chart.vowel_totals, chart.consonant_totals = part_totals, vowel_totals, consonant_totals
    chart.chaldean_part_totals = chaldean_part_totals

    day, year, life = birth
    reduction = school.reduction
    expression = chart.expression = reduction(expression_sum)
    maturity = chart.maturity = reduction(life.life_path.value + expression.value)
    balance = chart.balance = school.balance_reduction(initials)
    first_total = part_totals[0] if first_count < 2 else sum(part_totals[:first_count])
    chart.rational_thought = reduction(reduction(first_total).value + day.day.value)

    root = life.life_path.root
    to_expression, to_birthday = _TO_EXPRESSION[root][expression.root], _TO_BIRTHDAY[root][day.birthday.root]
    debts = life.debts + day.debts + _EXPRESSION_DEBTS[expression.karmic_debt][_one_digit(total).karmic_debt]
    bridges: tuple[Bridge, ...] = (to_expression, to_birthday)
    chart.soul_urge = chart.personality = None
    if vowel_total:
        soul_urge = chart.soul_urge = reduction(soul_urge_sum)
        debts += _SOUL_URGE_DEBTS[soul_urge.karmic_debt][_one_digit(vowel_total).karmic_debt]
        bridges = to_expression, to_birthday, _TO_SOUL_URGE[root][soul_urge.root]
    if consonant_total:
        personality = chart.personality = reduction(personality_sum)
        debts += _PERSONALITY_DEBTS[personality.karmic_debt][_one_digit(consonant_total).karmic_debt]
        if vowel_total:
            bridges += (_SOUL_URGE_TO_PERSONALITY[soul_urge.root][personality.root],)
    if maturity.karmic_debt:
        debts += (("maturity", maturity.karmic_debt),)
    if balance.karmic_debt:
        debts += (("balance", balance.karmic_debt),)
    chart.bridges = bridges
    chart.karmic_debts = debts + life.pinnacle_debts + day.period_debts + year.period_debts

    counts, chart.plane_counts, chart.plane_sums = figures_of(letters)
    chart.inclusion = counts
    chart.hidden_passion = name_numbers.hidden_passion(counts)
    chart.karmic_lessons = name_numbers.karmic_lessons(counts, school.letters.highest)
    chart.subconscious_self = name_numbers.subconscious_self(counts)
    index = 0 if school.options.word == "first" else -1
    word = parts[index]
    chart.cornerstone, chart.capstone, chart.keystone = word[0], word[-1], name_numbers.keystone(word)
    chart.first_vowel = name_numbers.first_vowel(cased[index])


def _add_minor_numbers(chart: Any, name: Name, school: School) -> None:
    options = school.options
    totals = part_totals(school.tally.words(cased_parts(name.parts, school.letters, options.vowel_rule)))
    for quantity, sums in zip(("expression", "soul_urge", "personality"), totals, strict=False):
        setattr(chart, "minor_" + quantity, name_numbers.combined(sums, school.masters_table, school.summing))


def _add_current(chart: Any, born: date, on: date, school: School) -> None:
    options = school.options
    age = chart.age = dates.age_on(born, on)
    years = on.year - born.year
    chart.period_index = cycles.period_index(chart.life_path.root, years, options.period_ages)
    chart.pinnacle_index = cycles.pinnacle_index(
        chart.pinnacle_spans, years if options.pinnacle_boundary == "calendar" else age
    )
    chart.universal, chart.personal = school.of_current_day(on, born.month, born.day)
    name: Name = chart.name
    rows = transits.transit_rows(chart.latin, name.first_count, name.last_count, options.no_middle)
    letters = [None if row is None else transits.letter_at(row, age, options.age_base) for row in rows]
    chart.transits = tuple(letters)
    chart.essence = transits.essence([letter[1] for letter in letters if letter], options.essence_masters)


def _add_chaldean(chart: Any, school: School) -> None:
    totals: list[int] = chart.chaldean_part_totals
    compound = chart.chaldean_compound = sum(totals)
    chart.cheiro_compound = chaldean.cheiro_compound(totals)
    chart.chaldean_root = school.chaldean_reduction(compound)
    chart.vedic_name = school.vedic_reduction(compound)


def _add_to_lo_shu(chart: Any, born: date, gender: str | None, options: Options) -> None:
    extra = added_numbers(
        born,
        options.lo_shu_add,
        driver=chart.vedic_psychic.root,
        conductor=chart.vedic_destiny.root,
        kua=None if gender is None else chart.kua[gender],
        name=chart.vedic_name.root,
        skip_single_day_driver=options.lo_shu_skip_single_day_driver,
    )
    chart.lo_shu = lo_shu(born, extra)


def _latin_parts(name: str | NameInput, normalised: Name, school: School, edits: Mapping[str, str] | None) -> Name:
    if school.letters.codes is not None:
        return normalised
    return normalise_name(name, replace(school.options, table="pythagorean"), edits)


def _add_latin(chart: Any, name: str | NameInput, school: School) -> None:
    latin = chart.latin = chart.in_use = _latin_parts(name, chart.name, school, chart.transliteration).parts
    # The planes and the Chaldean table know A-Z only, so they count the Latin spelling.
    words = _LATIN_TALLY.words(latin)
    chart.chaldean_part_totals = part_totals(words).chaldean
    _, chart.plane_counts, chart.plane_sums = figures_of(sum(words))


def _add_current_name(chart: Any, name: str | NameInput, school: School) -> None:
    try:
        current = school.reader.read(name, chart.transliteration)
        in_use = _latin_parts(name, current, school, chart.transliteration)
    except EngineError as error:
        raise EngineError(error.code, "current_name", error.message) from None
    chart.current_name, chart.in_use = current, in_use.parts
    chart.chaldean_part_totals = part_totals(_CHALDEAN_TALLY.words(in_use.parts)).letters
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
    parts = normalised.parts
    cased = cased_parts(parts, school.letters, school.options.vowel_rule)
    overrides = vowel_overrides if type(vowel_overrides) is tuple else listed_overrides(vowel_overrides)
    if overrides:
        cased = apply_overrides(cased, overrides)
    birth = school.birth_numbers(born)
    chart: Any = ChartDraft()
    chart.preset = preset
    chart.options = school.options
    chart.birth_date = born
    chart.on = day
    chart.gender = gender
    chart.name = normalised
    chart.cased = cased
    chart.transliteration = transliteration
    chart.vowel_overrides = overrides
    _add_date_numbers(chart, birth, school)
    _add_name_numbers(chart, parts, normalised.first_count, birth, school)
    chart.latin = chart.in_use = parts
    if school.letters.codes is None:
        _add_latin(chart, name, school)
    chart.current_name = chart.minor_expression = chart.minor_soul_urge = chart.minor_personality = None
    if current_name is not None:
        _add_current_name(chart, current_name, school)
    chart.age = chart.period_index = chart.pinnacle_index = chart.universal = chart.personal = None
    chart.transits = chart.essence = None
    if day is not None:
        _add_current(chart, born, day, school)
    _add_chaldean(chart, school)
    if gender is not None:
        chart.kua = {gender: chart.kua[gender]}
    if school.options.lo_shu_add:
        _add_to_lo_shu(chart, born, gender, school.options)
    chart.letters = chart.chaldean_letters = chart.working = None
    if explain:
        add_working(chart, school)
    # Every field is set (a test looks at each).
    chart.__class__ = BirthChart
    finished: BirthChart = chart
    return finished
