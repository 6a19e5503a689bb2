"""The texts: what each is for, every version of it that was ever served, and at most one draft of the next.

The content version counts releases: a release is everything that was published together. A version of a text is served
from its release on, until a later release has another of the same text. So one content version is one set of texts,
for ever: what was shown under it can be shown again, and no two processes can hold two texts for it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.content.catalogue import INTERPRETATIONS, PASSAGES
from numerai.db import UUIDv7, uuid7


class ContentState(models.Model):
    """One row: the content version that is served. Whoever publishes holds its lock, so releases follow each other."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="content_state_is_one_row")]

    def __str__(self) -> str:
        return str(self.version)


class ContentEdition(models.Model):
    """A frozen set of reading passages: texts may be corrected at their place, none is added, moved or taken away."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    starts_on = models.DateField(unique=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="content_edition_from_one")]

    def __str__(self) -> str:
        return str(self.number)


class ContentKind(models.TextChoices):
    INTERPRETATIONS = INTERPRETATIONS
    PASSAGES = PASSAGES


class ContentEntry(models.Model):
    """What one text is for, in one language: a number at a position of a chart, or a place in a slot of an edition."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=ContentKind)
    # 0 for interpretations, which have no editions.
    edition = models.PositiveSmallIntegerField(default=0)
    # A position ("life_path") or a slot ("message").
    section = models.CharField(max_length=40)
    # The number or key; 0 where nothing is keyed.
    number = models.PositiveSmallIntegerField()
    place = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=35)
    # The file's text when it was last loaded: while it is also what is served, nobody has edited it since.
    loaded_parts = models.JSONField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "edition", "section", "number", "place", "language"], name="content_entry_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=INTERPRETATIONS, edition=0, place=0) | Q(kind=PASSAGES, edition__gt=0),
                name="content_entry_has_its_edition",
            ),
        ]
        verbose_name_plural = "content entries"

    def __str__(self) -> str:
        return f"{self.language} {self.section} {self.number}.{self.place}"


class ContentSource(models.TextChoices):
    """Where a version's words come from."""

    FILE = "file"
    STAFF = "staff"


class ContentVersion(models.Model):
    """The words of an entry: a draft while `release` is null, and unchangeable from then on (a trigger holds it)."""

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    entry = models.ForeignKey(ContentEntry, on_delete=models.PROTECT, db_index=False, related_name="versions")
    # Name of the part -> text.
    parts = models.JSONField()
    source = models.CharField(max_length=10, choices=ContentSource)
    # Why: for the history that editors see.
    note = models.CharField(max_length=200, blank=True)
    # How often a draft was saved: who saves says which one they had before their eyes.
    revision = models.PositiveIntegerField(default=1)
    edited_at = models.DateTimeField(db_default=Now(), editable=False)
    # Null for what came from a file, and for staff whose account is gone.
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    # When a draft is to be published by itself.
    publish_at = models.DateTimeField(null=True)
    # The content version from which on it is served.
    release = models.PositiveIntegerField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "release"], name="content_version_once_a_release"),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(release__isnull=True), name="content_version_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(release__isnull=True, published_at__isnull=True)
                | Q(release__isnull=False, published_at__isnull=False),
                name="content_version_published_with_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["publish_at"],
                condition=Q(release__isnull=True, publish_at__isnull=False),
                name="content_version_scheduled",
            ),
            models.Index(fields=["edited_by"], condition=Q(edited_by__isnull=False), name="content_version_editor"),
            models.Index(
                fields=["published_by"], condition=Q(published_by__isnull=False), name="content_version_publisher"
            ),
        ]

    def __str__(self) -> str:
        return "draft" if self.release is None else f"release {self.release}"
