"""From the outbox to a mail server, with everything that can go wrong on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import claims, queues, sender
from notifications.claims import LEASE, database_now
from notifications.kinds import Channel, Kind
from notifications.models import ChannelSwitch, Delivery, State, SuppressedAddress, SuppressionReason
from notifications.rounds import MAX_ATTEMPTS
from notifications.sender import send_due
from notifications.services import set_channel_switch, suppress_address
from notifications.tests.conftest import MailServer
from notifications.tests.factories import ADDRESS, CODE, queue, states, the_delivery

pytestmark = pytest.mark.django_db


def send(queue_name: str = queues.URGENT, **more: Any) -> sender.Result:
    return send_due(queue=queue_name, **more)


def queue_many(count: int, kind: Kind = Kind.ONE_TIME_CODE) -> None:
    for number in range(count):
        queue(kind, subject=str(number), address=f"{number}@example.org")


def test_a_code_arrives_with_the_code_in_the_subject(mail_server: MailServer):
    queue()
    assert send().sent == 1
    (mail,) = mail_server.accepted
    assert mail["To"] == ADDRESS
    assert mail["Subject"] == f"{CODE} confirms your address"
    assert mail["From"] == "NumerAI <no-reply@numerai.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().count(CODE) == 1
    assert CODE in mail.get_body(("html",)).get_content()


def test_what_is_sent_is_recorded_and_its_contents_are_gone(mail_server: MailServer):
    queue()
    send()
    delivery = the_delivery()
    assert (delivery.state, delivery.outcome, delivery.attempts) == (State.SENT, "accepted", 1)
    assert (delivery.address, delivery.payload, delivery.lease_until) == (None, None, None)
    assert delivery.provider_message_id == f"<{delivery.id}@numerai.test>" == mail_server.accepted[0]["Message-ID"]
    assert delivery.ended_at is not None


def test_sending_twice_sends_once(mail_server: MailServer):
    queue()
    assert (send().sent, send().sent) == (1, 0)
    assert len(mail_server.accepted) == 1


def test_a_chunk_goes_over_few_connections(mail_server: MailServer):
    queue_many(5)
    send()
    assert (len(mail_server.accepted), mail_server.connections) == (5, 1)


def test_a_large_chunk_uses_several_connections_side_by_side(mail_server: MailServer, settings: Any):
    settings.EMAIL_CONNECTIONS = 3
    queue_many(15)
    assert send().sent == 15
    assert 1 <= mail_server.connections <= 3
    assert sorted(mail_server.recipients) == sorted(f"{number}@example.org" for number in range(15))


def queries_of_a_round(count: int) -> int:
    queue_many(count)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert send().sent == count
    return len([query for query in queries if "SAVEPOINT" not in query["sql"]])


@pytest.mark.parametrize("count", [1, 20])
def test_the_number_of_queries_does_not_grow_with_the_chunk(mail_server: MailServer, count: int):
    # clock, expire, switches, claim of each channel that has its settings (3), suppressions, record
    assert queries_of_a_round(count) == 8


def test_the_urgent_queue_leaves_the_others_to_their_worker(mail_server: MailServer):
    queue(Kind.WELCOME)
    assert send(queues.URGENT).sent == 0
    assert send(queues.ORDINARY).sent == 1


def test_the_most_urgent_goes_first(mail_server: MailServer):
    queue(Kind.WELCOME, subject="first come")
    Delivery.objects.update(priority=3)
    queue(Kind.WELCOME, subject="second come", address="second@example.org")
    send(queues.ORDINARY, limit=1)
    assert mail_server.recipients == ["second@example.org"]


def test_a_full_chunk_says_that_there_may_be_more(mail_server: MailServer):
    queue_many(3)
    assert [send(limit=2).has_more, send(limit=2).has_more] == [True, False]
    assert len(mail_server.accepted) == 3


def test_nothing_is_sent_before_its_moment(mail_server: MailServer):
    queue(Kind.WELCOME, send_at=timezone.now() + timedelta(hours=1), expires_at=None)
    assert send(queues.ORDINARY).sent == 0
    assert send(queues.ORDINARY, now=timezone.now() + timedelta(hours=2)).sent == 1


def test_what_has_expired_is_never_sent_and_its_contents_are_gone(mail_server: MailServer):
    queue(expires_at=timezone.now() - timedelta(seconds=1))
    send()
    delivery = the_delivery()
    assert (delivery.state, delivery.outcome, delivery.payload, delivery.address) == (
        State.EXPIRED, "expired", None, None,
    )  # fmt: skip
    assert mail_server.accepted == []


def test_a_channel_that_is_off_keeps_its_deliveries_until_it_is_on(mail_server: MailServer):
    queue()
    set_channel_switch(channel=Channel.EMAIL, is_on=False)
    assert send().sent == 0
    assert states() == [State.QUEUED]
    set_channel_switch(channel=Channel.EMAIL, is_on=True)
    assert send().sent == 1
    assert ChannelSwitch.objects.count() == 1


def test_a_code_expires_although_its_channel_is_off(mail_server: MailServer):
    queue()
    set_channel_switch(channel=Channel.EMAIL, is_on=False)
    send(now=timezone.now() + timedelta(minutes=11))
    assert (states(), the_delivery().payload) == ([State.EXPIRED], None)


@pytest.mark.parametrize("kind", [Kind.ONE_TIME_CODE, Kind.SECURITY_NOTICE])
def test_a_suppressed_address_gets_nothing_and_the_delivery_says_so(mail_server: MailServer, kind: Kind):
    suppress_address(channel=Channel.EMAIL, address=ADDRESS, reason=SuppressionReason.COMPLAINED)
    queue(kind)
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.SUPPRESSED, "address_suppressed")
    assert mail_server.accepted == []


@pytest.mark.parametrize("reply", ["550 5.1.1 No such user ada@example.org", "550 nobody here", "553 5.1.10 null MX"])
def test_a_dead_mailbox_is_suppressed(mail_server: MailServer, reply: str):
    mail_server.replies[ADDRESS] = reply
    queue()
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, "address_refused")
    assert SuppressedAddress.objects.get().reason == SuppressionReason.BOUNCED


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [("552 5.2.2 mailbox full", "smtp_552"), ("550 5.7.1 looks like spam", "smtp_550"), ("554 no", "smtp_554")],
)
def test_another_permanent_refusal_ends_the_delivery_and_leaves_the_address(
    mail_server: MailServer, reply: str, outcome: str
):
    mail_server.replies[ADDRESS] = reply
    queue()
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, outcome)
    assert not SuppressedAddress.objects.exists()


def test_a_refusal_of_the_contents_ends_the_delivery(mail_server: MailServer):
    mail_server.data_reply = "554 5.6.0 bad contents"
    queue()
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, "smtp_554")


@pytest.mark.parametrize("reply", ["450 4.2.0 greylisted", "451 try later", "452 4.2.2 full for now"])
def test_a_temporary_refusal_is_tried_again_later(mail_server: MailServer, reply: str):
    mail_server.replies[ADDRESS] = reply
    queue()
    result = send()
    delivery = the_delivery()
    assert (delivery.state, delivery.attempts, delivery.outcome) == (State.QUEUED, 1, f"smtp_{reply[:3]}")
    assert delivery.payload["code"] == CODE
    assert 3 <= result.retry_in <= 5
    assert send().sent == 0
    mail_server.replies.clear()
    assert send(now=delivery.send_at).sent == 1


def test_one_refused_address_does_not_hold_up_the_others(mail_server: MailServer):
    mail_server.replies["1@example.org"] = "550 5.1.1 no"
    mail_server.replies["2@example.org"] = "450 later"
    queue_many(4)
    send()
    assert states() == [State.SENT, State.FAILED, State.QUEUED, State.SENT]


def test_the_pauses_grow(mail_server: MailServer):
    mail_server.replies[ADDRESS] = "450 later"
    queue(Kind.WELCOME, expires_at=None)
    pauses, now = [], database_now()
    for _ in range(5):
        pauses.append(send(queues.ORDINARY, now=now).retry_in)
        now = the_delivery().send_at
    assert [round(pause / (60 * 2**number)) for number, pause in enumerate(pauses)] == [1, 1, 1, 1, 1]


def test_after_the_last_attempt_the_delivery_has_failed(mail_server: MailServer):
    mail_server.replies[ADDRESS] = "450 later"
    queue(Kind.WELCOME, expires_at=None)
    Delivery.objects.update(attempts=MAX_ATTEMPTS - 1)
    send(queues.ORDINARY)
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, "smtp_450")


def test_a_pause_that_ends_after_the_expiry_ends_the_delivery(mail_server: MailServer):
    mail_server.replies[ADDRESS] = "450 later"
    queue(expires_at=timezone.now() + timedelta(seconds=2))
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.EXPIRED, "smtp_450")


def test_a_server_that_is_down_costs_one_try_for_the_whole_chunk_and_no_attempt(mail_server: MailServer, settings: Any):
    settings.EMAIL_PORT = 1
    queue_many(4)
    result = send()
    assert (result.postponed, result.has_more) == (4, False)
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.QUEUED, 0)}
    assert sorted(Delivery.objects.values_list("outcome", flat=True)) == ["connection_failed"] + ["not_begun"] * 3


def test_the_whole_chunk_goes_once_the_server_is_back(mail_server: MailServer, settings: Any):
    settings.EMAIL_PORT = 1
    queue_many(4)
    send()
    settings.EMAIL_PORT = mail_server.port
    assert send(now=timezone.now() + timedelta(seconds=30)).sent == 4


def test_a_connection_that_breaks_costs_its_message_one_attempt_and_the_others_nothing(mail_server: MailServer):
    mail_server.hangs_up = lambda mail: mail["To"] == "1@example.org"
    queue_many(3)
    send()
    assert states() == [State.SENT, State.QUEUED, State.SENT]
    assert Delivery.objects.filter(state=State.QUEUED).values_list("outcome", "attempts").get() == (
        "connection_lost",
        1,
    )


def test_a_server_that_falls_silent_costs_no_more_than_the_timeout(mail_server: MailServer, settings: Any):
    settings.EMAIL_TIMEOUT = 0.2
    mail_server.stalls = lambda mail: True
    queue()
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.QUEUED, "connection_lost")


@pytest.mark.parametrize("address", ["ä@example.org", "nobody", "@example.org"])
def test_an_address_that_mail_cannot_carry_fails_for_good(mail_server: MailServer, address: str):
    queue(address=address)
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, "address_not_supported")


def test_a_row_that_cannot_be_read_is_left_for_later_and_holds_up_nobody(mail_server: MailServer):
    queue_many(2)
    other, first = Delivery.objects.order_by("-subject")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_delivery AS d SET payload = o.payload FROM notifications_delivery AS o"
            " WHERE d.id = %s AND o.id = %s",
            [first.id, other.id],
        )
    send()
    assert states() == [State.QUEUED, State.SENT]
    assert Delivery.objects.order_by("subject")[0].outcome == "unreadable"


def test_a_kind_that_only_newer_code_knows_waits_for_it(mail_server: MailServer):
    queue()
    Delivery.objects.update(kind="from_the_future")
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.QUEUED, "no_letter")


def test_a_delivery_whose_senders_keep_dying_is_given_up(mail_server: MailServer):
    queue()
    Delivery.objects.update(attempts=MAX_ATTEMPTS)
    send()
    assert (the_delivery().state, the_delivery().outcome) == (State.FAILED, "senders_died")


def test_a_lease_is_respected_until_it_ends(mail_server: MailServer):
    queue()
    now = database_now()
    Delivery.objects.update(state=State.SENDING, lease_until=now + LEASE, attempts=1)
    assert send(now=now).sent == 0
    assert send(now=now + LEASE).sent == 1
    assert the_delivery().attempts == 2


def test_a_sender_that_was_too_slow_overwrites_nothing(mail_server: MailServer):
    queue()
    now = database_now()
    chunk = claims.claim_chunk(
        channel=Channel.EMAIL, priorities=queues.PRIORITIES[queues.URGENT], limit=1, now=now, lease_until=now + LEASE
    )
    assert send(now=now + LEASE).sent == 1
    late = [claims.Outcome(chunk[0], State.FAILED, "too_late")]
    assert claims.record_outcomes(late, lease_until=now + LEASE) == 0
    assert states() == [State.SENT]


def test_a_delivery_that_was_erased_while_it_was_sent_stays_erased(mail_server: MailServer):
    queue()
    now = database_now()
    chunk = claims.claim_chunk(
        channel=Channel.EMAIL, priorities=queues.PRIORITIES[queues.URGENT], limit=1, now=now, lease_until=now + LEASE
    )
    Delivery.objects.all().delete()
    assert claims.record_outcomes([claims.Outcome(chunk[0], State.SENT)], lease_until=now + LEASE) == 0
    assert states() == []


def test_nothing_is_begun_after_the_window(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sender, "SENDING_WINDOW", timedelta(0))
    queue()
    send()
    delivery = the_delivery()
    assert (delivery.state, delivery.outcome, delivery.attempts) == (State.QUEUED, "not_begun", 0)
    assert mail_server.accepted == []
