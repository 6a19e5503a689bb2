"""The inbox: what goes in, and the API that reads it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from notifications import sources, upkeep
from notifications.kinds import RULES, Kind, Topic
from notifications.models import Delivery, Device, InboxItem
from notifications.services import tell_member
from notifications.services.devices import KEEP_RETIRED, KEEP_SILENT, retire_devices
from notifications.services.inbox import KEEP
from notifications.sources import Contact
from notifications.tests.factories import MEMBER, PAYLOADS, add_device, add_inbox_item
from notifications.tests.members import Signed

pytestmark = pytest.mark.django_db
URL = "/api/v1/notifications/inbox"
TODAY = date(2026, 11, 21)


def test_what_a_member_is_told_is_in_the_inbox_and_on_every_device():
    add_device(1), add_device(2)
    add_inbox_item()
    assert InboxItem.objects.get().payload == PAYLOADS[Kind.NEW_SIGN_IN]
    assert Delivery.objects.filter(kind=Kind.NEW_SIGN_IN, channel="fcm").count() == 2


def test_told_twice_it_is_there_once():
    add_device()
    arguments = {"subject": "1", "user_id": MEMBER, "due_on": TODAY, "payload": PAYLOADS[Kind.NEW_SIGN_IN]}
    assert tell_member(kind=Kind.NEW_SIGN_IN, **arguments)
    assert not tell_member(kind=Kind.NEW_SIGN_IN, **arguments)
    assert (InboxItem.objects.count(), Delivery.objects.count()) == (1, 1)


def test_a_payload_that_does_not_belong_to_the_kind_is_refused():
    with pytest.raises(ValueError, match="lacks"):
        tell_member(kind=Kind.NEW_SIGN_IN, user_id=MEMBER, subject="1", due_on=TODAY, payload={})


@pytest.mark.parametrize("kind", [kind for kind in Kind if RULES[kind].topic not in (None, Topic.DAILY_READING)])
def test_every_kind_that_a_member_is_told_of_has_words(signed: Signed, kind: Kind):
    expires_at = timezone.now() + timedelta(days=1)
    tell_member(
        kind=kind, user_id=signed.user_id, subject="1", due_on=TODAY, payload=PAYLOADS[kind], expires_at=expires_at
    )
    (item,) = signed.get(URL).json()["data"]
    assert 10 <= len(item["title"]) <= 60
    assert 20 <= len(item["body"]) <= 140
    assert "{" not in item["title"] + item["body"]
    assert "!" not in item["title"] + item["body"]


def test_the_list_holds_ones_own_the_newest_first(signed: Signed):
    add_inbox_item(subject="a stranger's")
    add_inbox_item(Kind.WELCOME, user_id=signed.user_id, subject="first")
    add_inbox_item(Kind.PASSWORD_CHANGED, user_id=signed.user_id, subject="second")
    body = signed.get(URL).json()
    assert [item["kind"] for item in body["data"]] == ["password_changed", "welcome"]
    assert body["data"][1]["title"] == "Good to have you, Ada"
    assert body["pagination"] == {"next_cursor": None, "has_more": False}


def test_the_cursor_leads_through_all_of_it(signed: Signed):
    for number in range(5):
        add_inbox_item(user_id=signed.user_id, subject=str(number))
    first = signed.get(URL, limit=3).json()
    second = signed.get(URL, limit=3, cursor=first["pagination"]["next_cursor"]).json()
    ids = [item["id"] for item in first["data"] + second["data"]]
    assert (len(first["data"]), len(set(ids)), second["pagination"]["has_more"]) == (3, 5, False)


@pytest.mark.parametrize("items", [1, 5])
def test_the_list_takes_two_queries_for_any_number(signed: Signed, django_assert_num_queries: Any, items: int):
    for number in range(items):
        add_inbox_item(user_id=signed.user_id, subject=str(number))
    # The page, and the member's language.
    with django_assert_num_queries(2):
        assert len(signed.get(URL).json()["data"]) == items


def test_a_kind_that_only_newer_code_knows_is_left_out_for_now(signed: Signed):
    add_inbox_item(user_id=signed.user_id)
    InboxItem.objects.update(kind="from_the_future")
    assert signed.get(URL).json()["data"] == []


def test_words_are_in_the_language_of_now(signed: Signed, monkeypatch: pytest.MonkeyPatch):
    asked: list[UUID] = []

    def contacts(ids: Any) -> dict[UUID, Contact]:
        asked.extend(ids)
        return {signed.user_id: Contact("a@example.org", "xx", "UTC")}

    monkeypatch.setattr(sources, "_contact_source", contacts)
    add_inbox_item(user_id=signed.user_id)
    # There are no texts in it, so English it is.
    assert signed.get(URL).json()["data"][0]["title"] == "A new sign-in to your account"
    assert asked == [signed.user_id]


def test_reading_counts_once(signed: Signed):
    item, _ = (add_inbox_item(user_id=signed.user_id, subject=subject) for subject in "ab")
    assert signed.get(f"{URL}/unread-count").json()["data"] == {"unread": 2}
    assert signed.post(f"{URL}/{item.pk}/read", {}).status_code == 204
    item.refresh_from_db()
    first = item.read_at
    assert signed.post(f"{URL}/{item.pk}/read", {}).status_code == 204
    item.refresh_from_db()
    assert item.read_at == first
    assert signed.get(f"{URL}/unread-count").json()["data"] == {"unread": 1}


def test_all_can_be_read_at_once(signed: Signed):
    for subject in "abc":
        add_inbox_item(user_id=signed.user_id, subject=subject)
    stranger = add_inbox_item()
    assert signed.post(f"{URL}/read-all", {}).json()["data"] == {"marked": 3}
    assert signed.post(f"{URL}/read-all", {}).json()["data"] == {"marked": 0}
    stranger.refresh_from_db()
    assert stranger.read_at is None


def test_an_item_is_deleted_once(signed: Signed):
    item = add_inbox_item(user_id=signed.user_id)
    assert signed.delete(f"{URL}/{item.pk}").status_code == 204
    assert signed.delete(f"{URL}/{item.pk}").status_code == 404
    assert signed.post(f"{URL}/{item.pk}/read", {}).status_code == 404


def test_a_strangers_item_is_not_there(signed: Signed):
    item = add_inbox_item()
    assert signed.delete(f"{URL}/{item.pk}").status_code == 404
    assert signed.post(f"{URL}/{item.pk}/read", {}).status_code == 404
    item.refresh_from_db()
    assert item.read_at is None


def test_strangers_are_refused():
    assert Client().get(URL).status_code == 401


def test_what_it_is_made_of_is_kept_encrypted():
    add_inbox_item()
    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM notifications_inboxitem AS i")
        (stored,) = cursor.fetchone()
    assert "Firefox" not in stored
    assert "Porto" not in stored


def test_after_180_days_it_is_gone():
    old, new = add_inbox_item(subject="old"), add_inbox_item(subject="new")
    now = timezone.now()
    InboxItem.objects.filter(pk=old.pk).update(created_at=now - KEEP - timedelta(seconds=1))
    InboxItem.objects.filter(pk=new.pk).update(created_at=now - KEEP + timedelta(seconds=1))
    upkeep.forget_old(now=now)
    assert InboxItem.objects.get() == new


def test_devices_that_are_silent_or_retired_for_long_are_gone():
    silent, retired, alive = (add_device(number) for number in range(3))
    now = timezone.now()
    Device.objects.filter(pk=silent.pk).update(refreshed_at=now - KEEP_SILENT - timedelta(seconds=1))
    Device.objects.filter(pk=alive.pk).update(refreshed_at=now - KEEP_SILENT + timedelta(seconds=9))
    retire_devices({retired.pk: "unregistered"}, known_at=now + timedelta(minutes=1))
    upkeep.forget_old(now=now)
    assert set(Device.objects.all()) == {alive, retired}
    upkeep.forget_old(now=timezone.now() + KEEP_RETIRED)
    assert set(Device.objects.values_list("pk", flat=True)) <= {alive.pk}
