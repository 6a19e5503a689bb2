"""What a developer tries on their own machine, by /dev/push and manage.py receive_push."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from core.selectors.readings import get_reader
from core.services.prepare import send_reading_now
from notifications.kinds import Kind
from notifications.selectors import has_device
from notifications.services import forget_push
from numerai.api.exceptions import NotFound


def push_reading_again(*, user_id: UUID, device_id: UUID, now: datetime) -> date:
    """Queue today's reading for a member's device, and once more if it has had it; return the day of the reading.

    By the same steps as every morning. Raises NotFound for a stranger's device, NoPrimaryProfile, ReadingsNotOffered
    and NoEdition.
    """
    if not has_device(user_id=user_id, device_id=device_id):
        raise NotFound
    today = get_reader(user_id=user_id, now=now).today
    with transaction.atomic():
        forget_push(kind=Kind.DAILY_READING, user_id=user_id, device_id=device_id, due_on=today)
        send_reading_now(user_id=user_id, now=now)
    return today
