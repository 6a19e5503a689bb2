"""What the engine knows, for machines: presets, options, letter tables, schools of compatibility, and other names.

Source: docs/numerology.md#options.
"""

import unicodedata
from typing import Any

from core.numerology.chart import ENGINE_VERSION
from core.numerology.compatibility import SCHOOL_SOURCES, SCHOOLS, TRIADS, UNLISTED, compatibility_row
from core.numerology.letters import CABALISTIC_MARKS, LATIN, TABLE_SOURCES, TABLES, LetterTable, letter_table
from core.numerology.options import DEFAULT_PRESET, PRESET_SOURCES, PRESETS, option_values
from core.numerology.presentation import options_dict

# Other names of our numbers, and where in a chart these are. The warning says where a name means another one.
ALIASES = (
    (
        "destiny",
        "core.expression",
        "In India, Destiny (Bhagyank) is the number of the birth date, near the Life Path: schools.vedic.destiny.",
    ),
    ("hearts_desire", "core.soul_urge", None),
    ("motivation", "core.soul_urge", None),
    ("impression", "core.personality", None),
    ("sun", "core.attitude", None),
    ("achievement", "core.attitude", None),
    ("realisation", "core.maturity", None),
    ("power", "core.maturity", None),
    ("intensity_table", "letters.inclusion", None),
    ("confidence", "letters.subconscious_self", None),
    ("driver", "schools.vedic.psychic", None),
    ("moolank", "schools.vedic.psychic", None),
    ("conductor", "schools.vedic.destiny", None),
    ("bhagyank", "schools.vedic.destiny", None),
    ("namank", "schools.vedic.name", None),
)


def systems() -> dict[str, Any]:
    """Return everything that a caller may choose from, as ordered plain data."""
    return {
        "engine_version": ENGINE_VERSION,
        "default_preset": DEFAULT_PRESET,
        "presets": [
            {"preset": name, "source": PRESET_SOURCES[name], "options": options_dict(options)}
            for name, options in PRESETS.items()
        ],
        "options": [{"option": name, **described} for name, described in option_values().items()],
        "tables": [_table(table) for table in TABLES.values()],
        "compatibility": {
            "schools": [_school(school) for school in SCHOOLS],
            "triads": [list(triad) for triad in TRIADS],
        },
        "aliases": [{"alias": alias, "path": path, "warning": warning} for alias, path, warning in ALIASES],
    }


def _table(table: LetterTable) -> dict[str, Any]:
    return {
        "table": table.name,
        "script": table.script,
        "source": TABLE_SOURCES[table.name],
        "letters": _letters(table),
        "vowels": list(table.vowels),
        "marks": _marks() if table.script == "latin_marked" else {},
        "with_options": _with_options(table),
    }


def _letters(table: LetterTable) -> dict[str, int]:
    if table.script == "latin_marked":
        # Its accented letters are computed when first met; C cedilla is the one that no mark explains.
        return {letter: table.values[letter] for letter in (*LATIN, "Ç")}
    return {letter: value for letter, value in table.values.items() if letter == letter.upper()}


def _marks() -> dict[str, int]:
    """Return what each accent adds to its letter, by the accent's name."""
    return {unicodedata.name(mark).removeprefix("COMBINING ").lower(): adds for mark, adds in CABALISTIC_MARKS.items()}


def _with_options(table: LetterTable) -> list[dict[str, Any]]:
    """Return the values that other options of the table change; all other letters stay as they are."""
    if table.name != "hebrew":
        return []
    usual, final = _letters(table), _letters(letter_table("hebrew", "gadol"))
    changed = {letter: value for letter, value in final.items() if usual[letter] != value}
    return [{"option": "finals", "choice": "gadol", "letters": changed}]


def _school(school: str) -> dict[str, Any]:
    rows = {str(number): compatibility_row(number, school) for number in range(1, 10)}
    return {
        "school": school,
        "source": SCHOOL_SOURCES[school],
        "labels": list(SCHOOLS[school]),
        "otherwise": UNLISTED,
        "rows": {
            number: None if row is None else dict(zip(SCHOOLS[school], map(list, row), strict=True))
            for number, row in rows.items()
        },
    }
