"""Readings: what was made for whom, when the next is due, and what members said about them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from core.readings.schedule import DEFAULT_READING_TIME, EVERY_WEEKDAY
from numerai.crypto import EncryptedTextField
from numerai.db import uuid7
from numerai.partitions import Partitioned

READINGS = Partitioned("daily_readings", "reading_date")


class DailyReading(models.Model):
    """One member's reading of one day: the numbers it came from, and which texts were served then.

    Written by the set when it is due, or when one that was never prepared is opened (services/readings.py); never
    changed. The texts are looked up when it is read: the same numbers, edition and content version give the same
    words. Partitioned by month on the date; no foreign keys and no other index, so that a million are made in seconds.
    A member's history is served from the key (PostgreSQL's skip scan); erasure deletes by member.
    """

    pk = models.CompositePrimaryKey("reading_date", "user_id")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    user_id = models.UUIDField()
    reading_date = models.DateField()
    # The content version whose words were served when it was made.
    content_version = models.IntegerField()
    edition = models.SmallIntegerField()
    engine_version = models.SmallIntegerField()
    # The rest but life path and essence is a row of the day table (core.numerology.day_table.DayRow).
    personal_year = models.SmallIntegerField()
    personal_month = models.SmallIntegerField()
    personal_day = models.SmallIntegerField()
    universal_day = models.SmallIntegerField()
    # How many days since 2020 had a Personal Day of this root: the step of the walk through the day's texts.
    day_count = models.SmallIntegerField()
    life_path = models.SmallIntegerField()
    # Null where the column of the profile had run out and was not made anew yet.
    essence = models.SmallIntegerField(null=True)
    option_set = models.CharField(max_length=40)

    class Meta:
        db_table = READINGS.table

    def __str__(self) -> str:
        return f"{self.reading_date} {self.user_id}"


class ReadingSchedule(models.Model):
    """When a member's next reading is due. Kept in step with account and profile by services/schedules.py.

    A row of its own, narrow and with room to be updated in place, since each one changes every day. `next_reading_at`
    is null while nothing is due: an account that is not proven or not active, no primary profile, readings switched
    off, or no day of the week left.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+", editable=False
    )
    # The account's; here so that due readings are found and moved without a look at the accounts.
    time_zone = models.CharField(max_length=64)
    reading_time = models.TimeField(default=DEFAULT_READING_TIME)
    # From Monday to Sunday, null where the day has no hour of its own; null where none has.
    weekday_times = ArrayField(models.TimeField(null=True), size=7, null=True)
    days_off = models.SmallIntegerField(default=0)
    # The first day with a reading again.
    paused_until = models.DateField(null=True)
    wants_daily = models.BooleanField(default=True)
    next_reading_at = models.DateTimeField(null=True)
    # The day whose reading that is: the local date of that instant.
    next_reading_on = models.DateField(null=True)
    # The latest day whose reading was prepared: no day gets two, wherever the member flies.
    last_reading_on = models.DateField(null=True)
    # Set aside because its data could not be read: left alone until somebody has looked, or the data change.
    set_aside_at = models.DateTimeField(null=True)
    set_aside_for = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(days_off__range=(0, EVERY_WEEKDAY)), name="schedule_days_off_exist"),
            models.CheckConstraint(
                condition=Q(weekday_times__isnull=True) | Q(weekday_times__len=7), name="schedule_has_seven_weekdays"
            ),
            models.CheckConstraint(
                condition=Q(next_reading_at__isnull=True, next_reading_on__isnull=True)
                | Q(next_reading_at__isnull=False, next_reading_on__isnull=False),
                name="schedule_next_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(last_reading_on__isnull=True)
                | Q(next_reading_on__isnull=True)
                | Q(next_reading_on__gt=F("last_reading_on")),
                name="schedule_goes_forward",
            ),
            models.CheckConstraint(
                condition=Q(set_aside_at__isnull=True, set_aside_for="")
                | (Q(set_aside_at__isnull=False) & ~Q(set_aside_for="")),
                name="schedule_set_aside_has_reason",
            ),
        ]
        indexes = [
            # The claim.
            models.Index(
                fields=["next_reading_at"],
                condition=Q(next_reading_at__isnull=False, set_aside_at__isnull=True),
                name="schedule_due",
            ),
            models.Index(fields=["set_aside_at"], condition=Q(set_aside_at__isnull=False), name="schedule_set_aside"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RangTrue(models.TextChoices):
    """What a member says of a reading."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class ReadingResponse(models.Model):
    """What a member did with a reading: opened it, said whether it rang true. The reading stays as it was made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    reading_date = models.DateField()
    opened_at = models.DateTimeField(null=True)
    rang_true = models.CharField(max_length=10, choices=RangTrue, blank=True)
    note = EncryptedTextField(null=True)
    # When the answer was first given: it may be changed for the rest of that day.
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "reading_date"], name="response_once_a_reading"),
            models.CheckConstraint(condition=Q(rang_true__in=["", *RangTrue.values]), name="response_answer_exists"),
            models.CheckConstraint(
                condition=Q(rang_true="", answered_at__isnull=True, note__isnull=True)
                | (~Q(rang_true="") & Q(answered_at__isnull=False)),
                name="response_note_belongs_to_an_answer",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
