"""/dev/outbox: what the stand-ins wrote, for a developer to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from notifications import queues
from notifications.kinds import Channel
from notifications.outbox import list_messages
from notifications.sender import send_due
from notifications.tests.factories import ADDRESS, CODE, PHONE, queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def with_debug(settings: Any) -> None:
    settings.DEBUG = True
    settings.ROOT_URLCONF = "notifications.tests.addresses"


@pytest.fixture
def two_messages(outbox_folder: Path) -> None:
    queue()
    send_due(queue=queues.URGENT)
    queue(channel=Channel.SMS)
    send_due(queue=queues.URGENT)


def test_files_are_private(two_messages: None, outbox_folder: Path):
    assert outbox_folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in outbox_folder.iterdir()} == {0o600}
    assert len(list(outbox_folder.iterdir())) == 2


def test_messages_are_read_back_whole(two_messages: None):
    by_channel = {message.channel: message for message in list_messages()}
    mail, sms = by_channel[Channel.EMAIL], by_channel[Channel.SMS]
    assert (mail.to, mail.subject) == (ADDRESS, f"{CODE} confirms your address")
    assert mail.text.startswith("Six digits")
    assert mail.html.startswith("<!doctype html>")
    assert (sms.to, sms.subject, sms.html) == (PHONE, "", "")


@pytest.mark.usefixtures("with_debug", "two_messages")
def test_the_page_lists_both_messages(client: Client):
    page = client.get("/dev/outbox").content.decode()
    assert page.count("<article>") == 2
    assert CODE in page
    assert PHONE in page
    assert page.count("<iframe sandbox") == 1


@pytest.mark.usefixtures("with_debug", "two_messages")
def test_the_page_keeps_to_the_sites_policy(client: Client):
    answer = client.get("/dev/outbox")
    policy, page = answer["Content-Security-Policy"], answer.content.decode()
    nonce = page.partition('<style nonce="')[2].partition('"')[0]
    assert nonce
    assert f"'nonce-{nonce}'" in policy
    assert "frame-src 'self'" in policy
    assert ("<script" in page, 'style="' in page) == (False, False)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("with_debug", "two_messages")
def test_the_html_part_may_have_styles_and_nothing_else(client: Client):
    (mail,) = [message for message in list_messages() if message.html]
    answer = client.get(f"/dev/outbox/{mail.name}")
    policy = {part.strip() for part in answer["Content-Security-Policy"].split(";")}
    assert policy == {
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox",
    }
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.content.decode() == mail.html


@pytest.mark.usefixtures("with_debug", "outbox_folder")
def test_an_empty_outbox_says_so(client: Client):
    assert "Nothing was sent yet" in client.get("/dev/outbox").content.decode()


@pytest.mark.usefixtures("with_debug", "two_messages")
@pytest.mark.parametrize("name", ["nothing.eml", "..%2f..%2fmanage.py", f"{'0' * 36}.eml", f"{'0' * 36}.sms.json"])
def test_what_is_no_message_is_not_found(client: Client, name: str):
    assert client.get(f"/dev/outbox/{name}").status_code == 404


@pytest.mark.usefixtures("two_messages")
def test_without_debug_there_is_no_outbox(client: Client, settings: Any):
    assert client.get("/dev/outbox").status_code == 404
    settings.ROOT_URLCONF = "notifications.tests.addresses"
    mail = list_messages()[1]
    assert client.get("/dev/outbox").status_code == 404
    assert client.get(f"/dev/outbox/{mail.name}").status_code == 404


@pytest.mark.usefixtures("with_debug", "outbox_folder")
def test_only_reading_is_allowed(client: Client):
    assert client.post("/dev/outbox").status_code == 405
