from django.db import models
from django.db.models.functions import Now

from numerai.crypto import EncryptedTextField
from numerai.db import uuid7


class IdempotencyKey(models.Model):
    """A POST that a member may send again: what it was, and what it was answered. Written by idempotency.py only.

    Without `status` it is still running; after `locked_until` the process that ran it is taken for dead.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No foreign key: this layer knows no app above it.
    user_id = models.UUIDField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = EncryptedTextField(null=True)
    locked_until = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "key"], name="idempotency_key_of_user"),
            models.CheckConstraint(
                condition=models.Q(status__isnull=True, body__isnull=True)
                | models.Q(status__isnull=False, body__isnull=False),
                name="idempotency_answer_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RateLimitCounter(models.Model):
    """How often a caller of a strict category came in the current window, while Valkey is down."""

    key = models.CharField(primary_key=True, max_length=128)
    window_start = models.DateTimeField()
    hits = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.key
