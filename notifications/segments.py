"""Whom a broadcast is for: what staff choose, and how it is kept and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Segment:
    """Members who are all of this; what is empty or None asks nothing.

    Never in it, whatever it says: accounts whose address was not proven, that are closed, or that are to be erased.
    `languages` are tags; "pt" means pt-BR too. Days count by UTC; `joined_until` is left out itself. `platforms` are
    those of live devices (models.Platform), and only these are pushed to. `only` are the ids of single accounts.
    """

    languages: tuple[str, ...] = ()
    plan: str = ""
    joined_from: date | None = None
    joined_until: date | None = None
    active_days: int | None = None
    time_zones: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    only: tuple[UUID, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON, without `only`, which has a column of its own."""
        kept = {name: value for name, value in asdict(replace(self, only=None)).items() if value}
        return {
            name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
            for name, value in kept.items()
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any], *, only: list[UUID] | None) -> Segment:
        """Return what to_dict made. Raises TypeError for a name of newer code: too few is better than too many."""
        values: dict[str, Any] = {
            name: date.fromisoformat(value)
            if name.startswith("joined_")
            else tuple(value)
            if isinstance(value, list)
            else value
            for name, value in kept.items()
        }
        return cls(**values, only=None if only is None else tuple(only))
