"""Putting a delivery into the outbox."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from notifications.kinds import Channel, Kind
from notifications.models import Delivery, State, SuppressionReason
from notifications.services import lift_suppression, suppress_address
from notifications.services.personal_data import erase_member, export_member
from notifications.tests.factories import ADDRESS, CODE, MEMBER, PAYLOADS, queue, states, the_delivery
from numerai import hooks

pytestmark = pytest.mark.django_db


def test_a_delivery_is_queued_once_however_often_it_is_asked_for():
    assert (queue(), queue()) == (True, False)
    assert states() == [State.QUEUED]


def test_a_delivery_to_nobody_in_particular_is_queued_once_too():
    assert (queue(user_id=None), queue(user_id=None)) == (True, False)


@pytest.mark.parametrize(
    "other",
    [
        {"subject": "2"},
        {"user_id": uuid4()},
        {"address": "other@example.org"},
        {"due_on": date(2026, 11, 22)},
        {"kind": Kind.ACCOUNT_EXISTS, "payload": {}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_subject_member_address_day_or_kind_is_another_delivery(other: dict[str, Any]):
    queue()
    assert queue(**other)


def test_the_same_address_in_other_letters_is_the_same_delivery():
    assert (queue(address="ada@example.org"), queue(address=" Ada@Example.ORG ")) == (True, False)


def test_queueing_takes_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):  # INSERT ... ON CONFLICT DO NOTHING
        queue()


def test_address_and_payload_are_encrypted_and_readable_by_the_model():
    queue()
    with connection.cursor() as cursor:
        cursor.execute("SELECT d::text FROM notifications_delivery AS d")
        stored = cursor.fetchone()[0]
    assert ADDRESS not in stored
    assert CODE not in stored
    assert (the_delivery().address, the_delivery().payload) == (ADDRESS, PAYLOADS[Kind.ONE_TIME_CODE])


def test_a_rolled_back_transaction_leaves_no_delivery():
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)
    assert states() == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"channel": Channel.SMS, "kind": Kind.WELCOME, "payload": {}}, "does not go by sms"),
        ({"expires_at": None}, "expires_at"),
        ({"payload": {"code": CODE, "purpose": "verify_email"}}, "minutes"),
        ({"payload": PAYLOADS[Kind.ONE_TIME_CODE] | {"surprise": "1"}}, "surprise"),
        ({"payload": PAYLOADS[Kind.ONE_TIME_CODE] | {"purpose": "fun"}}, "purpose"),
        ({"kind": Kind.PASSWORD_CHANGED, "payload": {"happened_at": "2026-11-21T03:20:00"}}, "time zone"),
        ({"kind": Kind.ACCOUNT_DELETION_SCHEDULED, "payload": {"erased_on": "soon"}}, "isoformat"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused_by_name(wrong: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says) as refused:
        queue(**wrong)
    assert CODE not in str(refused.value)
    assert states() == []


def test_a_later_moment_is_kept():
    later = timezone.now() + timedelta(hours=3)
    queue(Kind.WELCOME, send_at=later, expires_at=None)
    assert the_delivery().send_at == later


@pytest.mark.parametrize(
    "broken",
    [
        "state = 'lost'",
        "channel = 'pigeon'",
        "priority = 9",
        "state = 'sending'",
        "lease_until = now()",
        "state = 'sent'",
        "state = 'sent', ended_at = now()",
        "ended_at = now()",
    ],
)
def test_the_database_refuses_a_row_that_contradicts_itself(broken: str):
    queue()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE notifications_delivery SET {broken}")  # noqa: S608


def test_the_model_knows_the_columns_of_the_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'notifications_delivery'::regclass AND attnum > 0"
        )
        columns = {row[0] for row in cursor.fetchall()}
    assert columns == {field.column for field in Delivery._meta.concrete_fields}


def test_a_suppression_is_made_once_and_can_be_lifted():
    suppress = {"channel": Channel.EMAIL, "address": ADDRESS}
    assert suppress_address(**suppress, reason=SuppressionReason.COMPLAINED)
    assert not suppress_address(**suppress, reason=SuppressionReason.BOUNCED)
    assert (lift_suppression(**suppress), lift_suppression(**suppress)) == (True, False)


def test_a_member_gets_a_list_of_deliveries_without_their_contents():
    queue()
    queue(user_id=uuid4(), subject="a stranger's")
    (delivery,) = export_member(MEMBER)["deliveries"]
    assert (delivery["kind"], delivery["state"], delivery["due_on"]) == ("one_time_code", "queued", "2026-11-21")
    assert ADDRESS not in str(delivery)


def test_a_member_is_forgotten_and_a_stranger_is_not():
    queue()
    stranger = uuid4()
    queue(user_id=stranger)
    erase_member(MEMBER)
    assert list(Delivery.objects.values_list("user_id", flat=True)) == [stranger]


def test_export_and_erasure_are_registered():
    registered = {data.app: data for data in hooks.list_personal_data()}["notifications"]
    assert (registered.export, registered.erase) == (export_member, erase_member)
