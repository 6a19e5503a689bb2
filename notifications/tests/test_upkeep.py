"""Months of the outbox: made ahead, dropped when old, and an alarm for rows that stray."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from notifications.checks import check_strays
from notifications.models import Delivery, SmsDay
from notifications.tests.factories import queue
from notifications.upkeep import DELIVERIES, maintain_deliveries
from numerai.partitions import count_strays, list_months

pytestmark = pytest.mark.django_db
THIS_MONTH = timezone.now().date().replace(day=1)
FAR_MONTH = date(2031, 5, 1)


def partition_of(subject: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM notifications_delivery WHERE subject = %s", [subject])
        return str(cursor.fetchone()[0])


def test_the_migration_makes_this_month_and_the_next_three():
    months = list_months(DELIVERIES)
    assert len(months) == 4
    assert months[0] == THIS_MONTH


def test_a_delivery_lies_in_the_month_it_is_due():
    queue(due_on=THIS_MONTH, subject="now")
    assert partition_of("now") == f"notifications_delivery_{THIS_MONTH:%Y_%m}"
    assert count_strays(DELIVERIES) == 0


def test_upkeep_twice_is_upkeep_once():
    maintain_deliveries(today=THIS_MONTH)
    again = maintain_deliveries(today=THIS_MONTH)
    assert (again.made, again.dropped) == ([], [])


def test_a_year_boundary_is_a_month_like_any_other():
    made = maintain_deliveries(today=date(2030, 11, 30)).made
    assert made == [date(2030, 11, 1), date(2030, 12, 1), date(2031, 1, 1), date(2031, 2, 1)]


def test_rows_without_a_month_stray_raise_the_alarm_and_move_when_it_is_made():
    queue(due_on=FAR_MONTH, subject="stray")
    assert partition_of("stray") == DELIVERIES.default
    assert [warning.id for warning in check_strays(databases=["default"])] == ["notifications.W001"]
    assert maintain_deliveries(today=FAR_MONTH).strays == 0
    assert partition_of("stray") == "notifications_delivery_2031_05"
    assert check_strays(databases=["default"]) == []
    assert not queue(due_on=FAR_MONTH, subject="stray")


def test_the_command_fails_while_rows_stray(capsys: Any):
    queue(due_on=FAR_MONTH, subject="stray")
    with pytest.raises(CommandError, match="1 deliveries"):
        call_command("maintain_deliveries")
    assert "dropped: none" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("days_after_the_months_last", "is_kept"), [(89, True), (90, True), (91, False)], ids=["89", "90", "91"]
)
def test_a_month_is_dropped_ninety_days_after_its_last_day(days_after_the_months_last: int, is_kept: bool):
    maintain_deliveries(today=FAR_MONTH)
    queue(due_on=FAR_MONTH, subject="old")
    maintain_deliveries(today=date(2031, 5, 31) + timedelta(days=days_after_the_months_last))
    assert (FAR_MONTH in list_months(DELIVERIES)) == is_kept
    assert Delivery.objects.filter(subject="old").exists() == is_kept


def test_old_strays_and_old_counters_go_too():
    queue(due_on=date(2020, 1, 1), subject="stray")
    SmsDay.objects.create(day=date(2020, 1, 1), taken=5)
    maintain_deliveries(today=date(2026, 11, 21))
    assert (Delivery.objects.count(), SmsDay.objects.count()) == (0, 0)


def test_a_new_month_has_the_indexes_and_rules_of_the_table():
    maintain_deliveries(today=FAR_MONTH)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE indexdef LIKE '%NULLS NOT DISTINCT%') FROM pg_indexes
            WHERE tablename = 'notifications_delivery_2031_05'
            """
        )
        assert cursor.fetchone() == (7, 1)
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'delivery_claim'::regclass")
        assert cursor.fetchone()[0] == len(list_months(DELIVERIES)) + 1
