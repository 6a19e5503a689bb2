"""Accounts of Google and Apple by which members sign in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from authentication.models.accounts import User
from numerai.crypto import EncryptedTextField
from numerai.db import uuid7


class Provider(models.TextChoices):
    GOOGLE = "google", "Google"
    APPLE = "apple", "Apple"


class Identity(models.Model):
    """Somebody at a provider, connected to an account here. Written by services/social.py only.

    `subject` is the keyed hash of the provider's own id for that person, which never changes; the address may, and is
    kept only so that members recognise what they connected.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    provider = models.CharField(max_length=10, choices=Provider)
    subject = models.CharField(max_length=64)
    email = EncryptedTextField(null=True)
    linked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="identity_once"),
            models.CheckConstraint(condition=Q(provider__in=Provider.values), name="identity_provider_exists"),
        ]
        indexes = [models.Index(fields=["user"], name="identity_of_user")]

    def __str__(self) -> str:
        return str(self.pk)


class SpentNonce(models.Model):
    """A provider's token that was used: each is good once. Kept until the token is too old anyway; names nobody."""

    digest = models.CharField(primary_key=True, max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest
