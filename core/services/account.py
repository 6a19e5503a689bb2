"""The account and the member's own birth data, written as one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from authentication.services.profile import update_account
from core.services.profiles import save_own_birth_data
from numerai.api.exceptions import InvalidInput

# What the address of the account calls the inputs of the primary profile.
BIRTH_DATA = {"birth_name": "birth_name", "date_of_birth": "birth_date"}


def update_member(*, user_id: UUID, changes: Mapping[str, Any], now: datetime) -> None:
    """Write some of an account, and of the primary profile's name and date, in one transaction. Raises InvalidInput."""
    birth = {BIRTH_DATA[name]: value for name, value in changes.items() if name in BIRTH_DATA}
    account = {name: value for name, value in changes.items() if name not in BIRTH_DATA}
    try:
        with transaction.atomic():
            # The account first: its time zone says which dates are in the future.
            update_account(user_id=user_id, changes=account)
            save_own_birth_data(user_id=user_id, changes=birth, now=now)
    except InvalidInput as error:
        raise _in_own_words(error) from None


def _in_own_words(error: InvalidInput) -> InvalidInput:
    shown = {input_name: name for name, input_name in BIRTH_DATA.items()}
    details = dict(error.details)
    fields = {shown.get(name, name): messages for name, messages in details.pop("fields").items()}
    return InvalidInput(fields, **details)
