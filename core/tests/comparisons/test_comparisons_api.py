"""Comparing stored profiles and people given in the request: score, group, and what is remembered of it."""

from __future__ import annotations

import json
from itertools import combinations
from uuid import uuid4

import pytest
from django.db import connection

from authentication.scopes import Scope
from authentication.tests.factories import CommittingClient, make_api_key, make_user, sign_in_as
from core.models import Comparison
from core.personal_data import erase_member, export_member
from core.services import comparisons
from core.tests.factories import CRUISE, make_comparison, make_profile

pytestmark = pytest.mark.django_db
URL = "numerology/compatibility"
ADA = {"name": "Ada Lovelace", "birth_date": "1815-12-10"}
TOM = {"name": CRUISE["birth_name"], "birth_date": CRUISE["birth_date"]}


def compared(client, first, second, **more):
    answer = client.send("post", URL, {"first": first, "second": second, **more})
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def history(client, query=""):
    return client.send("get", f"{URL}/history{query}").json()["data"]


def code_of(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_profiles_and_people_given_are_compared_alike(member, user, profile):
    mixed = compared(member, {"profile_id": str(profile.pk)}, ADA, relation="work")
    given = compared(member, TOM, ADA, relation="work")
    assert mixed | {"remembered_as": 0} == given | {"remembered_as": 0}
    other = make_profile(user, birth_name=ADA["name"], birth_date=ADA["birth_date"], relation="friend")
    both = compared(member, {"profile_id": str(profile.pk)}, {"profile_id": str(other.pk)}, relation="work")
    assert both | {"remembered_as": 0} == given | {"remembered_as": 0}


def test_a_score_names_its_relation_and_says_that_it_is_our_own(member):
    data = compared(member, TOM, ADA, relation="romance")
    assert data["score"]["relation"] == "romance"
    assert "own weighting" in data["score"]["scoring"]
    assert len(data["score"]["factors"]) == 5
    assert compared(member, TOM, ADA)["score"] is None


def test_a_profile_is_its_owners_alone(member, stranger, profile):
    body = {"first": {"profile_id": str(profile.pk)}, "second": ADA}
    other = make_user(password=None)
    assert code_of(CommittingClient(sign_in_as(other)).send("post", URL, body)) == (404, "NOT_FOUND")
    assert code_of(stranger.send("post", URL, body)) == (401, "NOT_AUTHENTICATED")
    unknown = {"first": {"profile_id": str(uuid4())}, "second": {"profile_id": str(profile.pk)}}
    assert code_of(member.send("post", URL, unknown)) == (404, "NOT_FOUND")


def test_an_api_key_needs_the_scope_of_profiles_for_them_and_leaves_no_trace(stranger, user, profile):
    body = {"first": {"profile_id": str(profile.pk)}, "second": ADA}
    answers = {}
    for scopes in ((Scope.NUMEROLOGY_READ,), (Scope.NUMEROLOGY_READ, Scope.PROFILES_READ)):
        headers = {"Authorization": f"Api-Key {make_api_key(user, *scopes)}"}
        answer = stranger.generic(
            "POST", f"/api/v1/{URL}", json.dumps(body), content_type="application/json", headers=headers
        )
        answers[len(scopes)] = answer
    assert code_of(answers[1]) == (403, "SCOPE_MISSING")
    assert answers[1].json()["error"]["details"] == {"scope": "profiles:read"}
    assert (answers[2].status_code, answers[2].json()["data"]["remembered_as"]) == (200, None)
    assert not Comparison.objects.exists()


def test_a_members_comparison_is_remembered_with_numbers_and_labels(member, profile):
    data = compared(member, {"profile_id": str(profile.pk)}, ADA | {"label": "The countess"}, relation="work")
    (entry,) = history(member)
    numbers = [{pair["position"]: pair[side]["value"] for pair in data["pairs"]} for side in ("first", "second")]
    assert entry | {"created_at": 0} == {
        "id": data["remembered_as"],
        "created_at": 0,
        "first": {"profile_id": str(profile.pk), "label": "Tom", "numbers": numbers[0]},
        "second": {"profile_id": None, "label": "The countess", "numbers": numbers[1]},
        "relationship": data["relationship"]["value"],
        "relation": "work",
        "score": data["score"]["value"],
    }


def test_neither_name_nor_birth_date_of_somebody_given_is_kept_and_the_rest_is_encrypted(member, user):
    compared(member, TOM, ADA | {"label": "The countess"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM core_comparison c")
        stored = cursor.fetchone()[0]
    exported = json.dumps(export_member(user.pk)["comparisons"])
    assert [word for word in ("countess", "Ada", "1815", "Mapother", "life_path") if word in stored] == []
    assert [word for word in ("Ada", "1815", "Mapother") if word in exported] == []
    assert "The countess" in exported


def test_nothing_is_remembered_of_strangers_or_where_it_is_not_wished(member, stranger):
    assert compared(member, TOM, ADA, remember=False)["remembered_as"] is None
    assert compared(stranger, TOM, ADA)["remembered_as"] is None
    assert not Comparison.objects.exists()


def test_sent_twice_with_a_key_it_is_remembered_once(member):
    body = json.dumps({"first": TOM, "second": ADA})
    answers = [
        member.generic(
            "POST", f"/api/v1/{URL}", body, content_type="application/json", headers={"Idempotency-Key": "once"}
        )
        for _ in range(2)
    ]
    assert answers[0].json()["data"] == answers[1].json()["data"]
    assert Comparison.objects.count() == 1


def test_a_key_that_is_none_is_refused_from_strangers_too(stranger):
    answer = stranger.generic(
        "POST", f"/api/v1/{URL}", "{}", content_type="application/json", headers={"Idempotency-Key": "x" * 256}
    )
    assert code_of(answer) == (400, "INVALID_IDEMPOTENCY_KEY")


def test_the_list_is_the_newest_first_in_pages_and_nobody_elses(member, user):
    kept = [str(make_comparison(user, label=f"Person {n}").pk) for n in range(3)]
    make_comparison(make_user())
    answer = member.send("get", f"{URL}/history?limit=2").json()
    assert [entry["id"] for entry in answer["data"]] == [kept[2], kept[1]]
    rest = history(member, f"?limit=2&cursor={answer['pagination']['next_cursor']}")
    assert [entry["id"] for entry in rest] == [kept[0]]


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_costs_one_query(member, user, profile, count, django_assert_num_queries):
    for _ in range(count):
        compared(member, {"profile_id": str(profile.pk)}, ADA)
    member.send("get", "users/profile")
    with django_assert_num_queries(1):  # the rows with their profiles; the member record is warm
        assert len(history(member)) == count


def test_only_so_many_are_kept(member, user, monkeypatch):
    monkeypatch.setattr(comparisons, "KEPT", 3)
    kept = [make_comparison(user).pk for _ in range(5)]
    others = make_comparison(make_user()).pk
    assert set(Comparison.objects.values_list("pk", flat=True)) == {*kept[2:], others}


def test_one_or_all_of_ones_own_are_forgotten(member, user):
    first, theirs = make_comparison(user), make_comparison(make_user())
    make_comparison(user)
    assert member.send("delete", f"{URL}/history/{theirs.pk}").status_code == 404
    assert [member.send("delete", f"{URL}/history/{first.pk}").status_code for _ in range(2)] == [204, 404]
    assert len(history(member)) == 1
    assert member.send("delete", f"{URL}/history").status_code == 204
    assert list(Comparison.objects.values_list("pk", flat=True)) == [theirs.pk]


def test_what_was_compared_with_a_profile_goes_with_it_and_all_with_the_account(member, user, profile):
    child = make_profile(user, relation="child")
    compared(member, {"profile_id": str(child.pk)}, ADA)
    compared(member, TOM, ADA)
    member.send("delete", f"numerology/profiles/{child.pk}")
    assert Comparison.objects.count() == 1
    others = make_comparison(make_user())
    erase_member(user.pk)
    assert list(Comparison.objects.values_list("pk", flat=True)) == [others.pk]


def group(client, people, **more):
    return client.send("post", f"{URL}/group", {"people": people, **more})


def test_a_group_is_every_two_of_them_compared(member, profile):
    born = [{"birth_date": f"19{year}-03-0{year % 9 + 1}"} for year in range(60, 66)]
    people = [{"profile_id": str(profile.pk)}, ADA, *born]
    data = group(member, people, relation="family").json()["data"]
    assert [(one["first"], one["second"]) for one in data["comparisons"]] == list(combinations(range(8), 2))
    alone = compared(member, people[1], people[4], relation="family")
    pair = next(one for one in data["comparisons"] if (one["first"], one["second"]) == (1, 4))
    assert pair["relationship"] == alone["relationship"]
    assert pair["score"] == alone["score"]
    assert [one["labels"] for one in pair["pairs"]] == [one["labels"] for one in alone["pairs"]]
    assert data["people"][1] == {one["position"]: one["first"] for one in alone["pairs"]}
    assert (data["matrix"][1][4], data["matrix"][4][1]) == (alone["score"]["value"],) * 2
    assert [data["matrix"][index][index] for index in range(8)] == [None] * 8
    assert not Comparison.objects.filter(first_profile__isnull=False).exists()


def test_a_group_needs_no_account_and_has_no_matrix_without_a_relation(stranger):
    data = group(stranger, [ADA, TOM]).json()["data"]
    assert (data["matrix"], data["comparisons"][0]["score"]) == (None, None)


@pytest.mark.parametrize(
    ("people", "field"),
    [
        ([ADA], "people"),
        ([ADA] * 9, "people"),
        ("Ada", "people"),
        ([ADA, {"name": "Ada"}], "people.1.birth_date"),
        ([ADA, TOM, {"birth_date": "9999-01-01"}], "people.2.birth_date"),
        ([{"name": "123", "birth_date": "1990-01-01"}, ADA], "people.0.name"),
    ],
)
def test_a_group_that_is_none_is_refused_by_field(stranger, people, field):
    answer = group(stranger, people)
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (400, [field])


def test_a_strangers_profile_is_in_no_group(member, stranger, profile):
    people = [ADA, {"profile_id": str(profile.pk)}]
    other = CommittingClient(sign_in_as(make_user(password=None)))
    assert [group(client, people).status_code for client in (other, stranger)] == [404, 401]


@pytest.mark.parametrize("count", [2, 3])
def test_the_profiles_of_a_group_cost_one_query(member, user, count, django_assert_num_queries):
    people = [{"profile_id": str(make_profile(user, relation="friend").pk)} for _ in range(count)]
    member.send("get", "users/profile")
    with django_assert_num_queries(1):
        assert group(member, people).status_code == 200
