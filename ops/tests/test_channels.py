"""The page of channels: what it says of each, how one is switched, and what is written down of it."""

from __future__ import annotations

import pytest
from django.test import Client

from authentication.models import AuditEvent
from authentication.tests.factories import make_staff, make_user, sign_in_as
from notifications.models import ChannelSwitch, Delivery
from notifications.sender import send_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("roles_of_staff")]

PAGE = "/admin/operations/channels/"


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(make_staff(password=None))
    return client


def switch(client: Client, do: str, *, channel: str = "email", reason: str = "The provider loses mail") -> str:
    return client.post(PAGE, {"channel": channel, "do": do, "reason": reason}, follow=True).content.decode()


def acts() -> list[str]:
    return list(AuditEvent.objects.filter(act__startswith="channel_").order_by("at").values_list("act", flat=True))


def tell_of_a_sign_in() -> None:
    member = make_user(password=None)
    sign_in_as(member), sign_in_as(member)


def test_a_channel_is_switched_off_with_a_reason_and_on_again(inside):
    tell_of_a_sign_in()
    page = switch(inside, "off")
    assert "The provider loses mail" in page
    assert '<dd class="bad">1 waiting</dd>' in page
    assert send_due(queue="urgent").sent == 0
    assert Delivery.objects.get().state == "queued"
    switch(inside, "on")
    assert ChannelSwitch.objects.get().is_on
    assert acts() == ["channel_email_off", "channel_email_on"]


def test_switching_off_takes_a_reason(inside):
    assert "Say why" in switch(inside, "off", reason="  .")
    assert not ChannelSwitch.objects.exists()


def test_who_switches_off_what_is_off_changes_nothing(inside):
    switch(inside, "off")
    assert "E-mail: off already, and nothing was changed." in switch(inside, "off", reason="Another")
    assert ChannelSwitch.objects.get().reason == "The provider loses mail"
    assert acts() == ["channel_email_off"]


def test_a_channel_without_keys_is_not_said_to_send(inside):
    switch(inside, "off", channel="fcm")
    assert "It has no keys yet" in switch(inside, "on", channel="fcm")


@pytest.mark.parametrize(("channel", "do"), [("pigeon", "off"), ("email", "up"), ("", "")])
def test_what_is_no_channel_is_not_switched(inside, channel, do):
    assert "Choose a channel" in switch(inside, do, channel=channel)
    assert not ChannelSwitch.objects.exists()


def test_the_dashboard_says_so_while_a_channel_is_off(inside):
    assert "To look at" not in inside.get("/admin/").content.decode()
    switch(inside, "off")
    assert "E-mail: The provider loses mail" in inside.get("/admin/").content.decode()


def test_the_page_costs_the_same_however_much_waits(inside, django_assert_num_queries):
    # The Django session, the staff user, what is open, the switches.
    with django_assert_num_queries(4):
        inside.get(PAGE)
    tell_of_a_sign_in(), tell_of_a_sign_in()
    with django_assert_num_queries(4):
        inside.get(PAGE)
