"""The numbers of houses, businesses, vehicles and telephones, with what was counted.

Source: docs/numerology.md#house-numbers.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.numerology.associations import associations
from core.numerology.chart import ENGINE_VERSION
from core.numerology.errors import EngineError
from core.numerology.gematria import analyse_mixed
from core.numerology.letters import TABLES
from core.numerology.options import checked_option
from core.numerology.presentation import number_dict
from core.numerology.reduction import NO_MASTERS, Masters
from core.numerology.working import Term

_PUBLISHED = "published: letters by the Pythagorean table, digits as themselves, one digit"
_BY_ANALOGY = "our decision: as for houses; no source settles it"
# What can be looked at, and who says how it is counted.
KINDS: Mapping[str, str] = {
    "house": _PUBLISHED,
    "business": _PUBLISHED,
    "vehicle": _BY_ANALOGY,
    "phone": _BY_ANALOGY,
}


def number_analysis(
    kind: str,
    text: str,
    *,
    table: str = "pythagorean",
    masters: Masters = NO_MASTERS,
    transliteration: Mapping[str, str] | None = None,
    explain: bool = True,
) -> dict[str, Any]:
    """Return the number of a house, business, vehicle or telephone as ordered plain data.

    ``kind`` is one of KINDS. ``masters`` are the master numbers that are kept; the published way keeps none. Raises
    EngineError UNKNOWN_KIND, INVALID_OPTION_VALUE and those of analyse_mixed.

    >>> number_analysis("house", "42B")["number"]["value"]
    8
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise EngineError("UNKNOWN_KIND", "kind", f"kind takes one of: {', '.join(KINDS)}.")
    counted = analyse_mixed(text, checked_option("masters", masters), checked_option("table", table), transliteration)
    number, parts = counted.number, counted.parts
    added = [Term("letters", (counted.letters_total,))] if parts else []
    added += [Term("digits", (sum(counted.digits),))] if counted.digits else []
    letters = [[{"letter": letter.letter, "value": letter.value} for letter in part] for part in parts]
    return {
        "engine_version": ENGINE_VERSION,
        "kind": kind,
        "source": KINDS[kind],
        "table": TABLES[table].name,
        "number": number_dict(number, added if explain else ()),
        **({"letters": letters} if explain else {}),
        "digits": list(counted.digits),
        "ignored": list(counted.ignored),
        "transliterated": [{"from": source, "to": latin} for source, latin in counted.transliterated],
        "associations": [asdict(row) for row in associations(number.root)],
    }
