"""What members agreed to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from authentication.models.accounts import User
from numerai.db import UUIDv7, uuid7


class ConsentWay(models.TextChoices):
    """How a member agreed."""

    REGISTRATION = "registration"
    SOCIAL_SIGN_IN = "social_sign_in", "first sign-in by a provider"
    SETTINGS = "settings"
    PROFILE = "profile", "with another person's data"


class Consent(models.Model):
    """That a member agreed to one version of a document (agreements/): when, how, and until when.

    Written by services/consents.py only. The minimum age is such a document too: that a member said to be old enough is
    all that is kept of it. The birth date belongs to the profile, and is no proof.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUIDv7(), editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    document = models.CharField(max_length=40)
    version = models.CharField(max_length=10)
    way = models.CharField(max_length=20, choices=ConsentWay)
    # The profile of the other person that it is about. No foreign key: profiles are a layer above.
    about_id = models.UUIDField(null=True, db_index=True)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "document", "version", "about_id"],
                condition=Q(withdrawn_at__isnull=True),
                nulls_distinct=False,
                name="consent_stands_once",
            ),
            models.CheckConstraint(condition=Q(way__in=ConsentWay.values), name="consent_way_exists"),
        ]
        indexes = [models.Index(fields=["user", "document", "-given_at"], name="consent_of_user")]

    def __str__(self) -> str:
        return str(self.pk)
