"""Profiles: what is kept, how, and that there is one primary."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection

from authentication.tests.factories import make_user
from core.exceptions import PrimaryProfile
from core.models import NumerologyProfile
from core.models.profiles import KEY_COLUMNS
from core.numerology import NameInput
from core.selectors.profiles import chart_of, get_profile_for
from core.services import profiles
from core.tests.factories import NOW, make_profile
from numerai import hooks
from numerai.api.exceptions import InvalidInput, NotFound
from payments.exceptions import PlanLimitReached

pytestmark = pytest.mark.django_db


def key_numbers_of(profile):
    return {name: getattr(NumerologyProfile.objects.get(pk=profile.pk), name) for name in KEY_COLUMNS}


@pytest.fixture
def user():
    return make_user(password=None)


def test_the_first_profile_is_primary_and_has_key_numbers(user):
    profile = make_profile(user)
    assert profile.is_primary
    assert key_numbers_of(profile) == {
        "birth_month": 7, "birth_day": 3, "life_path": 1, "expression": 4, "soul_urge": 9, "personality": 4,
        "option_set": "calendar", "essence": 3, "essence_until": date(2026, 7, 3), "engine_version": 1,
    }  # fmt: skip


def test_further_profiles_are_not_primary_and_show_nothing_in_clear(user):
    make_profile(user)
    assert set(key_numbers_of(make_profile(user, relation="child")).values()) == {None}


def test_names_and_dates_are_stored_encrypted(user):
    profile = make_profile(user, current_name="Tom Cruise", transliteration={"Том": "Tom"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(p)::text FROM core_numerologyprofile p WHERE id = %s", [profile.pk])
        row = cursor.fetchone()[0]
    assert [word for word in ("Tom", "Mapother", "Cruise", "1962") if word in row] == []


def test_a_structured_name_comes_back_as_it_was_given(user):
    name = NameInput("Mary Ann", ("Louise",), "van der Berg", "Jr.")
    profile = get_profile_for(user=user, profile_id=make_profile(user, birth_name=name).pk)
    assert chart_of(profile, on=None).name.first_count == 2
    assert profile.birth_name == {"first": "Mary Ann", "middle": ["Louise"], "last": "van der Berg", "suffix": "Jr."}


def test_changed_birth_data_change_the_key_numbers_with_them(user):
    profile = make_profile(user)
    profiles.update_profile(user_id=user.pk, profile_id=profile.pk, changes={"birth_date": "1962-07-04"}, now=NOW)
    numbers = key_numbers_of(profile)
    assert (numbers["birth_day"], numbers["life_path"], numbers["expression"]) == (4, 2, 4)


def test_options_that_change_personal_cycles_change_the_option_set(user):
    profile = make_profile(user, options={"personal_year_boundary": "birthday", "personal_masters": [22, 11]})
    assert key_numbers_of(profile)["option_set"] == "birthday-11-22"


def test_every_possible_option_set_fits_its_column(user):
    every = {"personal_year_boundary": "birthday", "personal_masters": list(range(11, 100, 11))}
    assert key_numbers_of(make_profile(user, options=every))["option_set"].endswith("-88-99")


def test_making_primary_moves_the_key_numbers(user):
    first, second = make_profile(user), make_profile(user, birth_date="1990-01-02", relation="child")
    profiles.make_primary(user_id=user.pk, profile_id=second.pk, now=NOW)
    assert set(key_numbers_of(first).values()) == {None}
    assert key_numbers_of(second)["birth_month"] == 1
    assert NumerologyProfile.objects.get(user=user, is_primary=True).pk == second.pk


def test_the_database_refuses_two_primaries(user):
    first, second = make_profile(user), make_profile(user)
    with pytest.raises(IntegrityError, match="profile_one_primary"):
        NumerologyProfile.objects.filter(pk=second.pk).update(is_primary=True, **key_numbers_of(first))


def test_the_database_refuses_a_primary_without_key_numbers(user):
    profile = make_profile(user)
    with pytest.raises(IntegrityError, match="profile_primary_has_key_numbers"):
        NumerologyProfile.objects.filter(pk=profile.pk).update(life_path=None)


def test_the_primary_one_is_deleted_last(user):
    first, second = make_profile(user), make_profile(user)
    with pytest.raises(PrimaryProfile):
        profiles.delete_profile(user_id=user.pk, profile_id=first.pk)
    for profile in (second, first):
        profiles.delete_profile(user_id=user.pk, profile_id=profile.pk)
    assert not NumerologyProfile.objects.exists()


def test_the_free_plan_keeps_three(user):
    for _ in range(3):
        make_profile(user)
    with pytest.raises(PlanLimitReached) as refused:
        make_profile(user)
    assert refused.value.details == {"entitlement": "numerology_profiles", "limit": 3}


@pytest.mark.parametrize("act", [profiles.update_profile, profiles.make_primary, profiles.delete_profile])
def test_a_strangers_profile_is_not_there(user, act):
    theirs = make_profile(make_user(password=None))
    extra = {
        profiles.update_profile: {"changes": {"label": "x"}, "now": NOW},
        profiles.make_primary: {"now": NOW},
        profiles.delete_profile: {},
    }[act]
    with pytest.raises(NotFound):
        act(user_id=user.pk, profile_id=theirs.pk, **extra)
    assert NumerologyProfile.objects.get(pk=theirs.pk).label == "Tom"


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"birth_name": "123"}, "birth_name"),
        ({"birth_name": ""}, "birth_name"),
        ({"birth_name": "x" * 201}, "birth_name"),
        ({"current_name": "..."}, "current_name"),
        ({"birth_date": "2026-05-06"}, "birth_date"),
        ({"birth_date": "2023-02-29"}, "birth_date"),
        ({"vowel_overrides": [{"part": 9, "index": 0, "role": "vowel"}]}, "vowel_overrides"),
        ({"options": {"mode": "other"}}, "options.mode"),
    ],
)
def test_what_cannot_be_calculated_is_refused_by_field(user, inputs, field):
    with pytest.raises(InvalidInput) as refused:
        make_profile(user, **inputs)
    assert list(refused.value.details["fields"]) == [field]


def test_born_today_is_judged_by_the_members_own_calendar():
    evening = datetime(2026, 5, 5, 23, tzinfo=UTC)
    assert make_profile(make_user(time_zone="Pacific/Auckland"), birth_date="2026-05-06", now=evening)
    with pytest.raises(InvalidInput):
        make_profile(make_user(time_zone="America/New_York"), birth_date="2026-05-06", now=evening)


@pytest.mark.parametrize("birth_date", ["0001-01-01", "2026-05-05"])
def test_the_ends_of_the_calendar_have_key_numbers(user, birth_date):
    assert make_profile(user, birth_date=birth_date).essence_until > date(2026, 5, 5)


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr(hooks, "_member_changed", [lambda user_id, fields: heard.append((user_id, set(fields)))])
    return heard


def test_other_apps_hear_what_changed(user, told):
    profile = make_profile(user)
    for changes in ({"label": "Me"}, {"label": "Me"}, {"birth_date": "1962-07-04"}):
        profiles.update_profile(user_id=user.pk, profile_id=profile.pk, changes=changes, now=NOW)
    assert told == [
        (user.pk, {"profiles", "primary_profile"}),
        (user.pk, {"profiles"}),
        (user.pk, {"profiles", "primary_profile"}),
    ]


def test_a_change_makes_cached_answers_stale(user):
    make_profile(user)
    user.refresh_from_db()
    assert user.data_version == 2


def test_own_birth_data_make_the_first_profile_and_then_change_it(user):
    both = {"birth_name": "Ada Byron", "birth_date": "1815-12-10"}
    made = profiles.save_own_birth_data(user_id=user.pk, changes=both, now=NOW)
    changed = profiles.save_own_birth_data(user_id=user.pk, changes={"birth_name": "Ada King"}, now=NOW)
    assert (made.pk, made.relation, changed.birth_name, changed.birth_date) == (
        changed.pk, "self", "Ada King", "1815-12-10",
    )  # fmt: skip


def test_own_birth_data_need_both_to_begin(user):
    with pytest.raises(InvalidInput) as refused:
        profiles.save_own_birth_data(user_id=user.pk, changes={"birth_date": "1815-12-10"}, now=NOW)
    assert list(refused.value.details["fields"]) == ["birth_name"]


def test_the_export_holds_what_was_given_and_erasure_leaves_nothing(user):
    make_profile(user)
    other = make_profile(make_user(password=None))
    registered = {data.app: data for data in hooks.list_personal_data()}["core"]
    exported = registered.export(user.pk)["profiles"]
    assert [row["birth_date"] for row in exported] == ["1962-07-03"]
    registered.erase(user.pk)
    assert [row.pk for row in NumerologyProfile.objects.all()] == [other.pk]
