"""Copies of everything that is known about a member."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from authentication.models.accounts import User
from numerai.crypto import EncryptedTextField
from numerai.db import uuid7


class ExportState(models.TextChoices):
    ASKED = "asked"
    READY = "ready"
    FAILED = "failed"


class DataExport(models.Model):
    """One copy of a member's data: asked for, made by a task, there for a week. Written by services/exports.py only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.ASKED)
    # How often its making was begun.
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)
    # The ZIP's bytes: how many, and what they are, in base64.
    size = models.PositiveIntegerField(null=True)
    archive = EncryptedTextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(state="asked"), name="export_asked_once"),
            models.CheckConstraint(condition=Q(state__in=ExportState.values), name="export_state_exists"),
            models.CheckConstraint(
                condition=Q(
                    state="ready",
                    made_at__isnull=False,
                    expires_at__isnull=False,
                    size__isnull=False,
                    archive__isnull=False,
                )
                | (~Q(state="ready") & Q(made_at__isnull=True, expires_at__isnull=True, archive__isnull=True)),
                name="export_ready_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["user", "-asked_at"], name="export_of_user")]

    def __str__(self) -> str:
        return str(self.pk)
