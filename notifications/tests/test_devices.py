"""Registering, listing and removing devices: the API, and what holds when many come at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as project_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from notifications.kinds import Channel
from notifications.models import Device
from notifications.services import remove_devices_of_sessions
from notifications.services.devices import DEVICES_A_MEMBER, device_id, retire_devices
from notifications.tests.factories import MEMBER, TOKEN, add_device, base64url, point_of
from notifications.tests.members import Signed

pytestmark = pytest.mark.django_db
URL = "/api/v1/notifications/devices"
APP = {"kind": "fcm", "token": f"{TOKEN}1", "platform": "android", "app_version": "1.4.2", "locale": "pt-BR"}
KEYS = {"p256dh": point_of(ec.generate_private_key(ec.SECP256R1())), "auth": base64url(b"sixteen bytes ok")}
ENDPOINT = "https://fcm.googleapis.com/fcm/send/cR7d:APA91b"
BROWSER = {"kind": "webpush", "subscription": {"endpoint": ENDPOINT, "expirationTime": None, "keys": KEYS}}
OTHER = UUID("01890000-0000-7000-8000-000000000002")


def fields_at_fault(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 400
    return answer.json()["error"]["details"]["fields"]


@pytest.mark.parametrize(("sent", "platform"), [(APP, "android"), (BROWSER, "web")], ids=["app", "browser"])
def test_a_device_is_registered_and_shown_without_its_address(signed: Signed, sent: dict[str, Any], platform: str):
    answer = signed.post(URL, sent)
    data = answer.json()["data"]
    assert answer.status_code == 201
    assert (data["kind"], data["platform"]) == (sent["kind"], platform)
    assert set(data) == {"id", "kind", "platform", "app_version", "locale", "created_at", "refreshed_at"}
    assert answer.headers["Cache-Control"] == "no-store"
    device = Device.objects.get()
    assert (device.user_id, device.session_id) == (signed.user_id, signed.session_id)


def test_what_reaches_the_device_is_kept_and_only_encrypted(signed: Signed):
    signed.post(URL, APP)
    signed.post(URL, BROWSER)
    assert Device.objects.get(channel="fcm").address == APP["token"]
    assert ENDPOINT in Device.objects.get(channel="webpush").address
    with connection.cursor() as cursor:
        cursor.execute("SELECT d::text FROM notifications_device AS d")
        stored = "".join(row[0] for row in cursor.fetchall())
    assert TOKEN not in stored
    assert "googleapis" not in stored


def test_the_second_time_it_is_refreshed(signed: Signed):
    first = signed.post(URL, APP).json()["data"]
    answer = signed.post(URL, APP | {"app_version": "1.5.0"})
    again = answer.json()["data"]
    assert answer.status_code == 200
    assert (again["id"], again["created_at"], again["app_version"]) == (first["id"], first["created_at"], "1.5.0")
    assert again["refreshed_at"] > first["refreshed_at"]
    assert Device.objects.count() == 1


def test_new_keys_of_a_subscription_replace_the_old_ones(signed: Signed):
    signed.post(URL, BROWSER)
    keys = {**KEYS, "auth": base64url(b"another sixteen.")}
    signed.post(URL, {**BROWSER, "subscription": {"endpoint": ENDPOINT, "keys": keys}})
    assert base64url(b"another sixteen.") in Device.objects.get().address


def test_a_device_that_changes_hands_moves_to_the_new_member(signed: Signed):
    before = add_device()
    answer = signed.post(URL, APP)
    after = Device.objects.get()
    assert answer.status_code == 201
    assert (after.pk, after.user_id) == (before.pk, signed.user_id)
    assert after.created_at > before.created_at


def test_a_retired_device_comes_back(signed: Signed):
    signed.post(URL, APP)
    retire_devices({Device.objects.get().pk: "unregistered"}, known_at=timezone.now() + timedelta(minutes=1))
    assert signed.get(URL).json()["data"] == []
    assert signed.post(URL, APP).status_code == 201
    assert Device.objects.get().retired_for == ""


def test_a_device_that_registered_after_the_failure_stays():
    device = add_device()
    before = device.refreshed_at - timedelta(microseconds=1)
    assert retire_devices({device.pk: "unregistered"}, known_at=before) == 0
    assert retire_devices({device.pk: "unregistered"}, known_at=device.refreshed_at) == 1


def test_beyond_the_limit_the_one_not_refreshed_for_longest_goes():
    first, second = add_device(1), add_device(2)
    for number in range(3, DEVICES_A_MEMBER + 1):
        add_device(number)
    add_device(1)
    assert Device.objects.count() == DEVICES_A_MEMBER
    add_device(100)
    kept = set(Device.objects.values_list("pk", flat=True))
    assert len(kept) == DEVICES_A_MEMBER
    assert first.pk in kept
    assert second.pk not in kept


def test_the_limit_is_each_members_own():
    for number in range(DEVICES_A_MEMBER):
        add_device(number)
    add_device(100, user_id=OTHER)
    assert Device.objects.count() == DEVICES_A_MEMBER + 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "pigeon"}, "kind"),
        ({"token": "short"}, "token"),
        ({"token": f"{TOKEN} with a space"}, "token"),
        ({"token": "x" * 1_025}, "token"),
        ({"token": 7}, "token"),
        ({"platform": "web"}, "platform"),
        ({"platform": None}, "platform"),
        ({"app_version": "1.0 beta"}, "app_version"),
        ({"app_version": "1" * 33}, "app_version"),
        ({"locale": "not a locale"}, "locale"),
        ({"subscription": BROWSER["subscription"]}, "subscription"),
        ({"surprise": 1}, "non_field_errors"),
    ],
)
def test_a_bad_app_is_refused_by_field(signed: Signed, change: dict[str, Any], field: str):
    assert field in fields_at_fault(signed.post(URL, APP | change))
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("endpoint", "keys", "field"),
    [
        ("http://127.0.0.1:8000/admin", {}, "subscription.endpoint"),
        ("https://169.254.169.254/latest/meta-data", {}, "subscription.endpoint"),
        ("https://push.example.org/x", {}, "subscription.endpoint"),
        (ENDPOINT, {"p256dh": base64url(b"\x04" + bytes(64))}, "subscription.keys.p256dh"),
        (ENDPOINT, {"p256dh": KEYS["p256dh"][:-4]}, "subscription.keys.p256dh"),
        (ENDPOINT, {"p256dh": "§" * 87}, "subscription.keys.p256dh"),
        (ENDPOINT, {"auth": base64url(b"fifteen bytes..")}, "subscription.keys.auth"),
        (ENDPOINT, {"auth": ""}, "subscription.keys.auth"),
    ],
)
def test_a_bad_subscription_is_refused_by_field_and_not_repeated(
    signed: Signed, endpoint: str, keys: dict[str, str], field: str
):
    answer = signed.post(URL, {"kind": "webpush", "subscription": {"endpoint": endpoint, "keys": KEYS | keys}})
    assert field in fields_at_fault(answer)
    assert endpoint not in answer.text


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"kind": "fcm", "platform": "ios"}, "token"),
        ({"kind": "fcm", "token": TOKEN}, "platform"),
        ({"kind": "webpush"}, "subscription"),
        ({**BROWSER, "token": TOKEN}, "token"),
    ],
)
def test_each_kind_needs_its_own(signed: Signed, sent: dict[str, Any], field: str):
    assert field in fields_at_fault(signed.post(URL, sent))


def test_padded_keys_of_older_browsers_are_accepted(signed: Signed):
    keys = {name: key + "=" * (-len(key) % 4) for name, key in KEYS.items()}
    answer = signed.post(URL, {"kind": "webpush", "subscription": {"endpoint": ENDPOINT, "keys": keys}})
    assert answer.status_code == 201


def test_the_list_holds_ones_own_live_devices_the_last_refreshed_first(signed: Signed):
    one, two = add_device(1, user_id=signed.user_id), add_device(2, user_id=signed.user_id)
    add_device(3)
    body = signed.get(URL).json()
    assert [row["id"] for row in body["data"]] == [str(two.pk), str(one.pk)]
    assert body["pagination"] == {"page": 1, "per_page": 20, "total": 2, "total_pages": 1}


@pytest.mark.parametrize("devices", [1, 5])
def test_the_list_takes_two_queries_for_any_number(signed: Signed, django_assert_num_queries: Any, devices: int):
    for number in range(devices):
        add_device(number, user_id=signed.user_id)
    signed.get(URL)
    # The count and the page.
    with django_assert_num_queries(2):
        assert len(signed.get(URL).json()["data"]) == devices


def test_a_device_is_removed_once(signed: Signed):
    device = add_device(user_id=signed.user_id)
    assert signed.delete(f"{URL}/{device.pk}").status_code == 204
    assert signed.delete(f"{URL}/{device.pk}").status_code == 404
    assert not Device.objects.exists()


def test_a_strangers_device_is_not_there(signed: Signed):
    device = add_device()
    assert signed.delete(f"{URL}/{device.pk}").status_code == 404
    assert Device.objects.get() == device


def test_strangers_are_refused():
    assert Client().get(URL).status_code == 401
    assert Client().post(URL, APP, content_type="application/json").status_code == 401


def test_the_devices_of_a_session_go_and_no_other_member_s():
    session, other = UUID(int=1), UUID(int=2)
    add_device(1, session_id=session)
    kept = [add_device(2, session_id=other), add_device(3, user_id=OTHER, session_id=session)]
    remove_devices_of_sessions(user_id=MEMBER, session_ids=[session])
    assert set(Device.objects.all()) == set(kept)


def test_the_key_to_subscribe_with_is_open_to_all_and_may_be_kept():
    answer = Client().get("/api/v1/notifications/vapid-public-key")
    assert answer.json()["data"] == {"public_key": project_settings.VAPID_PUBLIC_KEY}
    assert answer.headers["Cache-Control"] == "public, max-age=3600"


def test_without_a_key_pushes_to_browsers_are_off(settings: Any):
    settings.VAPID_PRIVATE_KEY = ""
    answer = Client().get("/api/v1/notifications/vapid-public-key")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "WEB_PUSH_NOT_CONFIGURED")
    assert answer.headers["Retry-After"] == "3600"


def test_ids_are_uuids_of_their_own_making_and_tell_channels_apart():
    app, browser = (device_id(channel, TOKEN) for channel in (Channel.FCM, Channel.WEBPUSH))
    assert app != browser
    assert (app.version, app.variant) == (8, "specified in RFC 4122")


def at_once(work: list[Any]) -> None:
    """Run all at the same time, each on a connection of its own."""

    def run(one: Any) -> None:
        try:
            one()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(run, one) for one in work]:
            done.result()


@pytest.mark.django_db(transaction=True)
def test_many_registrations_of_one_device_at_once_leave_one_row():
    at_once([lambda: add_device() for _ in range(8)])
    assert Device.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_members_who_register_one_device_at_once_leave_it_to_one_of_them():
    members = [UUID(int=number) for number in range(1, 7)]
    at_once([lambda member=member: add_device(user_id=member) for member in members])
    assert Device.objects.get().user_id in members
    # And what is kept can be read by its channel.
    assert Device.objects.get().address == f"{TOKEN}1"


@pytest.mark.django_db(transaction=True)
def test_many_devices_of_one_member_at_once_stay_within_the_limit():
    for number in range(DEVICES_A_MEMBER - 1):
        add_device(number)
    at_once([lambda number=number: add_device(number) for number in range(100, 108)])
    assert Device.objects.count() == DEVICES_A_MEMBER
