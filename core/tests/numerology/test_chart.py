import pickle
from dataclasses import FrozenInstanceError, fields
from datetime import date, datetime
from typing import Any

import pytest

from core.numerology import (
    ENGINE_VERSION,
    PRESETS,
    BirthChart,
    EngineError,
    NameInput,
    birth_chart,
    option_values,
    resolve_options,
)
from core.numerology.alternatives import alternatives
from core.numerology.associations import associations
from core.numerology.dates import birthday_in, life_path, parse_date
from core.numerology.letters import TABLE_SOURCES, TABLES
from core.numerology.periods import personal_cycles
from core.numerology.reduction import masters_from, reduce_number
from core.numerology.school import TABLE_LIMIT, school_of
from core.numerology.transits import years_left
from core.numerology.working import terms

ANN = birth_chart("Carolyn Sylvia Young", "1992-11-29", on="2026-11-21", current_name="Carol Young", gender="female")


@pytest.mark.parametrize("explain", [True, False])
@pytest.mark.parametrize("on", [None, "2026-11-21"])
@pytest.mark.parametrize("current_name", [None, "Ann"])
def test_a_chart_fills_every_field(explain: bool, on: str | None, current_name: str | None) -> None:
    chart = birth_chart("Ann Lee", "1990-01-01", on=on, current_name=current_name, explain=explain)
    # A slot that was never set has no attribute at all.
    assert [field.name for field in fields(BirthChart) if not hasattr(chart, field.name)] == []


def test_a_chart_cannot_be_changed() -> None:
    assert type(ANN) is BirthChart
    with pytest.raises(FrozenInstanceError):
        ANN.age = 3  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del ANN.age


def test_a_chart_is_equal_to_its_like_and_survives_pickling() -> None:
    first, second = (birth_chart("Anna Szabó", "1990-07-14", on="2026-01-01") for _ in range(2))
    assert first == second == pickle.loads(pickle.dumps(first))  # noqa: S301
    assert first != birth_chart("Anna Szabó", "1990-07-15", on="2026-01-01")


def test_charts_of_one_date_share_nothing_that_one_of_them_changes() -> None:
    alone = birth_chart("Ann Lee", "1990-07-14").to_dict()
    birth_chart("Ann Lee", "1990-07-14", gender="male", options={"lo_shu_add": ["driver"]})
    birth_chart("Bob Ray", "1990-07-14", gender="male", current_name="Bo")
    assert birth_chart("Ann Lee", "1990-07-14").to_dict() == alone


def test_prepared_tables_are_bounded_and_begin_anew() -> None:
    school = school_of(resolve_options("mcclain", {"mode": "total"}))
    first = school.of_part(5 << 32)
    made = [school.of_part(total << 32) for total in range(2 * TABLE_LIMIT)]
    assert made[5] == first
    assert len(school.of_part.__self__) <= TABLE_LIMIT  # type: ignore[attr-defined]


def test_core_numbers_of_a_known_person() -> None:
    chart = birth_chart("Thomas Cruise Mapother IV", "1962-07-03", current_name="Tom Cruise")
    numbers = (chart.life_path, chart.expression, chart.soul_urge, chart.personality, chart.minor_expression)
    assert [number and number.value for number in numbers] == [1, 4, 9, 4, 6]


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_gives_a_chart(preset: str) -> None:
    chart = birth_chart("Ângela Young", "1985-12-25", on="2026-01-01", preset=preset, current_name="Ângela")
    assert chart.options == PRESETS[preset]
    assert chart.to_dict()["engine_version"] == ENGINE_VERSION


def test_the_working_adds_up_to_each_number() -> None:
    sums = {
        quantity: sum(term.adds for term in terms(ANN, quantity))
        for quantity in ("life_path", "expression", "soul_urge", "personality", "maturity", "balance", "essence")
    }
    totals = {quantity: getattr(ANN, quantity).total for quantity in sums}
    assert sums == totals


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_lines_show_the_same_values_as_the_data(preset: str) -> None:
    chart = birth_chart("Carolyn Young", "1992-11-29", on="2026-11-21", preset=preset)
    data = chart.to_dict()
    assert f"Life path {data['core']['life_path']['value']}: " in "\n".join(chart.lines())
    assert f"Personal day {data['current']['personal_day']['value']}: " in "\n".join(chart.lines())


def test_lines_show_steps_letters_and_what_differs() -> None:
    lines = ANN.lines()
    assert "C3 A1* R9 O6* L3 Y7* N5 = 34 (vowels* 14, consonants 20)" in lines
    assert "Life path 7: month 11 + day 29 → 11 + year 1992 → 21 → 3 = 25 → 7" in lines
    assert "Maturity 4: life path 7 + expression 6 = 13 → 4 (karmic debt 13)" in lines
    assert "Minor expression 5: CAROL 22 + YOUNG 28 → 10 → 1 = 23 → 5" in lines
    assert "Soul urge 4 by mode=total" in lines


def test_lines_name_foreign_spellings_and_ignored_letters() -> None:
    lines = birth_chart("Анна 王", "1990-01-01").lines()
    assert lines[1:3] == ["Анна is spelt ANNA", "Not counted: 王"]


def test_lines_without_working_still_show_every_number() -> None:
    lines = birth_chart("Bcd", "1990-07-14", explain=False, options={"vowel_rule": "aeiou", "planes": "digit"}).lines()
    assert "Soul urge: none (no such letter in the name)" in lines
    assert "Life path 4: 13 → 4 (karmic debt 13)" in lines
    assert "Planes: physical 1, mental 0, emotional 2, intuitive 0" in lines


def test_a_name_without_vowels_has_no_soul_urge_and_no_bridge_to_it() -> None:
    chart = birth_chart("Bcd", "1990-07-14", options={"vowel_rule": "aeiou"})
    assert chart.soul_urge is None
    assert [pair[:2] for pair in chart.bridges] == [("life_path", "expression"), ("life_path", "birthday")]


def test_a_name_without_consonants_has_no_personality() -> None:
    chart = birth_chart("Aia", "1990-07-14", on="2026-01-01")
    assert chart.personality is None
    assert [pair[:2] for pair in chart.bridges][-1] == ("life_path", "soul_urge")


def test_without_a_reference_date_nothing_is_current() -> None:
    chart = birth_chart("Ann", "1990-07-14")
    assert (chart.age, chart.personal, chart.transits, chart.essence, chart.is_duality_year) == (None,) * 5
    assert chart.to_dict()["current"] is None


def test_a_duality_year_is_told() -> None:
    assert ANN.is_duality_year is False


def test_masters_are_kept_in_personal_cycles_on_request() -> None:
    chart = birth_chart("Ann", "1918-08-26", on="2020-03-15", preset="brazilian")
    assert chart.personal is not None
    assert chart.personal[2].value == 11
    assert [term.adds for term in terms(chart, "personal_day")] == [5, 6]


def test_the_name_in_use_gives_the_chaldean_numbers() -> None:
    assert (ANN.chaldean_compound, ANN.in_use) == (38, ("CAROL", "YOUNG"))


def test_native_tables_keep_latin_spelling_for_what_needs_it() -> None:
    chart = birth_chart("Наталья", "1992-11-29", options={"table": "russian33"}, current_name="Ната", on="2026-01-01")
    assert chart.name.parts == ("НАТАЛЬЯ",)
    assert chart.latin == ("NATALIA",)
    assert chart.in_use == ("NATA",)
    assert chart.chaldean_compound == 11


def test_lo_shu_additions_use_what_is_known() -> None:
    options = {"lo_shu_add": ["driver", "conductor", "kua", "name", "total_digits"]}
    with_gender = birth_chart("Ram", "1993-09-08", options=options, gender="male")
    without = birth_chart("Ram", "1993-09-08", options=options)
    assert sum(with_gender.lo_shu.digit_counts) == sum(without.lo_shu.digit_counts) + 1
    assert list(with_gender.kua) == ["male"]


def test_karmic_debts_are_reported_with_their_place() -> None:
    chart = birth_chart("John Peter Hancock", "1995-05-14")
    assert chart.karmic_debts[:3] == (("life_path", 16), ("birthday", 14), ("expression_one_sum", 13))
    assert ("balance", 16) in chart.karmic_debts
    assert birth_chart("Grace Hopper", "1990-07-14", preset="brazilian").karmic_debts[1] == ("expression", 13)


def test_karmic_debts_of_maturity_and_cycles_are_found() -> None:
    assert ANN.karmic_debts == (("maturity", 13), ("pinnacle_2", 14), ("pinnacle_4", 14))
    assert ("period_cycle_3", 19) in birth_chart("Ann", "1990-01-01").karmic_debts


def test_vowel_overrides_change_the_soul_urge() -> None:
    plain = birth_chart("Lynn", "1990-07-14")
    overridden = birth_chart("Lynn", "1990-07-14", vowel_overrides=[{"part": 0, "index": 1, "role": "consonant"}])
    assert plain.soul_urge is not None
    assert overridden.soul_urge is None


def test_alternatives_name_option_choice_and_value() -> None:
    found = {(item.quantity, item.option, item.choice): item.value for item in alternatives(ANN)}
    assert found["soul_urge", "mode", "total"] == 4
    assert found["personal_year", "personal_year_boundary", "birthday"] == 4
    obama = birth_chart("Barack Obama", "1961-08-04")
    differing = [item.choice for item in alternatives(obama) if item.option == "life_path_method"]
    assert differing == ["digits", "md_ydigits"]


def test_alternatives_show_where_a_number_disappears() -> None:
    found = [item.to_dict() for item in alternatives(birth_chart("Lynn", "1990-07-14"))]
    assert {"quantity": "soul_urge", "option": "vowel_rule", "choice": "aeiou", "value": None} in found


def test_a_structured_name_counts_every_first_name_in_rational_thought() -> None:
    chart = birth_chart(NameInput("Anna Maria", (), "Trapp"), "1990-07-14")
    assert chart.part_totals[:2] == [12, 24]
    assert chart.rational_thought.total == 9 + 5


def test_pinnacles_change_on_the_calendar_year_where_asked() -> None:
    born, on = "1962-07-03", "1998-01-01"
    calendar = birth_chart("Ann", born, on=on, options={"pinnacle_boundary": "calendar"})
    assert (calendar.pinnacle_index, birth_chart("Ann", born, on=on).pinnacle_index) == (1, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({"birth_date": "1990-02-30"}, "INVALID_DATE", "birth_date"),
        ({"birth_date": "0000-01-01"}, "INVALID_DATE", "birth_date"),
        ({"birth_date": "10000-01-01"}, "INVALID_DATE", "birth_date"),
        ({"birth_date": "1990-7-4"}, "INVALID_DATE", "birth_date"),
        ({"birth_date": datetime(1990, 7, 4)}, "INVALID_DATE", "birth_date"),  # noqa: DTZ001
        ({"birth_date": None}, "INVALID_DATE", "birth_date"),
        ({"on": "yesterday"}, "INVALID_DATE", "on"),
        ({"on": date(1980, 1, 1)}, "FUTURE_DATE", "birth_date"),
        ({"preset": "none"}, "UNKNOWN_PRESET", "preset"),
        ({"preset": ["decoz"]}, "UNKNOWN_PRESET", "preset"),
        ({"options": {"table": "runes"}}, "INVALID_OPTION_VALUE", "table"),
        ({"options": []}, "INVALID_OPTION_VALUE", "options"),
        ({"options": [("mode", "total")]}, "INVALID_OPTION_VALUE", "options"),
        ({"vowel_overrides": 5}, "INVALID_OVERRIDE", "vowel_overrides"),
        ({"vowel_overrides": "a"}, "INVALID_OVERRIDE", "vowel_overrides"),
        ({"transliteration": ["Ж"]}, "INVALID_TRANSLITERATION", "transliteration"),
        ({"transliteration": {1: "a"}}, "INVALID_TRANSLITERATION", "transliteration"),
        ({"transliteration": {"Ж": "Ж"}}, "INVALID_TRANSLITERATION", "transliteration"),
        ({"gender": "other"}, "INVALID_OPTION_VALUE", "gender"),
        ({"current_name": "123"}, "NO_USABLE_LETTER", "current_name"),
    ],
)
def test_refuses_with_code_and_field(arguments: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(EngineError) as error:
        birth_chart(**{"name": "Xanthippe", "birth_date": "1990-07-14", **arguments})
    assert (error.value.code, error.value.field) == (code, field)
    assert "Xanthippe" not in error.value.message
    assert "1990" not in error.value.message


def test_the_squares_are_drawn_as_they_are_read() -> None:
    lines = birth_chart("Ann", "1990-11-27").lines()
    lo_shu, grid, matrix = (
        next(i for i, line in enumerate(lines) if line.startswith(title))
        for title in ("Lo Shu:", "Birth grid:", "Psychomatrix:")
    )
    assert [line.split() for line in lines[lo_shu + 1 : lo_shu + 4]] == [
        [".", "99", "2"], [".", ".", "7"], [".", "111", "."],
    ]  # fmt: skip
    assert [line.split() for line in lines[grid + 1 : grid + 4]] == [
        [".", ".", "99"], ["2", ".", "."], ["111", ".", "7"],
    ]  # fmt: skip
    # 30, 3, 26, 8 beside the date.
    assert [line.split() for line in lines[matrix + 1 : matrix + 4]] == [
        ["111", ".", "7"], ["22", ".", "8"], ["33", "6", "99"],
    ]  # fmt: skip


def test_an_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(EngineError("CODE", "field", "Message.")))  # noqa: S301
    assert (error.code, error.field, error.message) == ("CODE", "field", "Message.")


def test_ready_options_are_taken_as_they_are() -> None:
    options = resolve_options("goodwin", {"mode": "total", "lo_shu_add": ["driver"], "age_base": 1})
    assert birth_chart("Ann", date(1990, 7, 14), options=options).options is options


def test_option_values_describe_every_option() -> None:
    described = option_values()
    assert described["masters"] == {
        "type": "list",
        "default": [11, 22, 33],
        "accepts": [11, 22, 33, 44, 55, 66, 77, 88, 99],
    }
    assert described["mode"] == {"type": "choice", "default": "per_part", "accepts": ["per_part", "total"]}
    assert [described[key]["type"] for key in ("drop_suffix", "lo_shu_add", "age_base", "challenge_count")] == [
        "boolean", "list", "integer", "integer",
    ]  # fmt: skip


@pytest.mark.parametrize(("total", "shown"), [(19, "10/1"), (11, "11/2"), (38, "11/2"), (7, "7"), (13, "13/4")])
def test_the_compound_form_of_a_number(total: int, shown: str) -> None:
    assert str(reduce_number(total)) == shown


def test_masters_are_multiples_of_eleven() -> None:
    with pytest.raises(EngineError, match="multiples of 11"):
        masters_from([12])


def test_large_totals_are_reduced_too() -> None:
    assert reduce_number(123_456_789_012).value == 3


def test_an_unknown_life_path_method_is_refused() -> None:
    with pytest.raises(EngineError, match="grouped, grouped_single_parts"):
        life_path(date(1990, 7, 14), "moon")


def test_a_plain_date_is_taken_as_it_is() -> None:
    assert parse_date(date(1990, 7, 14)) == date(1990, 7, 14)


@pytest.mark.parametrize(("age", "base", "left"), [(0, 0, 2), (2, 0, 8), (21, 0, 1), (0, 1, 3), (22, 0, 2)])
def test_the_years_until_a_transit_changes(age: int, base: int, left: int) -> None:
    assert years_left("THOMAS", age, base) == left


def test_a_run_of_days_gives_each_its_own_cycles() -> None:
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(70)]
    found = [birth_chart("Ann", "1990-07-14", on=day, explain=False).personal for day in days]
    assert [numbers and numbers[2].value for numbers in found] == [personal_cycles(7, 14, day)[2].value for day in days]


def test_every_letter_table_names_its_source() -> None:
    assert set(TABLE_SOURCES) == set(TABLES)


def test_associations_name_their_school() -> None:
    indian, cheiro = associations(4)
    assert (indian.school, indian.planet, cheiro.school, cheiro.planet) == ("indian", "Rahu", "cheiro", "Uranus")


def test_the_words_whose_letters_take_turns_follow_the_option() -> None:
    assert ANN.transit_rows == ("CAROLYN", "SYLVIA", "YOUNG")
    assert birth_chart("Ann Lee", "1990-01-01").transit_rows == ("ANN", "LEE", "LEE")
    assert birth_chart("Ann Lee", "1990-01-01", options={"no_middle": "two"}).transit_rows == ("ANN", None, "LEE")


def test_a_birthday_beyond_the_calendar_is_its_last_day() -> None:
    assert birthday_in(10_000, date(9990, 5, 5)) == date.max
    assert birthday_in(2027, date(2000, 2, 29)) == date(2027, 3, 1)
