"""The months of the readings: made ahead, and an alarm for rows that stray."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection

from core.checks import check_strays
from core.models import DailyReading
from core.models.readings import READINGS
from core.readings.numbers import numbers_on
from core.services.upkeep import maintain_readings
from numerai.db import uuid7
from numerai.partitions import count_strays, list_months

pytestmark = pytest.mark.django_db
FAR = date(2031, 5, 9)


def stray() -> None:
    numbers = numbers_on(
        FAR, birth_month=7, birth_day=3, option_set="calendar", life_path=1, essence=None, edition=1, content_version=1
    )
    columns = {name: getattr(numbers, name) for name in numbers.__slots__}
    DailyReading.objects.create(user_id=uuid7(), **columns)


def test_months_are_made_ahead_and_a_second_time_nothing_is():
    made = maintain_readings(today=date(2030, 11, 30)).made
    assert made == [date(2030, 11, 1), date(2030, 12, 1), date(2031, 1, 1), date(2031, 2, 1)]
    assert maintain_readings(today=date(2030, 11, 30)).made == []


def test_readings_without_a_month_raise_the_alarm_and_move_when_it_is_made():
    stray()
    assert [warning.id for warning in check_strays(databases=["default"])] == ["core.W001"]
    assert maintain_readings(today=FAR).strays == 0
    assert (count_strays(READINGS), FAR.replace(day=1) in list_months(READINGS)) == (0, True)
    assert check_strays(databases=["default"]) == []


def test_an_alarm_is_logged_while_readings_stray(log_lines: Any):
    stray()
    assert maintain_readings(today=date(2030, 1, 1)).strays == 1
    assert "readings_outside_partitions" in log_lines.getvalue()


def test_the_planner_hears_of_the_whole_table():
    stray()
    maintain_readings(today=FAR)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [READINGS.table])
        assert cursor.fetchone() == (1.0,)
