"""The people whose birth data a member keeps, their own included."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.numerology.options import DEFAULT_PRESET
from numerai.crypto import EncryptedJSONField, EncryptedTextField
from numerai.db import uuid7

LABEL_MAX_LENGTH = 60
# Written together, and only for the primary profile: what the daily path reads without opening anything.
KEY_COLUMNS = (
    "birth_month",
    "birth_day",
    "life_path",
    "expression",
    "soul_urge",
    "personality",
    "option_set",
    "essence",
    "essence_until",
    "engine_version",
)
# A name may lack vowels or consonants.
_ALWAYS = [name for name in KEY_COLUMNS if name not in ("soul_urge", "personality")]


class Relation(models.TextChoices):
    """Who a profile's person is to the member."""

    SELF = "self"
    PARTNER = "partner"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    FRIEND = "friend"
    COLLEAGUE = "colleague"
    CLIENT = "client"
    OTHER = "other"


class Gender(models.TextChoices):
    """Used by Kua alone."""

    MALE = "male"
    FEMALE = "female"


class NumerologyProfile(models.Model):
    """One person's birth data and how to calculate with them. Written by services/profiles.py only.

    Names and dates are encrypted; a name is a text or an object of first, middle, last and suffix, as it was given.
    Charts are calculated when read. The key numbers of the primary profile are columns, for SQL: written in the same
    transaction as what they come from, with the engine's version that made them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    label = EncryptedTextField()
    relation = models.CharField(max_length=20, choices=Relation)
    birth_name = EncryptedJSONField()
    current_name = EncryptedJSONField(null=True)
    birth_date = EncryptedTextField()
    gender = models.CharField(max_length=10, choices=Gender, blank=True)
    preset = models.CharField(max_length=40, default=DEFAULT_PRESET)
    # Single choices that replace those of the preset.
    options = models.JSONField(default=dict)
    # The member's word on single letters, and their own spellings of words in other scripts.
    vowel_overrides = models.JSONField(default=list)
    transliteration = EncryptedJSONField(null=True)
    is_primary = models.BooleanField(default=False)

    birth_month = models.SmallIntegerField(null=True, editable=False)
    birth_day = models.SmallIntegerField(null=True, editable=False)
    life_path = models.SmallIntegerField(null=True, editable=False)
    expression = models.SmallIntegerField(null=True, editable=False)
    soul_urge = models.SmallIntegerField(null=True, editable=False)
    personality = models.SmallIntegerField(null=True, editable=False)
    # The part of the options that personal cycles depend on: core.numerology.day_table.option_key.
    option_set = models.CharField(max_length=40, null=True, editable=False)
    essence = models.SmallIntegerField(null=True, editable=False)
    # The first day on which `essence` may be another number.
    essence_until = models.DateField(null=True, editable=False)
    engine_version = models.SmallIntegerField(null=True, editable=False)

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(is_primary=True), name="profile_one_primary"),
            models.CheckConstraint(condition=Q(relation__in=Relation.values), name="profile_relation_exists"),
            models.CheckConstraint(condition=Q(gender__in=["", *Gender.values]), name="profile_gender_exists"),
            models.CheckConstraint(
                condition=Q(is_primary=True, **{f"{name}__isnull": False for name in _ALWAYS})
                | Q(is_primary=False, **{f"{name}__isnull": True for name in KEY_COLUMNS}),
                name="profile_primary_has_key_numbers",
            ),
            models.CheckConstraint(
                condition=Q(birth_month__isnull=True) | Q(birth_month__range=(1, 12), birth_day__range=(1, 31)),
                name="profile_birthday_exists",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-is_primary", "id"], name="profile_of_user"),
            models.Index(fields=["engine_version"], condition=Q(is_primary=True), name="profile_engine_version"),
            models.Index(fields=["essence_until"], condition=Q(is_primary=True), name="profile_essence_until"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
