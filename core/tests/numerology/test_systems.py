from __future__ import annotations

import json

from core.numerology import PRESETS, option_values
from core.numerology.letters import TABLE_SOURCES, TABLES
from core.numerology.systems import systems


def test_everything_that_may_be_chosen_is_named_with_its_source() -> None:
    found = systems()
    assert [preset["preset"] for preset in found["presets"]] == list(PRESETS)
    assert all(preset["source"] for preset in found["presets"])
    assert {option["option"] for option in found["options"]} == set(option_values())
    assert {table["table"]: table["source"] for table in found["tables"]} == TABLE_SOURCES
    assert json.loads(json.dumps(found)) == found


def test_tables_show_their_letters_once_and_what_options_change() -> None:
    tables = {table["table"]: table for table in systems()["tables"]}
    assert set(tables) == set(TABLES)
    assert tables["pythagorean"]["letters"]["A"] == 1
    assert "a" not in tables["pythagorean"]["letters"]
    [changed] = tables["hebrew"]["with_options"]
    assert (changed["option"], changed["choice"]) == ("finals", "gadol")
    assert set(changed["letters"].values()) == {500, 600, 700, 800, 900}
    marked = [table for table in tables.values() if table["marks"]]
    assert [table["script"] for table in marked] == ["latin_marked"]
    assert "Ç" in marked[0]["letters"]


def test_every_school_of_compatibility_has_nine_rows() -> None:
    for school in systems()["compatibility"]["schools"]:
        assert list(school["rows"]) == [str(number) for number in range(1, 10)], school["school"]
