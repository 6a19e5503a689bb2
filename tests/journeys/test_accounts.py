"""A person and their account, from the first mail to the last, over HTTP and through real mail files."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import redis
from django.conf import settings as django_settings

from notifications.queues import ORDINARY, URGENT
from notifications.sender import send_due

ADA, COUNTESS = "ada@example.com", "countess@example.com"
FIRST, SECOND, THIRD = "correct horse battery staple", "a different horse entirely", "a third horse, to be sure"
PHONE = "NumerAI/3.1 (iPhone; iOS 19.0)"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


class Device:
    """One of Ada's devices: it keeps its tokens."""

    def __init__(self, url: str, user_agent: str, address: str) -> None:
        self.url, self.user_agent, self.address = url, user_agent, address
        self.tokens: dict[str, str] = {}

    def send(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "User-Agent": self.user_agent, "X-Forwarded-For": self.address}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        data = json.dumps(body).encode() if method != "GET" else None
        request = Request(f"{self.url}/api/v1/{path}", data=data, headers=headers, method=method)
        try:
            with urlopen(request, timeout=30) as answer:
                raw = answer.read()
                return answer.status, json.loads(raw)["data"] if raw else None
        except HTTPError as error:
            return error.code, json.loads(error.read())["error"]["code"]

    def sign_in(self, email: str, password: str) -> int | str:
        status, data = self.send("POST", "auth/login", email=email, password=password)
        self.tokens = data if status == 200 else {}
        return status if status == 200 else data

    def refresh(self) -> int:
        status, data = self.send("POST", "auth/refresh-token", refresh_token=self.tokens["refresh_token"])
        self.tokens = data if status == 200 else self.tokens
        return status


class MailBox:
    """The files that the outbox has written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, address: str) -> list[EmailMessage]:
        """Send what is due, and return every mail to this address, oldest first."""
        for queue in (URGENT, ORDINARY):
            send_due(queue=queue)
        mails = [
            message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(self.folder.glob("*.eml"))
        ]
        return [mail for mail in mails if address in str(mail["To"])]

    def code(self, address: str) -> str:
        """Return the code of the newest mail to this address, from its subject line."""
        found = re.search(r"\b\d{6}\b", str(self.read(address)[-1]["Subject"]))
        assert found is not None
        return found.group()


@pytest.fixture
def mail(settings: Any, tmp_path: Path) -> MailBox:
    settings.EMAIL_BACKEND = "notifications.channels.files.EmailBackend"
    settings.OUTBOX_FOLDER = tmp_path
    return MailBox(tmp_path)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        for pattern in ("numerai:limit:*", "numerai:member:*"):
            for key in client.scan_iter(pattern):
                client.delete(key)


@pytest.mark.django_db(transaction=True)
def test_a_person_registers_signs_in_loses_a_device_changes_everything_and_comes_back(
    live_server: Any, mail: MailBox, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    laptop, phone = Device(live_server.url, LAPTOP, "203.0.113.1"), Device(live_server.url, PHONE, "198.51.100.7")

    # She reads what she agrees to and registers, and proves her address by the code in the mail.
    _, documents = laptop.send("GET", "auth/documents")
    accepts = {one["name"]: one["version"] for one in documents if one["is_required"]}
    assert set(accepts) == {"terms", "minimum_age"}
    account = {"email": "Ada@Example.com", "password": FIRST, "full_name": "Ada Byron"}
    assert laptop.send("POST", "auth/register", **account) == (400, "VALIDATION_ERROR")
    registered = laptop.send("POST", "auth/register", **account, accepts=accepts)
    assert registered == (202, {"resend_after": 60})
    assert laptop.sign_in(ADA, FIRST) == "NOT_VERIFIED"
    verified = laptop.send("POST", "auth/verify-otp", email=ADA, code=mail.code(ADA))
    assert verified == (200, {"is_verified": True, "password_needed": False})
    # One mail with the code, one to welcome her.
    assert len(mail.read(ADA)) == 2

    # She signs in on two devices and is told of the second.
    assert (laptop.sign_in(ADA, FIRST), phone.sign_in(ADA, FIRST)) == (200, 200)
    assert len(mail.read(ADA)) == 3
    assert laptop.send("PATCH", "users/profile", time_zone="Europe/London")[1]["full_name"] == "Ada Byron"

    # The phone is lost: she finds it in the list and signs it out, at once and for good.
    _, devices = laptop.send("GET", "auth/sessions")
    assert [(row["device"], row["is_current"]) for row in devices] == [
        ("NumerAI app on iPhone", False),
        ("Firefox on Linux", True),
    ]
    assert phone.send("GET", "users/profile")[0] == 200
    assert laptop.send("DELETE", f"auth/sessions/{devices[0]['id']}")[0] == 204
    assert phone.send("GET", "users/profile") == (401, "INVALID_TOKEN")
    assert phone.refresh() == 401

    # She changes her password; the laptop goes on with the pair it is given.
    status, laptop.tokens = laptop.send("POST", "auth/change-password", current_password=FIRST, new_password=SECOND)
    assert status == 200
    assert laptop.refresh() == 200
    assert phone.sign_in(ADA, FIRST) == "INVALID_CREDENTIALS"

    # She moves to another address; it counts when its code is back, and both addresses are told.
    assert laptop.send("POST", "auth/change-email", new_email=COUNTESS, password=SECOND)[0] == 202
    assert laptop.send("GET", "users/profile")[1]["email"] == ADA
    moved = laptop.send("POST", "auth/change-email/confirm", code=mail.code(COUNTESS))
    assert (moved[0], moved[1]["email"]) == (200, COUNTESS)
    told = [len(mail.read(address)) for address in (ADA, COUNTESS)]
    # To the old one: code, welcome, sign-in, password, move. To the new one: code, move.
    assert told == [5, 2]

    # She forgets the password, and a code brings her back; every other session has ended.
    phone.tokens = {}
    assert phone.send("POST", "auth/forgot-password", email=COUNTESS)[0] == 202
    code = mail.code(COUNTESS)
    assert phone.send("POST", "auth/reset-password", email=COUNTESS, code=code, new_password=THIRD)[0] == 204
    assert laptop.send("GET", "users/profile") == (401, "INVALID_TOKEN")
    assert phone.sign_in(COUNTESS, THIRD) == 200
    assert phone.send("GET", "users/profile")[1]["time_zone"] == "Europe/London"
    assert phone.send("POST", "auth/logout")[0] == 204
    assert phone.send("GET", "users/profile")[0] == 401
