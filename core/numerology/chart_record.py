"""The record of a chart: every number of one person, named.

Source: docs/numerology.md#birth-chart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.numerology.birth_grid import BirthGrid
from core.numerology.cycles import Four, Span
from core.numerology.letters import Letter
from core.numerology.lo_shu import LoShu
from core.numerology.names import Name
from core.numerology.options import Options
from core.numerology.psychomatrix import Psychomatrix
from core.numerology.reduction import Reduction
from core.numerology.transits import transit_rows
from core.numerology.working import Working

Three = tuple[Reduction, Reduction, Reduction]
# Two quantities and their distance; a place and the debt found there.
Bridge = tuple[str, str, int]
Debts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
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
    part_totals: list[int]
    vowel_totals: list[int]
    consonant_totals: list[int]
    minor_expression: Reduction | None
    minor_soul_urge: Reduction | None
    minor_personality: Reduction | None
    balance: Reduction
    rational_thought: Reduction
    maturity: Reduction
    inclusion: bytes
    hidden_passion: tuple[int, ...]
    karmic_lessons: tuple[int, ...]
    subconscious_self: int
    cornerstone: str
    capstone: str
    first_vowel: str | None
    keystone: str | None
    plane_counts: tuple[int, ...]
    plane_sums: tuple[int, ...]
    bridges: tuple[Bridge, ...]
    karmic_debts: Debts

    period_cycles: Three
    period_turn_ages: tuple[int, int]
    pinnacles: Four
    pinnacle_spans: tuple[Span, Span, Span, Span]
    challenges: tuple[int, ...]
    challenge_spans: tuple[Span, ...]

    age: int | None
    period_index: int | None
    pinnacle_index: int | None
    universal: Three | None
    personal: Three | None
    transits: tuple[tuple[str, int] | None, ...] | None
    essence: Reduction | None

    chaldean_part_totals: list[int]
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

    @property
    def transit_rows(self) -> tuple[str, str | None, str]:
        """Return the physical, mental and spiritual word, whose letters take turns."""
        return transit_rows(self.latin, self.name.first_count, self.name.last_count, self.options.no_middle)

    def to_dict(self) -> dict[str, Any]:
        """Return the chart as ordered plain data, safe for JSON."""
        from core.numerology.presentation import chart_dict

        return chart_dict(self)

    def lines(self) -> list[str]:
        """Return the chart with its working, one readable line per step."""
        from core.numerology.presentation import chart_lines

        return chart_lines(self)


class ChartDraft(BirthChart):
    """A chart while it is filled: the same slots, not yet frozen.

    Setting its slots and then its class is several times faster than a frozen dataclass's own way, which takes as long
    as all the numbers together.
    """

    __slots__ = ()
    __init__ = object.__init__
    __setattr__ = object.__setattr__
    # Both go through one slot of the type; the frozen one would slow the other down.
    __delattr__ = object.__delattr__
