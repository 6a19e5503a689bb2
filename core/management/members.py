"""How operators name a member on a command line."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.core.management.base import CommandError

from authentication.models import User


def find_member(named: str) -> UUID:
    """Return the id of the member with this e-mail address or id. Raises CommandError if there is none."""
    found = User.objects.filter(email=named.strip().lower())
    with suppress(ValueError):
        found = User.objects.filter(pk=UUID(named))
    user_id: UUID | None = found.values_list("pk", flat=True).first()
    if user_id is None:
        raise CommandError("There is no such member: give the e-mail address or the id of an account.")
    return user_id
