from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import TestCase
from django.utils import timezone

from authentication.models import User
from authentication.tests.factories import make_user
from authentication.validators import time_zones
from core.models import NumerologyProfile
from core.selectors.profiles import get_primary_for
from core.tests.factories import make_profile
from payments.services import grant_plan

pytestmark = pytest.mark.django_db

PROFILE = "users/profile"
WHOLE = {"full_name": "Ada King", "language": "fr", "time_zone": "Pacific/Chatham"}


def test_a_member_reads_their_own_account(member, user):
    data = member.send("get", PROFILE).json()["data"]
    assert data.pop("created_at")
    assert data == {
        "id": str(user.pk), "email": user.email, "is_verified": True, "full_name": "Ada Byron", "phone": None,
        "language": "en", "time_zone": "Europe/London", "is_premium": False, "birth_name": None, "date_of_birth": None,
    }  # fmt: skip


def test_reading_costs_two_queries_and_then_none(member, user, django_assert_num_queries):
    make_profile(user)
    with django_assert_num_queries(2):  # the member (cold), the account with its birth data
        first = member.send("get", PROFILE)
    with django_assert_num_queries(0):
        second = member.send("get", PROFILE)
    assert first.json()["data"] == second.json()["data"]


def test_birth_data_are_written_with_the_account(member, user):
    born = {"birth_name": {"first": "Ada", "last": "Byron"}, "date_of_birth": "1815-12-10"}
    data = member.send("patch", PROFILE, {**born, "time_zone": "Asia/Tokyo"}).json()["data"]
    assert (data["birth_name"]["last"], data["date_of_birth"], data["time_zone"]) == (
        "Byron", "1815-12-10", "Asia/Tokyo",
    )  # fmt: skip
    primary = get_primary_for(user=user)
    assert (primary.relation, primary.birth_month, primary.birth_day) == ("self", 12, 10)
    assert member.send("get", PROFILE).json()["data"] == data


def test_what_depends_on_the_birth_date_follows(member, user):
    make_profile(user)
    before = member.send("get", "numerology/birth-chart").json()["data"]
    member.send("patch", PROFILE, {"date_of_birth": "1962-07-04"})
    after = member.send("get", "numerology/birth-chart").json()["data"]
    assert [chart["core"]["birthday"]["value"] for chart in (before, after)] == [3, 4]
    assert get_primary_for(user=user).birth_day == 4


def test_the_first_birth_data_come_together(member, user):
    answer = member.send("patch", PROFILE, {"date_of_birth": "1815-12-10", "full_name": "Somebody else"})
    assert answer.json()["error"]["details"]["fields"].keys() == {"birth_name"}
    user.refresh_from_db()
    assert (user.full_name, NumerologyProfile.objects.count()) == ("Ada Byron", 0)


@pytest.mark.parametrize("day", ["3000-01-01", "2023-02-29", "10000-01-01", "1990-1-1", 19900101, None])
def test_a_birth_date_that_is_none_is_refused_by_its_own_name(member, user, day):
    make_profile(user)
    answer = member.send("patch", PROFILE, {"date_of_birth": day})
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (400, ["date_of_birth"])


def test_putting_writes_the_whole(member, user):
    answer = member.send("put", PROFILE, WHOLE)
    assert {name: answer.json()["data"][name] for name in WHOLE} == WHOLE
    user.refresh_from_db()
    assert (user.full_name, user.language, user.time_zone, user.data_version) == (*WHOLE.values(), 2)


def test_putting_takes_every_field(member):
    answer = member.send("put", PROFILE, {"full_name": "Ada King"})
    assert set(answer.json()["error"]["details"]["fields"]) == {"language", "time_zone"}


def test_patching_writes_what_is_sent(member, user):
    assert member.send("patch", PROFILE, {"language": "pt-BR"}).json()["data"]["language"] == "pt-BR"
    user.refresh_from_db()
    assert user.full_name == "Ada Byron"


def test_writing_the_same_again_changes_nothing(member, user):
    member.send("patch", PROFILE, {"language": "en"})
    user.refresh_from_db()
    assert user.data_version == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"email": "other@example.com"},
        {"is_verified": True},
        {"is_staff": True},
        {"phone": "+4930123456"},
        {"full_name": None},
        {"full_name": "x" * 201},
        {"language": "EN"},
        {"time_zone": "GMT+25"},
        {"time_zone": "localtime"},
    ],
)
def test_what_may_not_be_written_is_refused(member, user, sent):
    assert member.send("patch", PROFILE, sent).status_code == 400
    assert User.objects.filter(pk=user.pk, email=user.email, is_staff=False, full_name="Ada Byron").exists()


def test_writing_touches_nobody_else(member):
    other = make_user(full_name="Charles")
    member.send("patch", PROFILE, {"full_name": "Ada King"})
    other.refresh_from_db()
    assert other.full_name == "Charles"


def test_the_zones_are_those_of_the_package():
    assert {"Europe/Kyiv", "Asia/Kathmandu", "America/Argentina/ComodRivadavia", "UTC"} <= time_zones()
    assert not {"posixrules", "right/UTC", ""} & time_zones()


def test_premium_is_what_was_granted(member, user):
    now = timezone.now()
    ends_at = now + timedelta(days=1)
    with TestCase.captureOnCommitCallbacks(execute=True):
        grant_plan(user_id=user.pk, plan="premium", reason="A prize", ends_at=ends_at, granted_by=user.pk, now=now)
    assert member.send("get", PROFILE).json()["data"]["is_premium"] is True
