"""Two at once, with real threads: the account's lock and the constraint hold."""

from __future__ import annotations

import pytest

from authentication.tests.factories import make_user
from authentication.tests.test_concurrency import at_once
from core.models import NumerologyProfile
from core.models.profiles import KEY_COLUMNS
from core.services import profiles
from core.services.key_numbers import refresh_key_numbers
from core.tests.factories import NOW, make_profile
from payments.exceptions import PlanLimitReached

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user():
    return make_user(password=None)


def test_of_eight_profiles_at_once_the_plan_takes_three_and_one_is_primary(user):
    results = at_once(8, lambda number: make_profile(user, label=str(number)))
    assert sum(isinstance(result, PlanLimitReached) for result in results) == 5
    assert NumerologyProfile.objects.filter(user=user).count() == 3
    assert NumerologyProfile.objects.filter(user=user, is_primary=True).count() == 1


def test_of_two_made_primary_at_once_one_is(user):
    made = [make_profile(user) for _ in range(3)]
    at_once(3, lambda number: profiles.make_primary(user_id=user.pk, profile_id=made[number].pk, now=NOW))
    rows = NumerologyProfile.objects.filter(user=user)
    assert rows.filter(is_primary=True).count() == 1
    others = rows.filter(is_primary=False).values_list(*KEY_COLUMNS)
    assert {value for row in others for value in row} == {None}


def test_birth_data_entered_twice_at_once_make_one_profile(user):
    born = {"birth_name": "Ada Byron", "birth_date": "1815-12-10"}
    results = at_once(4, lambda _: profiles.save_own_birth_data(user_id=user.pk, changes=born, now=NOW))
    assert {result.pk for result in results} == {NumerologyProfile.objects.get(user=user).pk}


def test_a_refresh_beside_changes_leaves_the_numbers_of_the_last_change(user):
    profile = make_profile(user)
    NumerologyProfile.objects.update(engine_version=0)

    def act(number: int) -> None:
        if number == 0:
            refresh_key_numbers(now=NOW)
            return
        changes = {"birth_date": f"1962-07-{10 + number}"}
        profiles.update_profile(user_id=user.pk, profile_id=profile.pk, changes=changes, now=NOW)

    at_once(4, act)
    kept = NumerologyProfile.objects.get(pk=profile.pk)
    assert f"1962-07-{kept.birth_day}" == kept.birth_date
    assert kept.engine_version == 1
