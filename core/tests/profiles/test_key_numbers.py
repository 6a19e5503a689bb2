"""Key numbers are made anew when the engine changes and when an essence has run out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command

from authentication.tests.factories import make_user
from core import tasks
from core.models import NumerologyProfile
from core.models.profiles import KEY_COLUMNS
from core.numerology import birth_chart
from core.services.key_numbers import key_numbers, refresh_key_numbers
from core.tests.factories import NOW, make_profile

pytestmark = pytest.mark.django_db


def stored(profile):
    return {name: getattr(NumerologyProfile.objects.get(pk=profile.pk), name) for name in KEY_COLUMNS}


def test_those_of_an_old_engine_are_made_anew_in_batches():
    made = [make_profile(make_user(password=None)) for _ in range(5)]
    fresh = [stored(profile) for profile in made]
    NumerologyProfile.objects.update(engine_version=0, life_path=77)
    assert refresh_key_numbers(now=NOW, batch=2) == 5
    assert [stored(profile) for profile in made] == fresh
    assert refresh_key_numbers(now=NOW, batch=2) == 0


def test_the_command_and_the_task_do_the_same(capsys):
    made = make_profile(make_user(password=None))
    fresh = stored(made)
    NumerologyProfile.objects.update(engine_version=0, expression=77)
    call_command("refresh_key_numbers", "--batch", "10")
    assert capsys.readouterr().out == "1 profiles refreshed\n"
    assert stored(made)["expression"] == fresh["expression"]
    NumerologyProfile.objects.update(engine_version=0, expression=77)
    tasks.refresh_key_numbers()
    assert stored(made)["expression"] == fresh["expression"]


def test_an_essence_that_has_run_out_is_made_anew_on_the_members_own_day():
    west = make_profile(make_user(time_zone="America/Los_Angeles", password=None))
    east = make_profile(make_user(time_zone="Pacific/Auckland", password=None))
    assert stored(west) == stored(east)
    # The birthday has begun in the east; in the west it is still the day before.
    turn = datetime(2026, 7, 2, 20, tzinfo=UTC)
    assert refresh_key_numbers(now=turn) == 1
    assert stored(west)["essence_until"] == date(2026, 7, 3)
    assert stored(east)["essence_until"] > date(2026, 7, 3)


def test_a_row_that_cannot_be_opened_holds_up_no_other():
    broken, whole = (make_profile(make_user(password=None)) for _ in range(2))
    NumerologyProfile.objects.filter(pk=broken.pk).update(birth_date=NumerologyProfile(pk=whole.pk)._meta.get_field(
        "birth_date").seal(whole.pk, "1990-01-01"))  # fmt: skip
    NumerologyProfile.objects.update(engine_version=0)
    assert refresh_key_numbers(now=NOW, batch=1) == 1
    assert stored(whole)["engine_version"] == 1


@pytest.mark.parametrize("born", ["1962-07-03", "2000-02-29", "2004-02-29", "1815-12-10"])
def test_the_essence_is_the_same_on_every_day_before_it_runs_out(born):
    chart = birth_chart("Augusta Ada Byron", born, on="2026-05-05")
    numbers = key_numbers(chart)
    until = numbers["essence_until"]
    days = [date.fromordinal(day) for day in range(date(2026, 5, 5).toordinal(), until.toordinal(), 13)]
    last_day = date.fromordinal(until.toordinal() - 1)
    charts = [birth_chart("Augusta Ada Byron", born, on=day) for day in [*days, last_day]]
    assert {(made.transits, made.essence.value) for made in charts} == {(chart.transits, numbers["essence"])}
    assert birth_chart("Augusta Ada Byron", born, on=until).transits != chart.transits
