"""A member's data, from the day they enter it to the day nothing of it is left, over HTTP and real mail files."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import redis
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from psycopg import sql

from authentication.models import Act, AuditEvent, DataExport, ErasureReport, User
from authentication.services import erasure
from authentication.tasks import erase_account, make_export
from authentication.tests.factories import ACCEPTS
from notifications.queues import ORDINARY, URGENT
from notifications.sender import send_due
from notifications.tests.factories import add_device
from notifications.tests.test_concurrency import redis_broker
from tests.journeys.test_accounts import LAPTOP, Device, MailBox
from tests.journeys.test_accounts import _fresh_limits as _fresh_limits
from tests.journeys.test_accounts import mail as mail

ADA, PASSWORD = "ada@example.com", "correct horse battery staple"
OWN = {"birth_name": "Augusta Ada Byron", "birth_date": "1815-12-10", "label": "Me", "relation": "self"}
FRIEND = {"birth_name": "Charles Babbage", "birth_date": "1791-12-26", "label": "Charles", "relation": "friend"}


def rows() -> list[str]:
    """Return every row of every table as text, the table's name first."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table)).as_string(None))
            found += [f"{table} {row}" for (row,) in cursor.fetchall()]
    return found


def cached() -> list[str]:
    """Return every key of Valkey with what it holds."""
    readers = {
        b"string": lambda client, key: client.get(key),
        b"zset": lambda client, key: client.zrange(key, 0, -1),
        b"list": lambda client, key: client.lrange(key, 0, -1),
        b"hash": lambda client, key: client.hgetall(key),
        b"set": lambda client, key: client.smembers(key),
    }
    found = []
    with redis.Redis.from_url(django_settings.REDIS_URL) as cache, redis_broker() as broker:
        for client in (cache, broker):
            found += [f"{key!r} {readers[client.type(key)](client, key)!r}" for key in client.scan_iter()]
    return found


def traces(words: list[str], texts: list[str]) -> list[str]:
    return [text for text in texts for word in words if word.lower() in text.lower()]


def link_in(mail: MailBox, subject: str) -> str:
    """Return the link in the newest mail with these words in its subject."""
    letter = [one for one in mail.read(ADA) if subject in str(one["Subject"])][-1]
    body = letter.get_body(preferencelist=("plain",))
    assert body is not None
    found = re.search(r"http://\S+", body.get_content())
    assert found is not None
    return found.group()


def subjects(mail: MailBox) -> list[str]:
    return [str(letter["Subject"]) for letter in mail.read(ADA)]


def go_on_erasing() -> None:
    """What beat and a worker do each hour."""
    for deletion_id in erasure.list_due(now=timezone.now()):
        erase_account(str(deletion_id))
    for queue in (URGENT, ORDINARY):
        send_due(queue=queue)


@pytest.mark.django_db(transaction=True)
def test_a_member_takes_a_copy_changes_their_mind_once_and_leaves_no_trace(
    live_server: Any, mail: MailBox, settings: Any, tmp_path: Any
) -> None:
    settings.TRUSTED_PROXIES, settings.SITE_URL = 1, live_server.url
    settings.TOMBSTONE_FOLDER = str(tmp_path / "tombstones")
    laptop = Device(live_server.url, LAPTOP, "203.0.113.1")

    # Ada opens an account, keeps her own birth data and a friend's, and lets a device receive readings.
    account = {"email": ADA, "password": PASSWORD, "full_name": "Ada Byron", "accepts": ACCEPTS}
    assert laptop.send("POST", "auth/register", **account)[0] == 202
    assert laptop.send("POST", "auth/verify-otp", email=ADA, code=mail.code(ADA))[0] == 200
    assert laptop.sign_in(ADA, PASSWORD) == 200
    user = User.objects.get(email=ADA)
    assert laptop.send("POST", "numerology/profiles", **OWN)[0] == 201
    assert laptop.send("POST", "numerology/profiles", **FRIEND) == (400, "VALIDATION_ERROR")
    friend = laptop.send("POST", "numerology/profiles", **FRIEND, has_consent=True)[1]["id"]
    for path in ("numerology/profiles", "numerology/birth-chart", f"numerology/profiles/{friend}/birth-chart"):
        assert laptop.send("GET", path)[0] == 200
    assert traces([str(user.pk)], cached()) != []
    add_device(user_id=user.pk)
    assert laptop.send("POST", "users/phone", phone="+447911123456")[0] == 202
    assert laptop.send("GET", "users/consents")[1][0]["is_given"] is True

    # She asks for a copy. A mail brings the link, which opens everything she entered.
    assert laptop.send("POST", "users/export")[1]["state"] == "asked"
    make_export(str(DataExport.objects.get().pk))
    assert laptop.send("GET", "users/export")[1]["state"] == "ready"
    link = link_in(mail, "ready to download")
    with urlopen(link, timeout=30) as answer, zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert json.loads(files["authentication/account.json"])["email"] == ADA
    assert [name in files["core/profiles.json"] for name in ("Augusta Ada Byron", "Charles Babbage")] == [True, True]
    agreed = json.loads(files["authentication/consents.json"])
    assert [one["way"] for one in agreed] == ["registration", "registration", "profile"]
    assert agreed[2]["about_id"] == friend

    # She asks to be erased, is signed out and told the day; the link is dead. Signing in calls it off.
    assert laptop.send("DELETE", "users/account", password=PASSWORD)[0] == 202
    assert laptop.send("GET", "users/profile") == (401, "INVALID_TOKEN")
    with pytest.raises(HTTPError, match="404"):
        urlopen(link, timeout=30)
    laptop.tokens = {}
    assert laptop.sign_in(ADA, PASSWORD) == 200
    assert laptop.send("GET", "users/profile")[1]["full_name"] == "Ada Byron"
    assert "Your account stays" in subjects(mail)

    # She asks again. For thirty days nothing is lost.
    assert laptop.send("DELETE", "users/account", password=PASSWORD)[0] == 202
    go_on_erasing()
    assert User.objects.filter(pk=user.pk, is_active=True).exists()

    # Then the account is erased, the last mail goes out, and with it the last row.
    with time_machine.travel(timezone.now() + timedelta(days=30, minutes=1)):
        go_on_erasing()
        laptop.tokens = {}
        assert laptop.sign_in(ADA, PASSWORD) == "INVALID_CREDENTIALS"
        assert subjects(mail)[-1] == "Your account has been erased"
        go_on_erasing()
        report = ErasureReport.objects.get()
        assert report.tables > 20

    # Nothing tells of her or her friend any more: no table, no cache. The audit log keeps the id and nothing else.
    words = [
        ADA, "ada byron", "augusta", "babbage", "1815-12-10", "1791-12-26", "447911123456", "charles",
    ]  # fmt: skip
    ids = [str(user.pk), user.pk.hex]
    texts = rows()
    assert traces(words, texts + cached()) == []
    assert {text.split()[0] for text in traces(ids, texts)} == {"authentication_auditevent"}
    assert traces(ids, cached()) == []
    acts = set(AuditEvent.objects.filter(subject_id=user.pk).values_list("act", flat=True))
    told = {Act.EXPORT_ASKED, Act.EXPORT_MADE, Act.EXPORT_FETCHED, Act.DELETION_ASKED, Act.DELETION_CANCELLED}
    assert told | {Act.ACCOUNT_ERASED} <= acts
