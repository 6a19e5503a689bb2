"""No address, code or text ever in a log line or, in clear, in a table."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from notifications import queues
from notifications.kinds import Channel, Kind
from notifications.models import State, SuppressionReason
from notifications.sender import send_due
from notifications.services import suppress_address
from notifications.tests.conftest import HttpServer, MailServer
from notifications.tests.factories import ADDRESS, CODE, PHONE, queue, states

pytestmark = pytest.mark.django_db
SECRETS = [CODE, ADDRESS, "ada@", "example.org", PHONE, PHONE[1:], "Firefox", "Porto"]
# The servers of the tests log what they hear; they are not the product.
NOT_OURS = ("mail.log", "asyncio")


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Everything that any logger of the product says, with what its handlers would add, from DEBUG up."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s %(exc_info)s"))
    handler.addFilter(lambda record: not record.name.startswith(NOT_OURS))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


def tables() -> str:
    """Return every row of this app as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d::text FROM notifications_delivery d"
            " UNION ALL SELECT s::text FROM notifications_suppressedaddress s"
        )
        return "\n".join(row[0] for row in cursor.fetchall())


def found_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def assert_nothing_leaked(log_lines: io.StringIO) -> None:
    ours = [line for line in log_lines.getvalue().splitlines() if not line.startswith("django.db")]
    assert found_in("\n".join(ours)) == []
    assert found_in(tables()) == []


def test_nothing_leaks_while_all_goes_well(mail_server: MailServer, twilio: HttpServer, log_lines: io.StringIO):
    queue()
    queue(Kind.NEW_SIGN_IN)
    queue(channel=Channel.SMS)
    assert send_due(queue=queues.URGENT).sent == 3
    assert_nothing_leaked(log_lines)


@pytest.mark.parametrize("reply", [f"550 5.1.1 <{ADDRESS}> unknown", f"450 {ADDRESS} {CODE}", f"421 bye {ADDRESS}"])
def test_nothing_leaks_through_a_servers_reply(mail_server: MailServer, log_lines: io.StringIO, reply: str):
    mail_server.replies[ADDRESS] = reply
    queue()
    send_due(queue=queues.URGENT)
    assert_nothing_leaked(log_lines)


def test_nothing_leaks_through_a_providers_answer(twilio: HttpServer, log_lines: io.StringIO):
    twilio.answers = [(400, {}, {"code": 12345, "message": f"cannot send {CODE} to {PHONE}"})]
    queue(channel=Channel.SMS)
    send_due(queue=queues.URGENT)
    assert_nothing_leaked(log_lines)


def test_nothing_leaks_when_a_text_has_a_mistake(
    mail_server: MailServer, log_lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
):
    queue()
    monkeypatch.setattr("notifications.letters._WIDTH", ADDRESS)
    send_due(queue=queues.URGENT)
    assert states() == [State.QUEUED]
    assert_nothing_leaked(log_lines)


def test_nothing_leaks_when_the_address_is_suppressed(mail_server: MailServer, log_lines: io.StringIO):
    suppress_address(channel=Channel.EMAIL, address=ADDRESS, reason=SuppressionReason.BOUNCED)
    queue()
    send_due(queue=queues.URGENT)
    assert_nothing_leaked(log_lines)


@pytest.mark.parametrize("answer", ["250 OK", "554 no", "450 later"])
def test_an_ended_delivery_keeps_no_contents_even_encrypted(mail_server: MailServer, answer: str):
    mail_server.data_reply = answer
    queue()
    queue(Kind.WELCOME, address=f"2{ADDRESS}")
    send_due(queue=queues.URGENT)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM notifications_delivery WHERE (address IS NULL AND payload IS NULL)"
            " <> (state NOT IN ('queued', 'sending'))"
        )
        assert cursor.fetchone()[0] == 0


def test_the_errors_of_a_caller_hold_no_values(settings: Any):
    with pytest.raises(ValueError, match="purpose") as refused:
        queue(payload={"code": CODE, "purpose": ADDRESS, "minutes": 10})
    assert found_in(str(refused.value)) == []
