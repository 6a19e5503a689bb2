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
from authentication.models.api_keys import ApiKey, ApiKeyUsage
from authentication.models.audit import Act, AuditEvent
from authentication.models.consents import Consent, ConsentWay
from authentication.models.erasure import AccountDeletion, DeletionState, ErasureReport
from authentication.models.exports import DataExport, ExportState
from authentication.models.identities import Identity, Provider, SpentNonce

__all__ = [
    "AccountDeletion",
    "Act",
    "ApiKey",
    "ApiKeyUsage",
    "AttemptCounter",
    "AuditEvent",
    "CodePurpose",
    "Consent",
    "ConsentWay",
    "DataExport",
    "DeletionState",
    "EndReason",
    "ErasureReport",
    "ExportState",
    "Identity",
    "OneTimeCode",
    "Provider",
    "RecoveryCode",
    "SecondFactor",
    "Session",
    "SpentNonce",
    "User",
    "UserManager",
]
