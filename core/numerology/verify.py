"""Published worked examples, run through the engine.

A file is a JSON list of rows with ``quantity``, ``input``, ``method`` and ``expected``. A row marked ``disputed`` has
to equal its ``recomputed``: its source contradicts the method it states. Source: docs/numerology.md#worked-examples.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.numerology.errors import EngineError
from core.numerology.reduction import Reduction
from core.numerology.vectors import Query, find_quantity

OUTCOMES = ("passed", "failed", "unsupported")


class VectorFileError(ValueError):
    """Says in one sentence why a file is no list of worked examples."""


@dataclass(frozen=True, slots=True)
class Row:
    """One worked example."""

    id: str
    quantity: str
    input: Mapping[str, Any]
    method: Mapping[str, Any]
    expected: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row; ``detail`` says why it did not pass."""

    id: str
    quantity: str
    outcome: str
    detail: str = ""


def _row(number: int, item: Any) -> Row:
    label = f"Row {number}"
    if not isinstance(item, dict):
        raise VectorFileError(f"{label} is not a JSON object.")
    label = f"{label} ({item['id']})" if isinstance(item.get("id"), str) else label
    if not isinstance(item.get("quantity"), str):
        raise VectorFileError(f"{label} has no quantity.")
    for key in ("input", "method"):
        if not isinstance(item.get(key, {}), dict):
            raise VectorFileError(f"{label}: {key} is not a JSON object.")
    wanted = "recomputed" if item.get("disputed") else "expected"
    if wanted not in item:
        raise VectorFileError(f"{label} has no {wanted} value.")
    return Row(
        str(item.get("id", f"row {number}")),
        item["quantity"],
        item.get("input", {}),
        item.get("method", {}),
        item[wanted],
    )


def load_vectors(path: str | Path) -> list[Row]:
    """Return the rows of a file. Raises VectorFileError."""
    try:
        items = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise VectorFileError(f"The file cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise VectorFileError(f"The file is not JSON: {error}.") from error
    if not isinstance(items, list):
        raise VectorFileError("The file is not a JSON list of rows.")
    return [_row(number, item) for number, item in enumerate(items, 1)]


def plain(value: Any) -> Any:
    """Return a computed value as JSON would hold it: a reduction is its value, mappings have text keys."""
    if isinstance(value, Reduction):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _equal(actual: Any, expected: Any) -> bool:
    # JSON keeps true and 1 apart, Python does not.
    return json.dumps(actual, sort_keys=True) == json.dumps(expected, sort_keys=True)


def verify_row(row: Row) -> Result:
    """Compute one row and compare it; lists compare in order, mappings by key."""
    quantity = find_quantity(row.quantity)
    if quantity is None:
        return Result(row.id, row.quantity, "unsupported", "no such quantity")
    unknown = sorted(set(row.method) - quantity.accepts)
    if unknown:
        return Result(row.id, row.quantity, "failed", f"option that does not apply: {', '.join(unknown)}")
    try:
        actual = plain(quantity.compute(Query(row.input, row.method)))
    except EngineError as error:
        return Result(row.id, row.quantity, "failed", f"{error.code}: {error.message}")
    if _equal(actual, row.expected):
        return Result(row.id, row.quantity, "passed")
    shown = [json.dumps(value, ensure_ascii=False) for value in (row.expected, actual)]
    return Result(row.id, row.quantity, "failed", f"expected {shown[0]}, computed {shown[1]}")


def verify_rows(rows: Sequence[Row]) -> list[Result]:
    """Return the result of every row, in order."""
    return [verify_row(row) for row in rows]


def report_lines(results: Sequence[Result]) -> list[str]:
    """Return the counts of each quantity, every row that did not pass, and the sums."""
    counts = Counter((result.quantity, result.outcome) for result in results)
    quantities = sorted({result.quantity for result in results})
    width = max([len(quantity) for quantity in quantities], default=0)
    lines = [
        f"{quantity:<{width}}  " + "  ".join(f"{outcome} {counts[quantity, outcome]}" for outcome in OUTCOMES)
        for quantity in quantities
    ]
    lines += [
        f"{result.outcome}: {result.id} {result.quantity}: {result.detail}"
        for result in results
        if result.outcome != "passed"
    ]
    sums = Counter(result.outcome for result in results)
    return [*lines, f"{len(results)} rows: " + ", ".join(f"{sums[outcome]} {outcome}" for outcome in OUTCOMES)]
