"""Pushes as a developer tries them: from a command that is a browser for a moment, and from a page."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import urllib.request
from io import StringIO
from typing import Any
from urllib.error import HTTPError

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from authentication.models import User
from authentication.tests.factories import bearer, sign_in_as
from core.tests.content.factories import publish_short_edition
from core.tests.readings.factories import make_member
from notifications.kinds import Channel, Kind, Outlet, Topic
from notifications.models import Delivery, Device, Platform, State
from notifications.queues import ORDINARY
from notifications.receiver import Receiver, Untrustworthy
from notifications.sender import send_due
from notifications.services import register_device, set_settings
from notifications.tests.conftest import wait_for
from notifications.tests.factories import vapid_pair
from numerai.db import uuid7

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _texts() -> None:
    publish_short_edition()


@pytest.fixture(autouse=True)
def _development(settings: Any) -> None:
    settings.DEBUG = settings.WEBPUSH_ALLOW_LOOPBACK = True
    settings.ROOT_URLCONF = "tests.addresses"


class Running:
    """The command, while it waits in a thread of its own for somebody to send."""

    def __init__(self, user: User, *arguments: str) -> None:
        self.written, self.problem = StringIO(), ""
        self._thread = threading.Thread(target=self._run, args=(user.email, *arguments))
        self._thread.start()

    def _run(self, *arguments: str) -> None:
        try:
            call_command("receive_push", *arguments, stdout=self.written)
        except CommandError as error:
            self.problem = str(error)
        finally:
            connections.close_all()

    def end(self) -> str:
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.written.getvalue()


def send() -> bool:
    return send_due(queue=ORDINARY).sent > 0


def subscribe(user: User, receiver: Receiver) -> Device:
    subscription = receiver.subscription
    return register_device(
        user_id=user.pk,
        channel=Channel.WEBPUSH,
        identity=subscription.endpoint,
        address=subscription.to_text(),
        platform=Platform.WEB,
    )[0]


def test_the_command_shows_what_was_pushed_and_leaves_no_device_behind():
    command = Running(make_member())
    wait_for(send)
    shown = command.end()
    assert command.problem == ""
    assert "signed by this product" in shown
    assert "Shown under the tag daily_reading" in shown
    assert "│ NumerAI" in shown
    assert len({len(line) for line in shown.splitlines() if "│" in line}) == 1
    assert Delivery.objects.get().state == State.SENT
    assert not Device.objects.exists()


def test_each_run_is_another_browser():
    user = make_member()
    first = Running(user)
    wait_for(send)
    first.end()
    second = Running(user)
    wait_for(send)
    assert "Shown under the tag" in second.end()


def test_a_push_that_nobody_sends_is_told_with_the_reason():
    command = Running(make_member(), "--seconds=0.2")
    assert command.end() == ""
    assert "the delivery is queued. Does script/up run?" in command.problem
    assert not Device.objects.exists()


def test_a_member_who_wants_no_pushes_is_told_so():
    user = make_member()
    set_settings(user_id=user.pk, choices={(Topic.DAILY_READING, Outlet.PUSH): "off"})
    command = Running(user, "--seconds=0.2")
    command.end()
    assert "switched pushes of readings off" in command.problem


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [("WEBPUSH_ALLOW_LOOPBACK", False, "for development"), ("VAPID_PRIVATE_KEY", "", "VAPID_PRIVATE_KEY")],
)
def test_the_command_is_refused_where_nothing_could_come(settings: Any, setting: str, value: Any, named: str):
    setattr(settings, setting, value)
    with pytest.raises(CommandError, match=named):
        call_command("receive_push", make_member().email)
    assert not Device.objects.exists()


def test_what_another_server_signed_is_not_believed(settings: Any):
    user = make_member()
    for name, value in vapid_pair().items():
        setattr(settings, name, value)
    with Receiver() as receiver:
        subscribe(user, receiver)
        call_command("send_reading_now", user.email, stdout=StringIO())
        assert send()
        arrival = receiver.wait(5)
        assert receiver.read(arrival)["tag"] == "daily_reading"
        settings.VAPID_PUBLIC_KEY = vapid_pair()["VAPID_PUBLIC_KEY"]
        with pytest.raises(Untrustworthy, match="not signed"):
            receiver.read(arrival)


def test_what_is_for_another_browser_cannot_be_read():
    user = make_member()
    with Receiver() as receiver, Receiver() as other:
        subscribe(user, receiver)
        call_command("send_reading_now", user.email, stdout=StringIO())
        send()
        arrival = receiver.wait(5)
        with pytest.raises(Untrustworthy, match="another push service"):
            other.read(arrival)
        other._server = receiver._server
        with pytest.raises(Untrustworthy, match="not encrypted"):
            other.read(arrival)


@pytest.mark.parametrize(("path", "size"), [("/push/guessed", 100), ("", 5_000), ("", 0)])
def test_the_receiver_takes_pushes_only_under_its_secret_address(path: str, size: int):
    with Receiver() as receiver:
        url = receiver.origin + path if path else receiver.subscription.endpoint
        with pytest.raises(HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, data=b"x" * size, method="POST"))
        assert refused.value.code == 404
        assert receiver.wait(0.05) is None


@pytest.mark.parametrize(
    ("environment", "debug", "expected"),
    [
        ("development", "on", "True"),
        ("development", "off", "False"),
        ("test", "on", "False"),
        ("staging", "on", "False"),
        ("production", "off", "False"),
    ],
)
def test_this_machine_may_be_pushed_to_in_development_only(environment: str, debug: str, expected: str):
    environ = {**os.environ, "ENVIRONMENT": environment, "DEBUG": debug}
    asked = "from django.conf import settings; print(settings.WEBPUSH_ALLOW_LOOPBACK)"
    done = subprocess.run([sys.executable, "-c", asked], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


def test_the_button_of_the_page_sends_each_time(client: Client):
    user = make_member()
    me = bearer(sign_in_as(user))
    with Receiver() as receiver:
        url = f"/dev/push/devices/{subscribe(user, receiver).pk}/reading"
        assert client.get(url, headers=me).status_code == 404
        assert client.post(url, headers=me).status_code == 202
        assert client.get(url, headers=me).json()["data"] == {"state": "queued", "outcome": ""}
        assert send()
        assert client.get(url, headers=me).json()["data"] == {"state": "sent", "outcome": "accepted"}
        assert client.post(url, headers=me).status_code == 202
        assert send()
        first, second = receiver.wait(5), receiver.wait(5)
        assert receiver.read(first) == receiver.read(second)


def test_a_push_on_its_way_is_not_queued_a_second_time(client: Client):
    user = make_member()
    with Receiver() as receiver:
        url = f"/dev/push/devices/{subscribe(user, receiver).pk}/reading"
        for _ in range(2):
            client.post(url, headers=bearer(sign_in_as(user)))
    assert Delivery.objects.filter(kind=Kind.DAILY_READING).count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_pushes_to_the_device_of_another(client: Client, method: str):
    stranger = bearer(sign_in_as(make_member()))
    with Receiver() as receiver:
        url = f"/dev/push/devices/{subscribe(make_member(), receiver).pk}/reading"
        assert getattr(client, method)(url, headers=stranger).status_code == 404
        assert getattr(client, method)(url).status_code == 401
    assert not Delivery.objects.filter(kind=Kind.DAILY_READING).exists()


def test_the_page_keeps_to_the_sites_policy(client: Client):
    answer = client.get("/dev/push")
    page = answer.content.decode()
    nonce = page.partition('<style nonce="')[2].partition('"')[0]
    assert nonce
    assert f"'nonce-{nonce}'" in answer["Content-Security-Policy"]
    assert page.count("<script ") == page.count(f'<script type="module" nonce="{nonce}"') == 1
    assert ('style="' in page, "onclick" in page, "unsafe" in answer["Content-Security-Policy"]) == (False,) * 3


@pytest.mark.parametrize("addresses", ["numerai.urls", "tests.addresses"])
def test_without_debug_there_is_neither_page_nor_button(client: Client, settings: Any, addresses: str):
    settings.DEBUG, settings.ROOT_URLCONF = False, addresses
    assert client.get("/dev/push").status_code == 404
    assert client.post(f"/dev/push/devices/{uuid7()}/reading").status_code == 404
