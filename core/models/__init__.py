"""Tables of the numerology app, one file a subject."""

from core.models.profiles import Gender, NumerologyProfile, Relation

__all__ = ["Gender", "NumerologyProfile", "Relation"]
