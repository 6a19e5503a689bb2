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
