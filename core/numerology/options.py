"""Every choice on which schools differ, and the named presets.

Source: docs/numerology.md#options and #presets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from core.numerology.errors import EngineError
from core.numerology.reduction import DEFAULT_MASTERS, NO_MASTERS, POSSIBLE_MASTERS, Masters

CHOICES: Mapping[str, tuple[str, ...]] = {
    "table": (
        "pythagorean",
        "chaldean",
        "vedic",
        "sepharial",
        "cabalistic",
        "english_ordinal",
        "english_reverse",
        "russian33",
        "russian32",
        "ukrainian33",
        "hebrew",
        "greek",
        "arabic",
    ),
    "mode": ("per_part", "total"),
    "vowel_rule": ("decoz", "goodwin", "english", "vietnamese", "aeiou", "aeiouy", "aeiouyw"),
    "hyphen": ("split", "join"),
    "apostrophe": ("join", "split"),
    "umlaut": ("base", "digraph"),
    "yo": ("own", "as_ye"),
    "finals": ("ordinary", "gadol"),
    "word": ("first", "last"),
    "planes": ("letter", "digit"),
    "life_path_method": ("grouped", "grouped_single_parts", "digits", "straight", "md_ydigits"),
    "period_ages": ("personal_year_1", "period_36", "fixed", "fixed_28"),
    "pinnacle_boundary": ("inclusive", "exact_birthday", "calendar"),
    "challenge_ages": ("approximate", "pinnacle"),
    "personal_year_boundary": ("calendar", "birthday"),
    "no_middle": ("double", "two"),
    "kua_boundary": ("feb4", "none"),
    "kua_five": ("raw", "replace"),
    "post2000": ("same", "add19"),
}
LO_SHU_ADDITIONS = ("driver", "conductor", "kua", "total_digits", "name")


@dataclass(frozen=True, slots=True)
class Options:
    """One school's set of choices; the defaults are those of the preset ``decoz``.

    Every ``*_masters`` field is the set of master numbers kept in that number alone; ``masters`` holds for the
    rest. ``challenge_count`` is 3 or 4, ``age_base`` 0 or 1.
    """

    table: str = "pythagorean"
    mode: str = "per_part"
    part_masters: bool = True
    masters: Masters = DEFAULT_MASTERS
    vowel_rule: str = "decoz"
    hyphen: str = "split"
    apostrophe: str = "join"
    umlaut: str = "base"
    drop_suffix: bool = True
    yo: str = "own"
    finals: str = "ordinary"
    word: str = "first"
    planes: str = "letter"
    life_path_method: str = "grouped"
    attitude_masters: Masters = NO_MASTERS
    balance_masters: Masters = NO_MASTERS
    personal_masters: Masters = NO_MASTERS
    essence_masters: Masters = NO_MASTERS
    chaldean_masters: Masters = NO_MASTERS
    vedic_masters: Masters = NO_MASTERS
    period_ages: str = "personal_year_1"
    pinnacle_part_masters: bool = True
    pinnacle_p3_reduced: bool = False
    pinnacle_boundary: str = "inclusive"
    challenge_count: int = 4
    challenge_ages: str = "approximate"
    personal_year_boundary: str = "calendar"
    no_middle: str = "double"
    age_base: int = 0
    kua_boundary: str = "feb4"
    kua_five: str = "raw"
    lo_shu_add: tuple[str, ...] = ()
    lo_shu_skip_single_day_driver: bool = False
    post2000: str = "same"
    psychomatrix_root: bool = False


DEFAULTS = Options()
_BRAZILIAN_MASTERS: Masters = frozenset({11, 22})

PRESETS: Mapping[str, Options] = {
    "decoz": DEFAULTS,
    "goodwin": Options(masters=_BRAZILIAN_MASTERS, vowel_rule="goodwin"),
    "mcclain": Options(part_masters=False),
    "single_digit": Options(part_masters=False, masters=NO_MASTERS, life_path_method="grouped_single_parts"),
    "api_common": Options(mode="total", vowel_rule="aeiou"),
    "cheiro": Options(table="chaldean", part_masters=False, masters=NO_MASTERS),
    "indian": Options(table="chaldean", mode="total", masters=NO_MASTERS, life_path_method="digits"),
    "brazilian": Options(
        table="cabalistic",
        mode="total",
        masters=_BRAZILIAN_MASTERS,
        vowel_rule="aeiou",
        life_path_method="digits",
        personal_masters=_BRAZILIAN_MASTERS,
        pinnacle_part_masters=False,
        pinnacle_p3_reduced=True,
        challenge_count=3,
    ),
    "vietnamese": Options(mode="total", vowel_rule="vietnamese", word="last"),
}
DEFAULT_PRESET = "decoz"
# Whose practice each preset follows, for readers of the API. Source: docs/numerology.md#presets.
PRESET_SOURCES: Mapping[str, str] = {
    "decoz": "Hans Decoz, World Numerology",
    "goodwin": "Matthew Oliver Goodwin",
    "mcclain": "Michael McClain",
    "single_digit": "Felicia Bender and numerology.co.uk; for names our decision",
    "api_common": "most online calculators",
    "cheiro": "Cheiro",
    "indian": "Indian practice",
    "brazilian": "the Brazilian cabalistic school",
    "vietnamese": "Vietnamese calculators",
}

_DEFAULTS = {field.name: field.default for field in fields(Options)}


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def _invalid(key: str, accepted: Iterable[object]) -> EngineError:
    return EngineError("INVALID_OPTION_VALUE", key, f"{key} takes one of: {_listed(accepted)}.")


def _checked_list(key: str, value: Any, accepted: Sequence[Any]) -> list[Any]:
    # Types as well as values: 11.0 and True equal accepted ones.
    kind = type(accepted[0])
    items = list(value) if isinstance(value, list | tuple | set | frozenset) else [None]
    if any(type(item) is not kind or item not in accepted for item in items):
        raise EngineError("INVALID_OPTION_VALUE", key, f"{key} takes a list, each item one of: {_listed(accepted)}.")
    return items


def checked_option(key: str, value: Any) -> Any:
    """Return an option's value in its stored type, or say what would be accepted."""
    if key not in _DEFAULTS:
        raise EngineError("UNKNOWN_OPTION", key, f"There is no such option. Known options: {_listed(_DEFAULTS)}.")
    if key in CHOICES:
        if not isinstance(value, str) or value not in CHOICES[key]:
            raise _invalid(key, CHOICES[key])
        return value
    default = _DEFAULTS[key]
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise _invalid(key, ("true", "false"))
        return value
    if isinstance(default, frozenset):
        return frozenset(_checked_list(key, value, sorted(POSSIBLE_MASTERS)))
    if key == "lo_shu_add":
        return tuple(dict.fromkeys(_checked_list(key, value, LO_SHU_ADDITIONS)))
    accepted = (3, 4) if key == "challenge_count" else (0, 1)
    if type(value) is not int or value not in accepted:
        raise _invalid(key, accepted)
    return value


@lru_cache(maxsize=1)
def _preset_names() -> str:
    return _listed(PRESETS)


def resolve_options(preset: str = DEFAULT_PRESET, overrides: Mapping[str, Any] | Options | None = None) -> Options:
    """Return the options of a preset with single ones replaced; a ready ``Options`` is taken as it is.

    Raises EngineError UNKNOWN_PRESET, UNKNOWN_OPTION or INVALID_OPTION_VALUE.

    >>> resolve_options("goodwin", {"mode": "total"}).mode
    'total'
    """
    if isinstance(overrides, Options):
        return overrides
    chosen = PRESETS.get(preset) if isinstance(preset, str) else None
    if chosen is None:
        raise EngineError("UNKNOWN_PRESET", "preset", f"There is no such preset. Known presets: {_preset_names()}.")
    if overrides is None:
        return chosen
    if not isinstance(overrides, Mapping):
        raise EngineError("INVALID_OPTION_VALUE", "options", "options takes a mapping of options to their values.")
    return replace(chosen, **{key: checked_option(key, value) for key, value in overrides.items()})


def option_values() -> dict[str, dict[str, Any]]:
    """Return every option with its default and the values it accepts, JSON-safe, for clients to offer."""
    described: dict[str, dict[str, Any]] = {}
    for key, default in _DEFAULTS.items():
        if key in CHOICES:
            described[key] = {"type": "choice", "default": default, "accepts": list(CHOICES[key])}
        elif isinstance(default, bool):
            described[key] = {"type": "boolean", "default": default, "accepts": [True, False]}
        elif isinstance(default, frozenset):
            described[key] = {"type": "list", "default": sorted(default), "accepts": sorted(POSSIBLE_MASTERS)}
        elif key == "lo_shu_add":
            described[key] = {"type": "list", "default": [], "accepts": list(LO_SHU_ADDITIONS)}
        else:
            accepts = [3, 4] if key == "challenge_count" else [0, 1]
            described[key] = {"type": "integer", "default": default, "accepts": accepts}
    return described
