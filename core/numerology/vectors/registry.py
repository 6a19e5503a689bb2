"""The register of quantities that worked examples can ask for, and the options each accepts.

A quantity that is a ``Reduction`` also answers as ``NAME_total``, ``NAME_root``, ``NAME_chain``, ``NAME_display`` and
``karmic_debt_NAME``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.numerology.errors import EngineError
from core.numerology.reduction import Reduction
from core.numerology.vectors.query import Query

Handler = Callable[[Query], Any]

WRITING_OPTIONS = frozenset(
    {"preset", "table", "hyphen", "apostrophe", "split", "umlaut", "drop_suffix", "yo", "finals"}
)
LETTERS_OPTIONS = WRITING_OPTIONS | {"vowel_rule", "vowel_overrides"}
NAME_OPTIONS = LETTERS_OPTIONS | {"mode", "part_masters", "masters"}
MASTERS_OPTIONS = frozenset({"preset", "masters"})
LIFE_PATH_OPTIONS = MASTERS_OPTIONS | {"method", "lp_method", "life_path_method"}
WHOLE_OPTIONS = NAME_OPTIONS | LIFE_PATH_OPTIONS
PERSONAL_OPTIONS = MASTERS_OPTIONS | {"boundary", "personal_year_boundary"}
PERIODS_OPTIONS = LIFE_PATH_OPTIONS | {"period_36", "fixed", "fixed_28", "period_ages"}
PINNACLES_OPTIONS = LIFE_PATH_OPTIONS | {"part_masters", "pinnacle_part_masters", "p3_reduced", "pinnacle_p3_reduced"}
SPANS_OPTIONS = LIFE_PATH_OPTIONS | {"boundary", "pinnacle_boundary"}
CHALLENGES_OPTIONS = LIFE_PATH_OPTIONS | {"count", "challenge_count", "ages", "challenge_ages"}
TRANSITS_OPTIONS = WRITING_OPTIONS | {"no_middle", "age_base", "masters"}
CHALDEAN_OPTIONS = WRITING_OPTIONS | {"masters", "mode", "compound"}
KUA_OPTIONS = frozenset({"preset", "boundary", "year_boundary", "kua_boundary", "five", "kua_five", "sex"})
LO_SHU_OPTIONS = KUA_OPTIONS | {"add", "lo_shu_add", "skip_single_day_driver", "lo_shu_skip_single_day_driver", "table"}
MATRIX_OPTIONS = frozenset({"preset", "post2000", "root", "psychomatrix_root"})
CABALISTIC_OPTIONS = NAME_OPTIONS | PERSONAL_OPTIONS | {"count", "p3_reduced", "pinnacle_p3_reduced"}
SCHOOL_OPTIONS = frozenset({"school", "table", "method"})
NOTHING_OPTIONS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Quantity:
    """How one quantity is computed, and which options apply to it."""

    compute: Handler
    accepts: frozenset[str]


QUANTITIES: dict[str, Quantity] = {}


def quantity(accepts: frozenset[str], *names: str) -> Callable[[Handler], Handler]:
    """Register the decorated function under these names."""

    def register(handler: Handler) -> Handler:
        for name in names:
            QUANTITIES[name] = Quantity(handler, accepts)
        return handler

    return register


def define(accepts: frozenset[str], **handlers: Handler) -> None:
    """Register handlers that accept the same options."""

    for name, handler in handlers.items():
        QUANTITIES[name] = Quantity(handler, accepts)


def alias(names: dict[str, str]) -> None:
    """Register further names of quantities that exist."""
    for name, known in names.items():
        QUANTITIES[name] = QUANTITIES[known]


def plain(value: Any) -> Any:
    """Return a reduction's value; anything else as it is."""
    return value.value if isinstance(value, Reduction) else value


_ASPECTS: dict[str, Callable[[Reduction], Any]] = {
    "_total": lambda number: number.total,
    "_root": lambda number: number.root,
    "_chain": lambda number: number.chain,
    "_display": str,
}


def _aspect(quantity: Quantity, read: Callable[[Reduction], Any]) -> Quantity:
    def compute(q: Query) -> Any:
        value = quantity.compute(q)
        if value is None:
            return None
        if not isinstance(value, Reduction):
            raise EngineError("INVALID_INPUT", "quantity", "This quantity has no such figure.")
        return read(value)

    return Quantity(compute, quantity.accepts)


def find_quantity(name: str) -> Quantity | None:
    """Return the quantity of that name, also as a figure of one that is a reduction; None where there is none."""
    found = QUANTITIES.get(name)
    if found is not None:
        return found
    if name.startswith("karmic_debt_"):
        base = QUANTITIES.get(name.removeprefix("karmic_debt_"))
        return base and _aspect(base, lambda number: number.karmic_debt)
    for suffix, read in _ASPECTS.items():
        base = QUANTITIES.get(name.removesuffix(suffix))
        if base is not None and name.endswith(suffix):
            return _aspect(base, read)
    return None
