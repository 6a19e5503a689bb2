"""Tables of the numerology app, one file a subject."""

from core.models.content import (
    ContentEdition,
    ContentEntry,
    ContentKind,
    ContentSource,
    ContentState,
    ContentVersion,
)
from core.models.profiles import Gender, NumerologyProfile, Relation

__all__ = [
    "ContentEdition",
    "ContentEntry",
    "ContentKind",
    "ContentSource",
    "ContentState",
    "ContentVersion",
    "Gender",
    "NumerologyProfile",
    "Relation",
]
