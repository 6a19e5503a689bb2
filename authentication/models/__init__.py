"""Tables of who people are, how they sign in, and what was done."""

from authentication.models.accounts import (
    AttemptCounter,
    CodePurpose,
    EndReason,
    OneTimeCode,
    RecoveryCode,
    SecondFactor,
    Session,
    User,
    UserManager,
)
from authentication.models.audit import Act, AuditEvent

__all__ = [
    "Act",
    "AttemptCounter",
    "AuditEvent",
    "CodePurpose",
    "EndReason",
    "OneTimeCode",
    "RecoveryCode",
    "SecondFactor",
    "Session",
    "User",
    "UserManager",
]
