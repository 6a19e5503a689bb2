"""The status of the system: every part in its line, no secret among them, and none that hides another."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from authentication.tests.factories import make_staff
from core.numerology import ENGINE_VERSION
from core.tests.content.factories import load_edition
from notifications.services import set_channel_switch
from ops.health import Prober
from ops.status import _size, get_status

pytestmark = pytest.mark.django_db

SECRETS = ("SECRET_KEY", "JWT_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "BLIND_INDEX_KEY")


@pytest.fixture(autouse=True)
def _health(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parts are tested with /health; here all are well but beat."""
    well = {"database": lambda: None, "worker": lambda: 3.0}
    monkeypatch.setattr("ops.status.CHECKS", [*well, "beat"])
    monkeypatch.setattr("ops.status.prober", Prober({**well, "beat": _gone}))


def _gone() -> None:
    raise OSError


def facts() -> dict[str, tuple[str, bool]]:
    sections = get_status(now=timezone.now())
    return {fact.label: (fact.value, fact.is_bad) for section in sections for fact in section.facts}


def test_what_is_alive_and_what_is_not_is_told():
    found = facts()
    assert found["the whole"] == ("degraded", True)
    assert found["worker"] == ("ok, last sign 3 s ago", False)
    assert found["beat"] == ("failing", True)


def test_versions_are_those_that_run():
    load_edition()
    found = facts()
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        assert found["PostgreSQL"][0] == cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert found["migrations applied"][0] == str(cursor.fetchone()[0])
    assert found["engine"] == (str(ENGINE_VERSION), False)
    assert found["edition of passages"] == ("1", False)
    assert found["Valkey or Redis"][0].count(".") == 2


def test_without_texts_the_line_is_bad():
    assert facts()["edition of passages"] == ("none", True)


def test_a_row_outside_every_month_is_bad():
    assert facts()["readings in no month"] == ("0", False)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO daily_readings SELECT (jsonb_populate_record(NULL::daily_readings, jsonb_build_object("
            "'made_at', now(), 'reading_date', '2099-01-01', 'user_id', uuidv7(), 'option_set', 'calendar',"
            "'content_version', 1, 'edition', 1, 'engine_version', 1, 'personal_year', 1, 'personal_month', 1,"
            "'personal_day', 1, 'universal_day', 1, 'day_count', 1, 'life_path', 1))).*"
        )
    assert facts()["readings in no month"] == ("1", True)


def test_months_that_are_not_made_ahead_are_bad(time_machine):
    assert not facts()["deliveries up to"][1]
    time_machine.move_to(timezone.now().replace(year=timezone.now().year + 1))
    assert facts()["deliveries up to"][1]


def test_a_channel_that_is_off_says_why():
    set_channel_switch(channel="email", is_on=False, reason="The provider loses mail")
    assert facts()["E-mail"] == ("off: The provider loses mail", True)


def test_a_part_that_does_not_answer_hides_nothing_of_the_others(monkeypatch):
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    found = facts()
    assert found["no answer"][1]
    assert "readings up to" in found


def test_the_page_shows_it_without_a_secret():
    client = Client()
    client.force_login(make_staff(password=None))
    page = client.get("/admin/operations/system/").content.decode()
    assert "PostgreSQL" in page
    values = [str(getattr(settings, name)) for name in SECRETS]
    assert all(values)
    assert [name for name, value in zip(SECRETS, values, strict=True) if value in page] == []


@pytest.mark.parametrize(
    ("octets", "read"), [(21_400_000, "21 MB"), (999_400_000, "999 MB"), (1_260_000_000, "1.3 GB")]
)
def test_a_size_is_told_in_what_it_is_large_in(octets, read):
    assert _size(octets) == read
