"""Names side by side: what another name changes in a person's numbers, and what it does not.

The numbers of the name at birth are kept for life; a name in use, taken by marriage or on a stage, has its own beside
them, the minor ones (docs/numerology.md#name-analysis). A child's name is a name at birth; a firm's is counted as the
engine counts firms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.numerology import EngineError, NameInput, name_analysis, number_analysis

# What becomes of a name: the name in use, a name at birth, or a firm's.
IN_USE, AT_BIRTH, OF_A_FIRM = "in_use", "at_birth", "of_a_firm"
KINDS: Mapping[str, str] = {"married": IN_USE, "stage": IN_USE, "baby": AT_BIRTH, "business": OF_A_FIRM}
MOST_CANDIDATES = 20
# The numbers that follow the name in use, and those that stay with the birth whatever name is used.
FOLLOWS_THE_NAME_IN_USE = (
    "minor_expression",
    "minor_soul_urge",
    "minor_personality",
    "chaldean_root",
    "chaldean_compound",
    "vedic_name",
)
STAYS = (
    "life_path",
    "birthday",
    "expression",
    "soul_urge",
    "personality",
    "balance",
    "maturity",
    "hidden_passion",
    "karmic_lessons",
    "cycles",
)
_CORE = ("expression", "soul_urge", "personality", "balance")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that somebody thinks of, and for what: one of KINDS."""

    kind: str
    name: str | NameInput


def compare_names(
    birth_name: str | NameInput | None,
    current_name: str | NameInput | None,
    candidates: Sequence[Candidate],
    **how: Any,
) -> dict[str, Any]:
    """Return the numbers of every name, and what changes with it against the one in use now, as plain data.

    `how` is what `name_analysis` takes: preset, options, explain. A birth name is needed for a name in use. Raises
    EngineError, with the field as ``candidates.0.name``.
    """
    birth = None if birth_name is None else _entry("birth", AT_BIRTH, birth_name, "birth_name", how)
    current = None if current_name is None else _entry("current", IN_USE, current_name, "current_name", how)
    now = current or birth
    if current and birth:
        current |= _changes(birth, current)
    entries = [
        _entry(one.kind, KINDS[one.kind], one.name, f"candidates.{index}.name", how)
        for index, one in enumerate(candidates)
    ]
    compared = [entry | _changes(now, entry) if now and entry["role"] == IN_USE else entry for entry in entries]
    return {"stays": list(STAYS), "birth": birth, "current": current, "candidates": compared}


def _entry(kind: str, role: str, name: str | NameInput, field: str, how: Mapping[str, Any]) -> dict[str, Any]:
    try:
        told = _of_a_firm(name, how) if role == OF_A_FIRM else _of_a_person(name, role, how)
    except EngineError as error:
        at_fault = field if error.field in ("name", "text") else error.field
        raise EngineError(error.code, at_fault, error.message) from None
    return {"kind": kind, "role": role, **told, "compared_with": None, "changes": None, "unchanged": None}


def _of_a_person(name: str | NameInput, role: str, how: Mapping[str, Any]) -> dict[str, Any]:
    counted = name_analysis(name, **how)
    core = {quantity: counted["core"][quantity] for quantity in _CORE}
    if role == IN_USE:
        core = {f"minor_{quantity}": core[quantity] for quantity in _CORE[:3]}
    chaldean = counted["schools"]["chaldean"]
    return {
        "parts": counted["name"]["parts"],
        "numbers": {**core, "chaldean_root": chaldean["root"], "vedic_name": counted["schools"]["vedic_name"]},
        "chaldean_compound": chaldean["compound"],
        "hidden_passion": counted["letters"]["hidden_passion"],
        "karmic_lessons": counted["letters"]["karmic_lessons"],
    }


def _of_a_firm(name: str | NameInput, how: Mapping[str, Any]) -> dict[str, Any]:
    text = name if isinstance(name, str) else " ".join(filter(None, (name.first, *name.middle, name.last, name.suffix)))
    counted = number_analysis("business", text, explain=how.get("explain", True))
    return {
        "parts": None,
        "numbers": {"business": counted["number"]},
        "chaldean_compound": None,
        "hidden_passion": None,
        "karmic_lessons": None,
    }


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    values = [(quantity, _value(before, quantity), _value(after, quantity)) for quantity in FOLLOWS_THE_NAME_IN_USE]
    return {
        "compared_with": before["kind"],
        "changes": [{"number": name, "before": old, "after": new} for name, old, new in values if old != new],
        "unchanged": [name for name, old, new in values if old == new],
    }


def _value(entry: Mapping[str, Any], quantity: str) -> int | None:
    """Return a number of a name as a name in use; a birth name that is still in use counts with its own."""
    if quantity == "chaldean_compound":
        return int(entry[quantity])
    numbers = entry["numbers"]
    number = numbers[quantity] if quantity in numbers else numbers[quantity.removeprefix("minor_")]
    return number and int(number["value"])
