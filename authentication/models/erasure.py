"""The end of an account."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from numerai.crypto import EncryptedJSONField
from numerai.db import UUIDv7, uuid7


class DeletionState(models.TextChoices):
    """SCHEDULED may be called off; from ERASING on there is no way back."""

    SCHEDULED = "scheduled"
    ERASING = "erasing"
    ERASED = "erased", "erased, but for the last mail"


class AccountDeletion(models.Model):
    """A member asked to be erased, and how far that is. Written by services/deletion.py and services/erasure.py only.

    The row goes with the last trace of the member. No foreign key: it outlives the account by the last mail.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=10, choices=DeletionState, default=DeletionState.SCHEDULED)
    asked_at = models.DateTimeField()
    erase_at = models.DateTimeField()
    # Addresses and language, taken from the account when its erasure begins: the last mail goes there, and the report
    # looks for them everywhere.
    traces = EncryptedJSONField(null=True)
    # Not after a restore: the member was told the first time.
    is_told = models.BooleanField(default=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="scheduled", traces__isnull=True, erased_at__isnull=True)
                | Q(state="erasing", traces__isnull=False, erased_at__isnull=True)
                | Q(state="erased", traces__isnull=False, erased_at__isnull=False),
                name="deletion_state_is_whole",
            )
        ]
        indexes = [models.Index(fields=["erase_at"], name="deletion_due")]

    def __str__(self) -> str:
        return str(self.pk)


class ErasureReport(models.Model):
    """That nothing is left of a member, and where was looked. Written once, when the last trace is gone.

    `mark` is the keyed hash of the member's id that the tombstone has too: it answers "was this account erased?" for
    who knows the id, and tells nothing to who does not.
    """

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    mark = models.CharField(max_length=64, db_index=True)
    asked_at = models.DateTimeField()
    erased_at = models.DateTimeField()
    reported_at = models.DateTimeField()
    tables = models.PositiveIntegerField(help_text="How many tables were searched.")
    columns = models.PositiveIntegerField(help_text="How many columns were searched.")

    def __str__(self) -> str:
        return str(self.pk)
