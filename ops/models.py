"""What operations remember."""

from __future__ import annotations

from django.db import models


class Figures(models.Model):
    """What one card of the dashboard shows, measured at a moment. Written by the timetable, read by the page."""

    name = models.CharField(primary_key=True, max_length=40)
    data = models.JSONField()
    measured_at = models.DateTimeField()
    # How long measuring took: what makes the rollup slow is seen here.
    milliseconds = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "figures"

    def __str__(self) -> str:
        return self.name


class ScheduledTask(models.Model):
    """How one entry of the timetable does. Written by timetable.py only, as its tasks begin and end."""

    # The entry's, not the task's: two entries may send one task to two queues.
    name = models.CharField(primary_key=True, max_length=100)
    first_seen_at = models.DateTimeField()
    started_at = models.DateTimeField()
    # Of the last run that ended, which may be the one before the one that runs now.
    ended_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    # "running", "done" or "failed".
    outcome = models.CharField(max_length=10)
    runs = models.PositiveBigIntegerField()
    failures = models.PositiveBigIntegerField()
    failures_in_a_row = models.PositiveIntegerField()
    failed_at = models.DateTimeField(null=True)
    # The class of the last failure, kept after later runs went well.
    error = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.name
