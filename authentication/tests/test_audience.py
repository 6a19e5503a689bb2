"""Which members a segment finds, among real accounts, plans and sessions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from authentication.models import AccountDeletion, Session, User
from authentication.tests.factories import make_user, sign_in_as
from notifications.segments import Segment
from notifications.sources import members_in

pytestmark = pytest.mark.django_db


def found(**asked: Any) -> set[str]:
    """Return the names, before the @, of the members whom a segment finds."""
    query, values = members_in(Segment(**asked), now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT user_id, time_zone FROM ({query}) AS m(user_id, time_zone)", values)  # noqa: S608
        rows = dict(cursor.fetchall())
    members = User.objects.in_bulk(rows)
    assert {one.pk: one.time_zone for one in members.values()} == rows
    return {one.email.partition("@")[0] for one in members.values()}


def add(name: str, **fields: Any) -> User:
    return make_user(email=f"{name}@example.com", password=None, **fields)


def test_everybody_but_who_is_closed_not_proven_or_leaving():
    add("ada")
    add("closed", is_active=False)
    add("unproven", is_verified=False)
    leaving = add("leaving")
    now = timezone.now()
    AccountDeletion.objects.create(user_id=leaving.pk, asked_at=now, erase_at=now + timedelta(days=30))
    assert found() == {"ada"}


def test_by_language_with_its_regions_and_no_other():
    add("en", language="en"), add("pt", language="pt"), add("br", language="pt-BR"), add("ptx", language="ptx")
    assert found(languages=("pt",)) == {"pt", "br"}
    assert found(languages=("pt-BR", "en")) == {"br", "en"}


def test_by_the_day_they_joined():
    for day in (1, 2, 3):
        User.objects.filter(pk=add(f"day{day}").pk).update(created_at=datetime(2026, 3, day, 23, 59, tzinfo=UTC))
    assert found(joined_from=date(2026, 3, 2)) == {"day2", "day3"}
    assert found(joined_until=date(2026, 3, 2)) == {"day1"}
    assert found(joined_from=date(2026, 3, 2), joined_until=date(2026, 3, 3)) == {"day2"}


def test_by_when_they_were_seen_last():
    add("never")
    for name, days in (("now", 0), ("lately", 9), ("long", 11)):
        member = add(name)
        sign_in_as(member), sign_in_as(member)
        Session.objects.filter(user=member).update(last_seen_at=timezone.now() - timedelta(days=days))
    assert found(active_days=10) == {"now", "lately"}


def test_by_time_zone_and_by_id_and_all_at_once():
    berlin = add("berlin", time_zone="Europe/Berlin")
    tokyo = add("tokyo", time_zone="Asia/Tokyo", language="ja")
    assert found(time_zones=("Asia/Tokyo", "Asia/Seoul")) == {"tokyo"}
    assert found(only=(berlin.pk,)) == {"berlin"}
    assert found(only=(berlin.pk, tokyo.pk), languages=("ja",)) == {"tokyo"}
    assert found(only=()) == set()


def test_what_is_asked_for_is_never_part_of_the_query():
    add("ada")
    assert found(languages=("en' OR true --",)) == set()
    assert found(time_zones=("%s", "%(x)s", "'; --")) == set()
