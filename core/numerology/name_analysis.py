"""The numbers of a name alone.

Source: docs/numerology.md#name-analysis.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from core.numerology.chart import birth_chart
from core.numerology.names import NameInput
from core.numerology.options import DEFAULT_PRESET, Options
from core.numerology.vowels import VowelOverride

NAME_NUMBERS = ("expression", "soul_urge", "personality", "balance")
# A name is counted by the chart itself, so that the two can never disagree; no number kept here looks at this date.
_ANY_DATE = date(2000, 1, 1)
_KEPT = ("engine_version", "preset", "options", "name")


def name_analysis(
    name: str | NameInput,
    *,
    preset: str = DEFAULT_PRESET,
    options: Mapping[str, Any] | Options | None = None,
    current_name: str | NameInput | None = None,
    vowel_overrides: Iterable[VowelOverride | Mapping[str, Any]] = (),
    transliteration: Mapping[str, str] | None = None,
    explain: bool = True,
) -> dict[str, Any]:
    """Return what a chart says of a name without a birth date, as ordered plain data.

    The arguments are those of birth_chart, and so are the errors.

    >>> name_analysis("Thomas Cruise Mapother IV")["core"]["expression"]["total"]
    31
    """
    chart = birth_chart(
        name,
        _ANY_DATE,
        preset=preset,
        options=options,
        current_name=current_name,
        vowel_overrides=vowel_overrides,
        transliteration=transliteration,
        explain=explain,
    ).to_dict()
    return {
        **{key: chart[key] for key in _KEPT},
        "core": {quantity: chart["core"][quantity] for quantity in NAME_NUMBERS},
        "minor": chart["minor"],
        "letters": chart["letters"],
        "bridges": [bridge for bridge in chart["bridges"] if set(bridge["between"]) <= set(NAME_NUMBERS)],
        "karmic_debts": [debt for debt in chart["karmic_debts"] if debt["where"].startswith(NAME_NUMBERS)],
        "schools": {"chaldean": chart["schools"]["chaldean"], "vedic_name": chart["schools"]["vedic"]["name"]},
        "alternatives": [item for item in chart["alternatives"] if item["quantity"] in NAME_NUMBERS],
    }
