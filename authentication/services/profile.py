"""What members change about their own account without a code: name, language, time zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from authentication import members
from authentication.models import User
from numerai.hooks import member_changed

EDITABLE = frozenset({"full_name", "language", "time_zone"})


def update_account(*, user_id: UUID, changes: Mapping[str, Any]) -> User:
    """Change some of an account's EDITABLE fields and tell the other apps which."""
    if not set(changes) <= EDITABLE:
        raise ValueError("only a name, a language and a time zone are changed here")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        changed = frozenset(name for name, value in changes.items() if getattr(user, name) != value)
        if changed:
            for name in changed:
                setattr(user, name, changes[name])
            user.save(update_fields=sorted(changed))
            member_changed(user_id=user_id, fields=changed)
            user.refresh_from_db(fields=["data_version"])
    return user


def bump_data_version(user_id: UUID, fields: frozenset[str] = frozenset()) -> None:
    """Make every cached answer about a member stale. Called through numerai.hooks whenever something changed."""
    User.objects.filter(pk=user_id).update(data_version=F("data_version") + 1)
    members.forget_on_commit(user_id)
