"""The audit log."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.db.models.functions import Now

from numerai.db import UUIDv7, uuid7


class Act(models.TextChoices):
    """What the audit log remembers."""

    REGISTERED = "registered"
    ADDRESS_VERIFIED = "address_verified"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SESSION_REVOKED = "session_revoked"
    SESSIONS_REVOKED = "sessions_revoked"
    TOKEN_REUSED = "token_reused"  # noqa: S105 - an act
    CODE_REFUSED = "code_refused"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - an act
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an act
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGED = "email_changed"
    PHONE_CHANGED = "phone_changed"
    SECOND_FACTOR_ENABLED = "second_factor_enabled"
    SECOND_FACTOR_DISABLED = "second_factor_disabled"
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    API_KEY_CREATED = "api_key_created"
    API_KEY_ROTATED = "api_key_rotated"
    API_KEY_REVOKED = "api_key_revoked"
    API_KEY_LIMIT_SET = "api_key_limit_set"
    STAFF_SIGNED_IN = "staff_signed_in"
    STAFF_SIGN_IN_FAILED = "staff_sign_in_failed"
    STAFF_VIEWED_ACCOUNT = "staff_viewed_account"
    STAFF_CHANGED_ACCOUNT = "staff_changed_account"
    STAFF_ENDED_SESSIONS = "staff_ended_sessions"
    STAFF_CLOSED_ACCOUNT = "staff_closed_account"
    STAFF_OPENED_ACCOUNT = "staff_opened_account"
    STAFF_RESENT_CODE = "staff_resent_code"
    STAFF_EXPORTED_LIST = "staff_exported_list"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    EXPORT_ASKED = "export_asked"
    EXPORT_MADE = "export_made"
    EXPORT_FETCHED = "export_fetched"
    DELETION_ASKED = "deletion_asked"
    DELETION_CANCELLED = "deletion_cancelled"
    ACCOUNT_ERASED = "account_erased"


class AuditEvent(models.Model):
    """One sensitive act: who did what to whose account, when. Holds ids and keyed hashes, nothing else.

    Append-only: a trigger of the migration refuses UPDATE and DELETE, whoever asks. No foreign keys: the line outlives
    the account. Write with services.audit.record.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUIDv7(), editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    act = models.CharField(max_length=40)
    # Who did it, and whose account it is about; null where nobody is known.
    actor_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    network = models.CharField(max_length=32, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "-at"], name="audit_of_subject"),
            models.Index(F("at").desc(), name="audit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"
