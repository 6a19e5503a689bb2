"""The three ways by which a lower app reaches a higher one without importing it.

Each app fills them in its `AppConfig.ready()`. There are no other signals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Value

Exporter = Callable[[UUID], Mapping[str, Any]]
Eraser = Callable[[UUID], None]
MemberChangedHandler = Callable[[UUID, frozenset[str]], None]
TierSource = Callable[[UUID], str]
TierExpression = Callable[[], Any]

FREE_TIER = "free"
# For a table whose every value is a keyed hash, or repeats what another table exports.
NOT_EXPORTED = ""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """How one app gives out and forgets what it holds about a member; `holds` names the tables."""

    app: str
    holds: Mapping[str, str]
    export: Exporter
    erase: Eraser


_personal_data: dict[str, PersonalData] = {}
_member_changed: list[MemberChangedHandler] = []
_tier_source: TierSource | None = None
_tier_expression: TierExpression | None = None


def register_personal_data(*, app: str, holds: Mapping[str, str], export: Exporter, erase: Eraser) -> None:
    """Register how `app` exports (user id -> JSON-safe mapping) and erases a member's data. Once an app.

    `holds` has one line a table with anything about a person: {"core.Profile": "profiles"}, the model's label and the
    key of the export that shows its rows, or NOT_EXPORTED. A test refuses models that are neither here nor in its own
    list of tables without personal data. `erase` may be called again, and when nothing is left; it holds for every
    table named here, foreign keys or not, and needs no transaction of its own.
    """
    registration = PersonalData(app, dict(holds), export, erase)
    if _personal_data.setdefault(app, registration) != registration:
        raise ValueError(f"{app} has already registered its personal data")


def list_personal_data() -> list[PersonalData]:
    """Return every registration, in the order of the apps' names."""
    return [_personal_data[app] for app in sorted(_personal_data)]


def on_member_changed(handler: MemberChangedHandler) -> None:
    """Call `handler(user_id, fields)` whenever a member's own fields change, inside the same transaction."""
    if handler not in _member_changed:
        _member_changed.append(handler)


def member_changed(*, user_id: UUID, fields: frozenset[str]) -> None:
    """Tell every handler which fields of a member changed. To be called inside the transaction that changed them."""
    for handler in _member_changed:
        handler(user_id, fields)


def register_tier_source(source: TierSource, *, expression: TierExpression) -> None:
    """Set the one function that knows a member's tier, and the same as an expression over a row of accounts."""
    global _tier_source, _tier_expression
    if _tier_source is not None and _tier_source is not source:
        raise ValueError("a tier source is already registered")
    _tier_source, _tier_expression = source, expression


def tier_of(user_id: UUID) -> str:
    """Return "free" or "premium"; everybody is free while no app sells anything."""
    return _tier_source(user_id) if _tier_source else FREE_TIER


def tier_expression() -> Any:
    """Return what a query over accounts takes to read the tier along."""
    return _tier_expression() if _tier_expression else Value(FREE_TIER)
