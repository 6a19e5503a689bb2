from __future__ import annotations

import pytest
from django.db.models import Value

from authentication.models import User
from authentication.tests.factories import ApiClient, make_user, sign_in_as
from authentication.validators import time_zones

pytestmark = pytest.mark.django_db

PROFILE = "users/profile"
WHOLE = {"full_name": "Ada King", "language": "fr", "time_zone": "Pacific/Chatham"}


def test_a_member_reads_their_own_account(member, user):
    data = member.send("get", PROFILE).json()["data"]
    assert data.pop("created_at")
    assert data == {
        "id": str(user.pk), "email": user.email, "is_verified": True, "full_name": "Ada Byron", "phone": None,
        "language": "en", "time_zone": "Europe/London", "is_premium": False,
    }  # fmt: skip


def test_reading_costs_two_queries(member, django_assert_num_queries):
    with django_assert_num_queries(2):  # the member (cold), the account
        member.send("get", PROFILE)


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


def test_premium_is_what_the_tier_says(member, user, monkeypatch):
    monkeypatch.setattr("numerai.hooks._tier_expression", lambda: Value("premium"))
    client = ApiClient(sign_in_as(user))
    assert client.send("get", PROFILE).json()["data"]["is_premium"] is True
