"""The addresses of profiles."""

from __future__ import annotations

from uuid import uuid4

import pytest

from authentication.models import Consent
from authentication.tests.factories import make_user, sign_in_as
from core.models import NumerologyProfile
from core.tests.factories import make_profile

pytestmark = pytest.mark.django_db

PROFILES = "numerology/profiles"
CHILD = {
    "label": "Our daughter", "relation": "child", "birth_name": {"first": "Ada", "last": "Byron"},
    "birth_date": "1815-12-10", "has_consent": True,
}  # fmt: skip
OWN = {"label": "Me", "relation": "self", "birth_name": "Anne Isabella Milbanke", "birth_date": "1792-05-17"}


def fields_at_fault(answer):
    assert answer.status_code == 400
    return set(answer.json()["error"]["details"]["fields"])


def test_a_profile_comes_back_as_it_was_given(member):
    whole = {
        **CHILD, "current_name": "Ada King", "gender": "female", "preset": "goodwin", "options": {"mode": "total"},
        "vowel_overrides": [{"part": 0, "index": 0, "role": "vowel"}], "transliteration": {"Ада": "Ada"},
    }  # fmt: skip
    made = member.send("post", PROFILES, whole)
    assert made.status_code == 201
    data = made.json()["data"]
    assert data == {
        **{name: value for name, value in whole.items() if name != "has_consent"},
        "birth_name": {"first": "Ada", "middle": [], "last": "Byron", "suffix": ""},
        "id": data["id"], "is_primary": True, "created_at": data["created_at"], "updated_at": data["updated_at"],
    }  # fmt: skip
    assert member.send("get", f"{PROFILES}/{data['id']}").json()["data"] == data


def test_the_list_has_the_primary_one_first_and_nobody_elses(member, user):
    make_profile(make_user(password=None))
    for label in ("first", "second", "third"):
        make_profile(user, label=label)
    chosen = NumerologyProfile.objects.filter(user=user).order_by("pk")[2]
    assert member.send("post", f"{PROFILES}/{chosen.pk}/make-primary").json()["data"]["is_primary"] is True
    answer = member.send("get", PROFILES).json()
    assert [row["label"] for row in answer["data"]] == ["third", "first", "second"]
    assert answer["pagination"]["total"] == 3


@pytest.mark.parametrize("kept", [1, 3])
def test_the_list_costs_three_queries_however_long(member, user, kept, django_assert_num_queries):
    for _ in range(kept):
        make_profile(user)
    with django_assert_num_queries(3):  # the member (cold), the count, the profiles
        assert len(member.send("get", PROFILES).json()["data"]) == kept


def test_somebody_elses_data_are_kept_only_with_their_consent(member, user):
    without = {name: value for name, value in CHILD.items() if name != "has_consent"}
    assert fields_at_fault(member.send("post", PROFILES, without)) == {"has_consent"}
    assert fields_at_fault(member.send("post", PROFILES, {**CHILD, "has_consent": False})) == {"has_consent"}
    assert not NumerologyProfile.objects.exists()
    made = member.send("post", PROFILES, CHILD).json()["data"]
    assert Consent.objects.get(user=user, way="profile").about_id.hex == made["id"].replace("-", "")


def test_ones_own_data_need_no_statement(member, user):
    assert member.send("post", PROFILES, OWN).status_code == 201
    assert not Consent.objects.filter(user=user, way="profile").exists()


def test_a_profile_that_becomes_somebody_elses_needs_their_consent(member, user):
    profile = make_profile(user)
    path = f"{PROFILES}/{profile.pk}"
    assert fields_at_fault(member.send("patch", path, {"relation": "partner"})) == {"has_consent"}
    assert member.send("patch", path, {"relation": "partner", "has_consent": True}).status_code == 200
    assert Consent.objects.filter(user=user, about_id=profile.pk).count() == 1
    assert member.send("patch", path, {"relation": "self"}).status_code == 200
    assert not Consent.objects.filter(user=user, about_id=profile.pk).exists()


def test_deleting_forgets_the_profile_and_its_statement(member, user):
    profile = make_profile(user, relation="child")
    assert member.send("delete", f"{PROFILES}/{profile.pk}").status_code == 204
    assert member.send("delete", f"{PROFILES}/{profile.pk}").status_code == 404
    assert not Consent.objects.filter(about_id=profile.pk).exists()


def test_the_primary_one_is_not_deleted_before_the_others(member, user):
    primary, _ = make_profile(user), make_profile(user)
    answer = member.send("delete", f"{PROFILES}/{primary.pk}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "PRIMARY_PROFILE")


def test_the_plan_says_how_many(member, user):
    for _ in range(3):
        make_profile(user)
    error = member.send("post", PROFILES, OWN)
    assert error.status_code == 403
    assert error.json()["error"]["code"] == "PLAN_LIMIT_REACHED"
    assert error.json()["error"]["details"] == {"entitlement": "numerology_profiles", "limit": 3}


def test_a_request_sent_twice_makes_one_profile(member):
    headers = {"Idempotency-Key": str(uuid4())}
    bodies = [
        member.post(f"/api/v1/{PROFILES}", data=OWN, content_type="application/json", headers=headers).json()["data"]
        for _ in range(2)
    ]
    assert bodies[0] == bodies[1]
    assert NumerologyProfile.objects.count() == 1


def test_putting_resets_what_is_left_out(member, user):
    profile = make_profile(user, current_name="Tom Cruise", gender="male", options={"mode": "total"})
    data = member.send("put", f"{PROFILES}/{profile.pk}", OWN).json()["data"]
    assert (data["current_name"], data["gender"], data["options"]) == (None, None, {})


def test_patching_leaves_the_rest(member, user):
    profile = make_profile(user, current_name="Tom Cruise", gender="male")
    data = member.send("patch", f"{PROFILES}/{profile.pk}", {"label": "Thomas"}).json()["data"]
    assert (data["label"], data["current_name"], data["gender"]) == ("Thomas", "Tom Cruise", "male")


@pytest.mark.parametrize(
    "name",
    [
        "A",
        "x" * 200,
        "Пётр Ильич Чайковский",
        "Αριστοτέλης",
        "محمد",
        "नरेंद्र मोदी",
        "Nguyễn Thị Minh Khai",
        "김민준",
    ],
)
def test_names_of_any_script_have_a_profile_and_a_chart(member, name):
    made = member.send("post", PROFILES, {**OWN, "birth_name": name}).json()["data"]
    assert made["birth_name"] == name
    assert member.send("get", f"{PROFILES}/{made['id']}/birth-chart").status_code == 200


def test_a_script_without_a_rule_takes_a_spelling_of_ones_own(member):
    name = {"birth_name": "王小明"}
    assert fields_at_fault(member.send("post", PROFILES, {**OWN, **name})) == {"birth_name"}
    spelled = {**OWN, **name, "transliteration": {"王小明": "Wang Xiaoming"}}
    assert member.send("post", PROFILES, spelled).status_code == 201


@pytest.mark.parametrize(
    ("sent", "at_fault"),
    [
        ({"birth_name": ""}, "birth_name"),
        ({"birth_name": "x" * 201}, "birth_name"),
        ({"birth_name": "12345"}, "birth_name"),
        ({"birth_name": 5}, "birth_name"),
        ({"birth_name": {"last": "Byron"}}, "birth_name.first"),
        ({"birth_date": "9999-12-31"}, "birth_date"),
        ({"birth_date": "0000-01-01"}, "birth_date"),
        ({"relation": "enemy"}, "relation"),
        ({"label": ""}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"label": "x" * 61}, "label"),
        ({"gender": "x"}, "gender"),
        ({"preset": "x"}, "preset"),
        ({"options": {"mode": "x"}}, "options.mode"),
        ({"options": []}, "options"),
        ({"vowel_overrides": [{"part": 40, "index": 0, "role": "vowel"}]}, "vowel_overrides"),
        ({"transliteration": {"x": 5}}, "transliteration"),
        ({"is_primary": True}, "non_field_errors"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(member, sent, at_fault):
    assert fields_at_fault(member.send("post", PROFILES, {**OWN, **sent})) == {at_fault}
    assert not NumerologyProfile.objects.exists()


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("get", "", None),
        ("put", "", OWN),
        ("patch", "", {"label": "Mine now"}),
        ("delete", "", None),
        ("post", "/make-primary", None),
        ("get", "/birth-chart", None),
    ],
)
def test_strangers_find_nothing(member, user, method, tail, body):
    make_profile(user)
    theirs = make_profile(make_user(password=None), label="Theirs")
    assert member.send(method, f"{PROFILES}/{theirs.pk}{tail}", body).status_code == 404
    assert NumerologyProfile.objects.get(pk=theirs.pk).label == "Theirs"


def test_answers_with_birth_data_are_not_for_shared_caches(member, user):
    path = f"{PROFILES}/{make_profile(user).pk}"
    assert member.send("get", path).headers["Cache-Control"] == "no-store"


def test_another_session_of_the_member_sees_the_same(member, user):
    made = member.send("post", PROFILES, OWN).json()["data"]
    other = type(member)(sign_in_as(user))
    assert other.send("get", f"{PROFILES}/{made['id']}").json()["data"] == made
