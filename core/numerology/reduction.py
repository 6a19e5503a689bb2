"""Digit sums: the one place where a number is reduced.

Source: docs/numerology.md#reduction.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.numerology.errors import EngineError

Masters = frozenset[int]

NO_MASTERS: Masters = frozenset()
DEFAULT_MASTERS: Masters = frozenset({11, 22, 33})
POSSIBLE_MASTERS: Masters = frozenset(range(11, 100, 11))
KARMIC_DEBTS = frozenset({13, 14, 16, 19})

# Totals up to here are kept as shared objects; larger ones (long gematrias) are computed each time.
SHARED_LIMIT = 9999


@dataclass(frozen=True, slots=True)
class Reduction:
    """A total with every step down to its value.

    ``chain`` runs from the total to the value: (38, 11) where 11 is kept, (38, 11, 2) where it is not.
    ``root`` is always 1-9 (0 only for a total of 0). ``karmic_debt`` is the first of 13, 14, 16, 19 met on the
    way to the root, masters or not.
    """

    value: int
    root: int
    total: int
    chain: tuple[int, ...]
    karmic_debt: int | None
    # The compound form, such as 19/1 or 11/2; a plain digit stands alone. Reductions are shared, so it is written once.
    display: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        compound = self.chain[-2] if len(self.chain) > 1 and self.value < 10 else self.value
        display = str(self.value) if compound == self.root else f"{compound}/{self.root}"
        object.__setattr__(self, "display", display)

    def __bool__(self) -> bool:
        """A total of 0 is the absence of a number."""
        return self.total > 0

    def __str__(self) -> str:
        return self.display


def _small_digit_sums() -> bytes:
    sums = list(range(10))
    for number in range(10, SHARED_LIMIT + 1):
        sums.append(sums[number // 10] + number % 10)
    return bytes(sums)


_SMALL_DIGIT_SUMS = _small_digit_sums()


def digit_sum(number: int) -> int:
    """Return the sum of the decimal digits of a number; the sign does not count.

    >>> digit_sum(1990)
    19
    """
    if 0 <= number <= SHARED_LIMIT:
        return _SMALL_DIGIT_SUMS[number]
    return sum(map(int, str(abs(number))))


def root(number: int) -> int:
    """Return the digital root 1-9, or 0 for 0.

    >>> root(1990)
    1
    """
    return 1 + (abs(number) - 1) % 9 if number else 0


def reduction_chain(number: int, masters: Masters = NO_MASTERS) -> tuple[int, ...]:
    """Return every value from the number down to one digit or the first kept master.

    >>> reduction_chain(49)
    (49, 13, 4)
    """
    current = abs(number)
    chain = [current]
    while current > 9 and current not in masters:
        current = digit_sum(current)
        chain.append(current)
    return tuple(chain)


def karmic_debt_of(number: int) -> int | None:
    """Return 13, 14, 16 or 19 when it is met on the way to the digital root.

    Source: docs/numerology.md#karmic-debts.

    >>> karmic_debt_of(49)
    13
    """
    return next((step for step in reduction_chain(number) if step in KARMIC_DEBTS), None)


class ReductionTable(dict[int, Reduction]):
    """Every reduction under one set of masters, made when first asked for and shared from then on."""

    def __init__(self, masters: Masters) -> None:
        super().__init__()
        self.masters = masters
        self.values_of = ReducedValues(self).__getitem__

    def __missing__(self, total: int) -> Reduction:
        chain = reduction_chain(total, self.masters)
        reduction = Reduction(chain[-1], root(total), abs(total), chain, karmic_debt_of(total))
        if 0 <= total <= SHARED_LIMIT:
            self[total] = reduction
        return reduction


class ReducedValues(dict[int, int]):
    """The value of each reduction alone, for summing many at once."""

    def __init__(self, table: ReductionTable) -> None:
        super().__init__()
        self.table = table

    def __missing__(self, total: int) -> int:
        value = self.table[total].value
        if total <= SHARED_LIMIT:
            self[total] = value
        return value


_TABLES: dict[Masters, ReductionTable] = {}


def masters_from(values: Iterable[int], field: str = "masters") -> Masters:
    """Return a set of master numbers; only multiples of 11 up to 99 can be kept."""
    masters = frozenset(values)
    if not masters <= POSSIBLE_MASTERS:
        raise EngineError("INVALID_OPTION_VALUE", field, f"{field} takes multiples of 11 from 11 to 99, or none.")
    return masters


def reductions(masters: Masters = DEFAULT_MASTERS) -> ReductionTable:
    """Return the shared table of reductions for one set of masters."""
    table = _TABLES.get(masters)
    if table is None:
        table = _TABLES[masters] = ReductionTable(masters_from(masters))
    return table


def reduce_number(number: int, masters: Masters = DEFAULT_MASTERS) -> Reduction:
    """Reduce a number to one digit, stopping at the first kept master.

    Source: docs/numerology.md#reduction.

    >>> reduce_number(38).value, reduce_number(38, NO_MASTERS).value
    (11, 2)
    """
    return reductions(masters)[number]


SINGLE_DIGITS = reductions(NO_MASTERS)
