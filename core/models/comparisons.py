"""Comparisons that a member has made, as little of them as a list needs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.models.profiles import NumerologyProfile
from numerai.crypto import EncryptedJSONField
from numerai.db import uuid7


class Comparison(models.Model):
    """Two people whom a member compared. Written by services/comparisons.py only.

    Of somebody given in the request neither name nor birth date is kept: only the numbers, and the label that the
    member gave. A profile is named by its id, and what was compared with it goes with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    first_profile = models.ForeignKey(NumerologyProfile, null=True, on_delete=models.CASCADE, related_name="+")
    second_profile = models.ForeignKey(NumerologyProfile, null=True, on_delete=models.CASCADE, related_name="+")
    # labels and numbers of both, the relationship number, relation and score.
    result = EncryptedJSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="comparison_of_user")]

    def __str__(self) -> str:
        return str(self.pk)
