"""The facade: a whole chart of one person.

Source: docs/numerology.md#birth-chart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from core.numerology import chaldean, combinations, cycles, dates, name_numbers, periods, transits, vedic
from core.numerology.birth_grid import BirthGrid, birth_grid
from core.numerology.errors import EngineError
from core.numerology.kua import GENDERS, kua, kua_year
from core.numerology.letters import CHALDEAN, PYTHAGOREAN, Letter, letter_table, letters_of
from core.numerology.lo_shu import LoShu, added_numbers, lo_shu
from core.numerology.names import Name, NameInput, normalise_name
from core.numerology.options import DEFAULT_PRESET, Options, resolve_options
from core.numerology.psychomatrix import Psychomatrix, psychomatrix
from core.numerology.reduction import SINGLE_DIGITS, Reduction, reductions, root
from core.numerology.vowels import VowelOverride, apply_overrides, cased_parts

ENGINE_VERSION = 1

# A working is what was added: plain numbers, the steps that led to them, or the reductions that gave them.
Working = dict[str, tuple[Any, ...]]
Three = tuple[Reduction, Reduction, Reduction]


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
    part_totals: tuple[int, ...]
    vowel_totals: tuple[int, ...]
    consonant_totals: tuple[int, ...]
    minor_expression: Reduction | None
    minor_soul_urge: Reduction | None
    minor_personality: Reduction | None
    balance: Reduction
    rational_thought: Reduction
    maturity: Reduction
    inclusion: tuple[int, ...]
    hidden_passion: tuple[int, ...]
    karmic_lessons: tuple[int, ...]
    subconscious_self: int
    cornerstone: str
    capstone: str
    first_vowel: str | None
    keystone: str | None
    plane_figures: tuple[int, ...]
    bridges: tuple[tuple[str, str, int], ...]
    karmic_debts: tuple[tuple[str, int], ...]

    period_cycles: Three
    period_turn_ages: tuple[int, int]
    pinnacles: tuple[Reduction, Reduction, Reduction, Reduction]
    pinnacle_spans: tuple[cycles.Span, ...]
    challenges: tuple[int, ...]
    challenge_spans: tuple[cycles.Span, ...]

    age: int | None
    period_index: int | None
    pinnacle_index: int | None
    universal: Three | None
    personal: Three | None
    transits: tuple[tuple[str, int] | None, ...] | None
    essence: Reduction | None

    chaldean_part_totals: tuple[int, ...]
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


def _add_date_numbers(chart: dict[str, Any], born: date, options: Options) -> None:
    table = reductions(options.masters)
    chains = dates.life_path_chains(born, options.life_path_method, options.masters)
    month, day, year = chains
    chart["life_path"] = table[month[-1] + day[-1] + year[-1]]
    chart["birthday"] = table[born.day]
    chart["attitude"] = reductions(options.attitude_masters)[born.month + born.day]
    chart["generation"] = table[born.year]
    working = chart["working"]
    if working is not None:
        working["life_path"] = chains
        working["birthday"] = (born.day,)
        working["attitude"] = (born.month, born.day)
        working["generation"] = (born.year,)


def _add_name_numbers(chart: dict[str, Any], born: date, options: Options) -> None:
    cased: tuple[str, ...] = chart["cased"]
    name: Name = chart["name"]
    letters = letter_table(options.table, options.finals)
    mode, part_masters, masters = options.mode, options.part_masters, options.masters
    table = reductions(masters)
    totals = name_numbers.part_totals(cased, letters)
    vowels = name_numbers.vowel_totals(cased, letters)
    consonants = name_numbers.consonant_totals(totals, vowels)
    chart["part_totals"] = tuple(totals)
    chart["vowel_totals"] = tuple(vowels)
    chart["consonant_totals"] = tuple(consonants)
    expression = chart["expression"] = name_numbers.name_number(totals, mode, part_masters, masters)
    assert expression is not None  # a normalised name has a letter
    chart["soul_urge"] = name_numbers.name_number(vowels, mode, part_masters, masters)
    chart["personality"] = name_numbers.name_number(consonants, mode, part_masters, masters)
    first_total = sum(totals[: name.first_count or 1])
    chart["balance"] = name_numbers.balance(cased, letters, options.balance_masters)
    chart["rational_thought"] = combinations.rational_thought(first_total, born.day, masters)
    chart["maturity"] = combinations.maturity(chart["life_path"].value, expression.value, masters)
    counts = chart["inclusion"] = name_numbers.inclusion(cased, letters)
    chart["hidden_passion"] = name_numbers.hidden_passion(counts)
    chart["karmic_lessons"] = name_numbers.karmic_lessons(counts, letters.highest)
    chart["subconscious_self"] = name_numbers.subconscious_self(counts)
    word = cased[0] if options.word == "first" else cased[-1]
    chart["cornerstone"] = word[0].upper()
    chart["capstone"] = word[-1].upper()
    chart["first_vowel"] = name_numbers.first_vowel(word)
    chart["keystone"] = name_numbers.keystone(word)
    chart["plane_figures"] = name_numbers.planes(chart["latin"], PYTHAGOREAN if letters.codes is None else letters)
    working = chart["working"]
    if working is not None:
        of = letters_of(options.table, options.finals)
        chart["letters"] = tuple([tuple(map(of.__getitem__, part)) for part in cased])
        parts = table if part_masters else SINGLE_DIGITS
        if mode == "total":
            working["expression"], working["soul_urge"], working["personality"] = totals, vowels, consonants
        else:
            working["expression"] = tuple([parts[total] for total in totals])
            working["soul_urge"] = tuple([parts[total] for total in vowels])
            working["personality"] = tuple([parts[total] for total in consonants])
        working["balance"] = tuple([letters.values[part[0]] for part in cased])
        working["rational_thought"] = (table[first_total], table[born.day])
        working["maturity"] = (chart["life_path"].value, expression.value)


def _add_minor_numbers(chart: dict[str, Any], name: Name | None, options: Options) -> None:
    if name is None:
        chart["minor_expression"] = chart["minor_soul_urge"] = chart["minor_personality"] = None
        return
    letters = letter_table(options.table, options.finals)
    cased = cased_parts(name.parts, letters, options.vowel_rule)
    totals = name_numbers.part_totals(cased, letters)
    vowels = name_numbers.vowel_totals(cased, letters)
    sets = {
        "minor_expression": totals,
        "minor_soul_urge": vowels,
        "minor_personality": name_numbers.consonant_totals(totals, vowels),
    }
    parts = reductions(options.masters) if options.part_masters else SINGLE_DIGITS
    for quantity, sums in sets.items():
        chart[quantity] = name_numbers.name_number(sums, options.mode, options.part_masters, options.masters)
        if chart["working"] is not None:
            chart["working"][quantity] = tuple(sums if options.mode == "total" else [parts[total] for total in sums])


def _add_cycles(chart: dict[str, Any], born: date, options: Options) -> None:
    life_path = chart["life_path"].root
    masters = options.masters
    chart["period_cycles"] = cycles.period_cycles(born, masters)
    chart["period_turn_ages"] = cycles.period_turn_ages(life_path, options.period_ages)
    part_masters = options.pinnacle_part_masters
    pinnacles = chart["pinnacles"] = cycles.pinnacles(born, masters, part_masters, options.pinnacle_p3_reduced)
    chart["pinnacle_spans"] = cycles.pinnacle_spans(life_path, options.pinnacle_boundary)
    chart["challenges"] = cycles.challenges(born, options.challenge_count)
    chart["challenge_spans"] = cycles.challenge_spans(life_path, options.challenge_ages, options.challenge_count)
    working = chart["working"]
    if working is not None:
        parts = reductions(masters) if part_masters else SINGLE_DIGITS
        month, day, year = parts[born.month], parts[born.day], parts[born.year]
        first, second = pinnacles[0], pinnacles[1]
        if options.pinnacle_p3_reduced:
            first, second = SINGLE_DIGITS[first.value], SINGLE_DIGITS[second.value]
        working["pinnacle_1"] = (month, day)
        working["pinnacle_2"] = (day, year)
        working["pinnacle_3"] = (first.value, second.value)
        working["pinnacle_4"] = (month, year)
        working["challenges"] = (SINGLE_DIGITS[born.month], SINGLE_DIGITS[born.day], SINGLE_DIGITS[born.year])


def _add_current(chart: dict[str, Any], born: date, on: date | None, options: Options) -> None:
    if on is None:
        for field in ("age", "period_index", "pinnacle_index", "universal", "personal", "transits", "essence"):
            chart[field] = None
        return
    age = chart["age"] = dates.age_on(born, on)
    life_path, years = chart["life_path"].root, on.year - born.year
    chart["period_index"] = cycles.period_index(life_path, years, options.period_ages)
    chart["pinnacle_index"] = cycles.span_index(
        chart["pinnacle_spans"], years if options.pinnacle_boundary == "calendar" else age
    )
    masters = options.personal_masters
    universal = chart["universal"] = periods.universal_cycles(on, masters)
    boundary = options.personal_year_boundary
    personal = chart["personal"] = periods.personal_cycles(born.month, born.day, on, masters, boundary)
    name: Name = chart["name"]
    rows = transits.transit_rows(chart["latin"], name.first_count, name.last_count, options.no_middle)
    age_base = options.age_base
    letters = [None if row is None else transits.letter_at(row, age, age_base) for row in rows]
    chart["transits"] = tuple(letters)
    values = tuple([letter[1] for letter in letters if letter is not None])
    chart["essence"] = transits.essence(values, options.essence_masters)
    working = chart["working"]
    if working is not None:
        cycle_year = periods.cycle_year(born.month, born.day, on, boundary)
        month, day = (root(born.month), root(born.day)) if masters else (born.month, born.day)
        on_month, on_day = (root(on.month), root(on.day)) if masters else (on.month, on.day)
        working["universal_year"] = (on.year,)
        working["universal_month"] = (universal[0].value, on_month)
        working["universal_day"] = (universal[1].value, on_day)
        working["personal_year"] = (month, day, periods.universal_year(cycle_year, masters))
        working["personal_month"] = (personal[0].value, on_month)
        working["personal_day"] = (personal[1].value, on_day)
        working["essence"] = values


def _add_other_schools(chart: dict[str, Any], born: date, gender: str | None, options: Options) -> None:
    in_use: tuple[str, ...] = chart["in_use"]
    totals = tuple(name_numbers.part_totals(in_use, CHALDEAN))
    chart["chaldean_part_totals"] = totals
    compound = chart["chaldean_compound"] = sum(totals)
    chart["cheiro_compound"] = chaldean.cheiro_compound(totals)
    chart["chaldean_root"] = reductions(options.chaldean_masters)[compound]
    vedic_table = reductions(options.vedic_masters)
    driver = chart["vedic_psychic"] = vedic_table[born.day]
    conductor = chart["vedic_destiny"] = vedic.destiny(born, options.vedic_masters)
    name = chart["vedic_name"] = vedic_table[compound]
    year = kua_year(born, options.kua_boundary)
    genders = GENDERS if gender is None else (gender,)
    numbers = chart["kua"] = {each: kua(year, each, options.kua_five) for each in genders}
    extra: tuple[int, ...] = ()
    if options.lo_shu_add:
        extra = added_numbers(
            born,
            options.lo_shu_add,
            driver=driver.root,
            conductor=conductor.root,
            kua=None if gender is None else numbers[gender],
            name=name.root,
            skip_single_day_driver=options.lo_shu_skip_single_day_driver,
        )
    chart["lo_shu"] = lo_shu(born, extra)
    chart["birth_grid"] = birth_grid(born)
    chart["psychomatrix"] = psychomatrix(born, options.post2000, options.psychomatrix_root)
    working = chart["working"]
    if working is not None:
        of = letters_of("chaldean")
        chart["chaldean_letters"] = tuple([tuple(map(of.__getitem__, part)) for part in in_use])
        working["chaldean_root"] = totals
        working["cheiro_compound"] = tuple([SINGLE_DIGITS[total] for total in totals])
        working["vedic_psychic"] = (born.day,)
        working["vedic_destiny"] = tuple([dates.digit_sum(part) for part in (born.month, born.day, born.year)])
        working["vedic_name"] = totals
        working["lo_shu"] = extra


def _bridges(chart: dict[str, Any]) -> tuple[tuple[str, str, int], ...]:
    life_path, expression = chart["life_path"].root, chart["expression"].root
    found = [
        ("life_path", "expression", abs(life_path - expression)),
        ("life_path", "birthday", abs(life_path - chart["birthday"].root)),
    ]
    soul_urge, personality = chart["soul_urge"], chart["personality"]
    if soul_urge is not None:
        found.append(("life_path", "soul_urge", abs(life_path - soul_urge.root)))
        if personality is not None:
            found.append(("soul_urge", "personality", abs(soul_urge.root - personality.root)))
    return tuple(found)


def _karmic_debts(chart: dict[str, Any], born: date) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    day_debt = dates.birthday_debt(born.day)
    if day_debt is not None:
        found.append(("birthday", day_debt))
    for where, number, one_sum in (
        ("life_path", chart["life_path"], 0),
        ("expression", chart["expression"], sum(chart["part_totals"])),
        ("soul_urge", chart["soul_urge"], sum(chart["vowel_totals"])),
        ("personality", chart["personality"], sum(chart["consonant_totals"])),
    ):
        if number is None:
            continue
        debt = number.karmic_debt
        if debt is not None:
            found.append((where, debt))
        other = SINGLE_DIGITS[one_sum].karmic_debt
        if other is not None and other != debt:
            found.append((where + "_one_sum", other))
    for where, number in (("maturity", chart["maturity"]), ("balance", chart["balance"])):
        if number.karmic_debt is not None:
            found.append((where, number.karmic_debt))
    for where, numbers in (("pinnacle", chart["pinnacles"]), ("period_cycle", chart["period_cycles"])):
        for index, number in enumerate(numbers, 1):
            if number.karmic_debt is not None:
                found.append((f"{where}_{index}", number.karmic_debt))
    return tuple(found)


def _latin_parts(name: str | NameInput, normalised: Name, options: Options, edits: Mapping[str, str] | None) -> Name:
    if letter_table(options.table).codes is not None:
        return normalised
    return normalise_name(name, replace(options, table="pythagorean"), edits)


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
    chosen = resolve_options(preset, options)
    born = dates.parse_date(birth_date)
    day = None if on is None else dates.parse_date(on, "on")
    normalised = normalise_name(name, chosen, transliteration)
    letters = letter_table(chosen.table, chosen.finals)
    cased = cased_parts(normalised.parts, letters, chosen.vowel_rule)
    overrides = tuple(vowel_overrides)
    if overrides:
        cased = apply_overrides(cased, overrides)
    latin = _latin_parts(name, normalised, chosen, transliteration)
    current = in_use = None
    if current_name is not None:
        try:
            current = normalise_name(current_name, chosen, transliteration)
            in_use = _latin_parts(current_name, current, chosen, transliteration)
        except EngineError as error:
            raise EngineError(error.code, "current_name", error.message) from None
    fields: dict[str, Any] = {
        "preset": preset,
        "options": chosen,
        "birth_date": born,
        "on": day,
        "gender": gender,
        "name": normalised,
        "cased": cased,
        "latin": latin.parts,
        "current_name": current,
        "transliteration": transliteration,
        "vowel_overrides": overrides,
        "in_use": latin.parts if in_use is None else in_use.parts,
        "letters": None,
        "chaldean_letters": None,
        "working": {} if explain else None,
    }
    _add_date_numbers(fields, born, chosen)
    _add_name_numbers(fields, born, chosen)
    _add_minor_numbers(fields, current, chosen)
    _add_cycles(fields, born, chosen)
    _add_current(fields, born, day, chosen)
    _add_other_schools(fields, born, gender, chosen)
    fields["bridges"] = _bridges(fields)
    fields["karmic_debts"] = _karmic_debts(fields, born)
    # A frozen dataclass of this size takes as long to fill as its numbers take to compute; the fields are complete
    # here (a test compares them), so they become the instance at once.
    chart = object.__new__(BirthChart)
    object.__setattr__(chart, "__dict__", fields)
    return chart
