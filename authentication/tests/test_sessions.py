from __future__ import annotations

import uuid

import pytest
import time_machine

from authentication.models import Act, AuditEvent, Session
from authentication.tests.factories import PASSWORD, ApiClient, deliveries_to, make_user, sign_in_as
from notifications.models import Device
from notifications.tests.factories import add_device

pytestmark = pytest.mark.django_db

NOON = "2026-03-02T12:00:00Z"


def refresh(token: str):
    return ApiClient().send("post", "auth/refresh-token", {"refresh_token": token})


def is_live(answer) -> bool:
    token = answer.json()["data"]["access_token"]
    return ApiClient().get("/api/v1/users/profile", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_refresh_token_gives_a_fresh_pair_of_the_same_session(user):
    pair = sign_in_as(user)
    answer = refresh(pair.refresh_token)
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert data["refresh_token"] != pair.refresh_token
    assert data["session_id"] == str(pair.session_id)
    assert is_live(answer)
    assert refresh(data["refresh_token"]).status_code == 200


def test_refreshing_keeps_a_session_for_another_thirty_days(user):
    with time_machine.travel(NOON, tick=False) as clock:
        pair = sign_in_as(user)
        clock.shift(29 * 24 * 3600)
        second = refresh(pair.refresh_token).json()["data"]["refresh_token"]
        clock.shift(29 * 24 * 3600)
        assert refresh(second).status_code == 200


def test_a_refresh_token_ends_after_thirty_days(user):
    with time_machine.travel(NOON, tick=False) as clock:
        pair = sign_in_as(user)
        clock.shift(30 * 24 * 3600)
        answer = refresh(pair.refresh_token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "INVALID_TOKEN")


def test_a_lost_answer_is_forgiven_for_thirty_seconds(user):
    with time_machine.travel(NOON, tick=False) as clock:
        pair = sign_in_as(user)
        lost = refresh(pair.refresh_token).json()["data"]["refresh_token"]
        clock.shift(29)
        again = refresh(pair.refresh_token)
        assert (again.status_code, is_live(again)) == (200, True)
        # Whichever of the two answers the phone kept goes on.
        clock.shift(3600)
        assert refresh(lost).status_code == 200
        assert refresh(again.json()["data"]["refresh_token"]).status_code == 200


def test_an_old_token_ends_the_session_and_the_member_is_told(user):
    with time_machine.travel(NOON, tick=False) as clock:
        pair = sign_in_as(user)
        newest = refresh(pair.refresh_token).json()["data"]
        clock.shift(30)
        answer = refresh(pair.refresh_token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "INVALID_TOKEN")
        assert refresh(newest["refresh_token"]).status_code == 401
    session = Session.objects.get()
    assert session.end_reason == "reused"
    assert [kind for kind, _ in deliveries_to(user.email)] == ["session_family_ended"]
    assert AuditEvent.objects.filter(act=Act.TOKEN_REUSED, subject_id=user.pk).count() == 1


def test_the_member_is_told_once(user):
    with time_machine.travel(NOON, tick=False) as clock:
        pair = sign_in_as(user)
        refresh(pair.refresh_token)
        clock.shift(31)
        refresh(pair.refresh_token)
        refresh(pair.refresh_token)
    assert len(deliveries_to(user.email)) == 1


def test_the_token_before_the_previous_one_is_old_at_once(user):
    pair = sign_in_as(user)
    second = refresh(pair.refresh_token).json()["data"]["refresh_token"]
    assert refresh(second).status_code == 200
    assert refresh(pair.refresh_token).status_code == 401
    assert Session.objects.get().end_reason == "reused"


def test_a_reused_token_ends_its_own_session_only(user):
    with time_machine.travel(NOON, tick=False) as clock:
        pair, other = sign_in_as(user), sign_in_as(user)
        refresh(pair.refresh_token)
        clock.shift(31)
        refresh(pair.refresh_token)
        assert refresh(other.refresh_token).status_code == 200


@pytest.mark.parametrize("field", ["is_active", "is_verified"])
def test_a_closed_account_refreshes_nothing(user, field):
    pair = sign_in_as(user)
    setattr(user, field, False)
    user.save()
    assert refresh(pair.refresh_token).status_code == 401


@pytest.mark.parametrize("token", ["x", "a.b.c", "x" * 2001])
def test_what_is_no_refresh_token_is_refused(db, token):
    assert refresh(token).status_code in (400, 401)


def test_an_access_token_refreshes_nothing(user):
    assert refresh(sign_in_as(user).access_token).status_code == 401


@pytest.mark.django_db(transaction=True)  # sessions end on commit
def test_signing_out_ends_this_session_only(user):
    client, other = ApiClient(sign_in_as(user)), ApiClient(sign_in_as(user))
    assert client.send("post", "auth/logout").status_code == 204
    assert client.get("/api/v1/users/profile").status_code == 401
    assert other.get("/api/v1/users/profile").status_code == 200
    assert refresh(client.pair.refresh_token).status_code == 401


def test_the_list_shows_devices_and_which_is_this(user):
    first, second = sign_in_as(user, device="Firefox on Linux"), sign_in_as(user, device="Safari on iPhone")
    answer = ApiClient(second).get("/api/v1/auth/sessions").json()
    assert [(row["id"], row["device"], row["is_current"]) for row in answer["data"]] == [
        (str(second.session_id), "Safari on iPhone", True),
        (str(first.session_id), "Firefox on Linux", False),
    ]
    assert answer["pagination"]["total"] == 2
    assert set(answer["data"][0]) == {"id", "device", "place", "created_at", "last_seen_at", "expires_at", "is_current"}


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_costs_three_queries(user, count, django_assert_num_queries):
    pairs = [sign_in_as(user) for _ in range(count)]
    with django_assert_num_queries(3):  # the member (cold), the count, the page
        ApiClient(pairs[0]).get("/api/v1/auth/sessions")


def test_ended_sessions_are_not_listed(user):
    client = ApiClient(sign_in_as(user))
    ended = sign_in_as(user)
    client.send("delete", f"auth/sessions/{ended.session_id}")
    assert client.get("/api/v1/auth/sessions").json()["pagination"]["total"] == 1


def test_a_session_is_revoked_once(user):
    client, lost = ApiClient(sign_in_as(user)), sign_in_as(user)
    assert client.send("delete", f"auth/sessions/{lost.session_id}").status_code == 204
    assert client.send("delete", f"auth/sessions/{lost.session_id}").status_code == 404
    assert refresh(lost.refresh_token).status_code == 401


@pytest.mark.parametrize("whose", ["stranger", "nobody"])
def test_another_members_session_is_not_there(user, whose):
    theirs = {"stranger": sign_in_as(make_user()).session_id, "nobody": uuid.uuid4()}[whose]
    assert ApiClient(sign_in_as(user)).send("delete", f"auth/sessions/{theirs}").status_code == 404
    assert not Session.objects.filter(ended_at__isnull=False).exists()


def test_all_others_are_revoked_together(user):
    keep, stranger = sign_in_as(user), sign_in_as(make_user())
    others = [sign_in_as(user) for _ in range(3)]
    answer = ApiClient(keep).send("post", "auth/sessions/revoke-others")
    assert answer.json()["data"] == {"ended": 3}
    assert [refresh(pair.refresh_token).status_code for pair in (*others, keep, stranger)] == [401, 401, 401, 200, 200]


def test_a_session_that_ends_silences_its_devices_and_no_others(user):
    ending, staying = sign_in_as(user), sign_in_as(user)
    add_device(1, user_id=user.pk, session_id=ending.session_id)
    kept = add_device(2, user_id=user.pk, session_id=staying.session_id)
    ApiClient(ending).send("post", "auth/logout")
    assert Device.objects.get() == kept


def test_a_password_that_changes_silences_the_devices_of_all_other_sessions(user):
    here, elsewhere = sign_in_as(user), sign_in_as(user)
    kept = add_device(1, user_id=user.pk, session_id=here.session_id)
    add_device(2, user_id=user.pk, session_id=elsewhere.session_id)
    passwords = {"current_password": PASSWORD, "new_password": "a rather different passphrase"}
    assert ApiClient(here).send("post", "auth/change-password", passwords).status_code == 200
    assert Device.objects.get() == kept
