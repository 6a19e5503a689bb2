"""What must hold for every name and every date."""

import json
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.numerology import EngineError, birth_chart
from core.numerology.dates import life_path
from core.numerology.day_table import BIRTHDAYS, day_table, option_key, personal_day_count
from core.numerology.letters import TABLES, letter_table
from core.numerology.name_numbers import name_number, part_totals
from core.numerology.names import normalise_name
from core.numerology.options import CHOICES, DEFAULTS, PRESETS, Options
from core.numerology.periods import personal_cycles
from core.numerology.reduction import NO_MASTERS, digit_sum, reduce_number, root
from core.numerology.vowels import cased_parts, depends_on_rule

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LATIN_NAMES = st.from_regex(r"[A-Za-zÀ-ÿ'\-]{1,12}( [A-Za-zÀ-ÿ'\-]{1,12}){0,3}", fullmatch=True).filter(
    lambda name: any(letter.isalpha() for letter in name)
)
TEXTS = st.text(max_size=80)
DATES = st.dates(min_value=date(1, 1, 1))
BIRTHS = st.dates(min_value=date(1900, 1, 1), max_value=date(2019, 12, 31))
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2031, 12, 31))
MASTERS = st.sampled_from([NO_MASTERS, frozenset({11, 22}), frozenset({11, 22, 33})])


def parts_or_code(text: str) -> tuple[str, ...]:
    try:
        return normalise_name(text).parts
    except EngineError as error:
        return (error.code,)


@given(st.integers(0, 10**12))
def test_the_root_is_the_number_modulo_nine(number: int) -> None:
    assert root(number) == reduce_number(number, NO_MASTERS).value
    assert root(number) % 9 == number % 9


@given(st.integers(-(10**12), 10**12))
def test_a_digit_sum_ignores_the_sign(number: int) -> None:
    assert digit_sum(number) == digit_sum(-number)


@given(DATES, MASTERS)
def test_all_life_path_methods_agree_on_the_root(born: date, masters: frozenset[int]) -> None:
    assert len({life_path(born, method, masters).root for method in CHOICES["life_path_method"]}) == 1


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data())
@QUICK
def test_only_where_y_or_w_stand_can_a_vowel_rule_change_a_name(name: str, data: st.DataObject) -> None:
    table = letter_table(name)
    word = st.text(sorted(letter for letter in table.values if letter == letter.upper()), min_size=1, max_size=12)
    parts = tuple(data.draw(st.lists(word, min_size=1, max_size=3)))
    ways = {cased_parts(parts, table, rule) for rule in CHOICES["vowel_rule"]}
    assert depends_on_rule(parts, table) or len(ways) == 1


@QUICK
@given(LATIN_NAMES, st.sampled_from(CHOICES["vowel_rule"]), st.sampled_from(["pythagorean", "chaldean", "cabalistic"]))
def test_vowels_and_consonants_add_up_to_all_letters(name: str, rule: str, table_name: str) -> None:
    table = letter_table(table_name)
    parts = normalise_name(name, Options(table=table_name)).parts
    totals = part_totals(cased_parts(parts, table, rule), table)
    assert totals.letters == [v + c for v, c in zip(totals.vowels, totals.consonants, strict=True)]
    assert totals.letters == [sum(table.values[letter] for letter in part) for part in parts]


@QUICK
@given(LATIN_NAMES, MASTERS, st.booleans())
def test_every_way_of_summing_a_name_agrees_on_the_root(name: str, masters: frozenset[int], kept: bool) -> None:
    totals = part_totals(normalise_name(name).parts).letters
    per_part, one_sum = name_number(totals, "per_part", kept, masters), name_number(totals, "total", kept, masters)
    assert per_part is not None
    assert one_sum is not None
    assert per_part.root == one_sum.root


@QUICK
@given(TEXTS, st.sampled_from(sorted(TABLES)), st.sampled_from(CHOICES["hyphen"]))
def test_normalising_twice_changes_nothing(text: str, table: str, hyphen: str) -> None:
    options = Options(table=table, hyphen=hyphen)
    try:
        once = normalise_name(text, options)
    except EngineError:
        return
    assert normalise_name(once.text, options).parts == once.parts


@QUICK
@given(TEXTS)
def test_composed_and_decomposed_letters_are_the_same_name(text: str) -> None:
    assert parts_or_code(unicodedata.normalize("NFC", text)) == parts_or_code(unicodedata.normalize("NFD", text))


@QUICK
@given(TEXTS, DATES, DATES, st.sampled_from(sorted(PRESETS)), st.sampled_from(sorted(TABLES)))
def test_any_input_gives_a_chart_or_an_engine_error(text: str, born: date, on: date, preset: str, table: str) -> None:
    try:
        chart = birth_chart(text, born, on=on, preset=preset, options={"table": table}, current_name=text)
    except EngineError:
        return
    assert json.loads(json.dumps(chart.to_dict())) == chart.to_dict()
    assert chart.lines()


@QUICK
@given(st.text(alphabet=st.characters(min_codepoint=0x300), min_size=190, max_size=200))
def test_long_names_of_any_script_end_quickly(text: str) -> None:
    assert parts_or_code(text)


@QUICK
@given(LATIN_NAMES, BIRTHS, DAYS)
def test_leaving_the_working_out_changes_no_number(name: str, born: date, on: date) -> None:
    bare = birth_chart(name, born, on=on, explain=False)
    without = replace(birth_chart(name, born, on=on), working=None, letters=None, chaldean_letters=None)
    assert without == bare


@QUICK
@given(BIRTHS, DAYS)
def test_personal_cycles_are_digital_roots_that_sql_can_compute(born: date, on: date) -> None:
    year, month, day = (number.value for number in personal_cycles(born.month, born.day, on))
    assert year == 1 + (born.month + born.day + on.year - 1) % 9
    assert month == 1 + (year + on.month - 1) % 9
    assert day == 1 + (month + on.day - 1) % 9


@QUICK
@given(DAYS)
def test_the_personal_day_goes_up_by_one_each_day_of_a_month(on: date) -> None:
    day, following = personal_cycles(7, 14, on)[2].value, personal_cycles(7, 14, on + timedelta(1))[2].value
    assert following == day % 9 + 1 or (on + timedelta(1)).day == 1


OPTION_SETS = [
    DEFAULTS,
    Options(personal_year_boundary="birthday"),
    Options(personal_masters=frozenset({11, 22})),
    Options(personal_masters=frozenset({11, 22}), personal_year_boundary="birthday"),
]


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([*BIRTHDAYS[::37], (2, 28), (2, 29), (3, 1), (12, 31), (1, 1)]),
    st.dates(min_value=date(2020, 1, 1), max_value=date(2022, 12, 31)),
    st.sampled_from(OPTION_SETS),
)
def test_the_count_of_days_equals_counting_them(birthday: tuple[int, int], on: date, options: Options) -> None:
    month, day = birthday
    days = [date(2020, 1, 1) + timedelta(n) for n in range((on - date(2020, 1, 1)).days + 1)]
    masters, boundary = options.personal_masters, options.personal_year_boundary
    numbers = [personal_cycles(month, day, each, masters, boundary)[2] for each in days]
    counted = {number.value: personal_day_count(number.value, month, day, on, options) for number in numbers}
    roots = Counter(number.root for number in numbers)
    assert counted == {number.value: roots[number.root] for number in numbers}


@pytest.mark.parametrize("on", [date(2019, 12, 31), date(1, 1, 1)])
def test_no_days_are_counted_before_2020(on: date) -> None:
    assert personal_day_count(1, 7, 14, on) == 0


def test_the_last_day_of_the_calendar_can_be_counted() -> None:
    assert personal_day_count(1, 7, 14, date.max) > 300_000


def test_the_day_table_has_each_birthday_once_per_distinct_key() -> None:
    rows = day_table(date(2026, 2, 28), PRESETS.values())
    keys = {option_key(options) for options in PRESETS.values()}
    assert keys == {"calendar", "calendar-11-22"}
    assert Counter(row[:3] for row in rows) == Counter((key, month, day) for key in keys for month, day in BIRTHDAYS)


def test_a_day_row_holds_the_numbers_of_the_engine() -> None:
    row = next(row for row in day_table(date(2026, 10, 7)) if row[1:3] == (9, 8))
    assert row == ("calendar", 9, 8, 9, 1, 8, 1, 2, 9, personal_day_count(8, 9, 8, date(2026, 10, 7)))
