"""Keys by which programs of partners speak for a member."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from authentication.models.accounts import User
from numerai.db import uuid7


class ApiKey(models.Model):
    """A key by which a partner's program speaks for a member, within its scopes. Written by services/api_keys.py only.

    Of a key only sha256 is kept: it is random and long, so that a plain hash is enough. `prefix` is its beginning, by
    which people tell their keys apart. While the key is being replaced, the old one is good until `previous_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=20)
    digest = models.CharField(max_length=64, unique=True)
    previous_digest = models.CharField(max_length=64, null=True, unique=True)
    previous_until = models.DateTimeField(null=True)
    scopes = ArrayField(models.CharField(max_length=40))
    # What staff agreed with a partner; without it the key's owner's tier decides.
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    created_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="api_key_has_scopes"),
            models.CheckConstraint(condition=~Q(requests_per_minute=0), name="api_key_limit_is_positive"),
            models.CheckConstraint(
                condition=Q(previous_digest__isnull=True, previous_until__isnull=True)
                | Q(previous_digest__isnull=False, previous_until__isnull=False),
                name="api_key_previous_with_end",
            ),
        ]
        indexes = [models.Index(fields=["user", "-created_at"], name="api_key_of_user")]

    def __str__(self) -> str:
        return self.prefix


class ApiKeyUsage(models.Model):
    """How many requests came with a key on one day (UTC). Written by services/api_key_usage.py only."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, db_index=False, related_name="usage")
    day = models.DateField()
    requests = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "day"], name="api_key_usage_once_a_day")]

    def __str__(self) -> str:
        return f"{self.api_key_id} {self.day}"
