"""A copy of everything that the product holds about a member: asked for, made by a task, fetched by a link.

Making: 1. UPDATE counts a try, committed: an export that fails again and again is given up.
        2. In one transaction: the row is locked (another task finds it locked and leaves), the archive is built and
           stored, older exports go, the mail is queued. A process that dies in between leaves the row as it was, and
           the timetable begins again.

The link opens the archive without a sign-in, for whoever holds it, until the export expires; it names the version of
the account's tokens, so that a new password ends it with all sessions.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from authentication.archive import pack
from authentication.callers import Caller
from authentication.exceptions import ExportMadeRecently
from authentication.models import Act, DataExport, ExportState
from authentication.services import audit, notices
from numerai import hooks
from numerai.api.exceptions import NotFound
from numerai.background import run_on_commit

LIFETIME = timedelta(days=7)
PAUSE = timedelta(days=1)
MAX_TRIES = 5
# An export that nobody has begun by then was lost on the way to the worker, or its worker died.
OVERDUE = timedelta(minutes=4)
_SALT = "authentication.export"


def ask_for_export(*, user_id: UUID, caller: Caller, now: datetime, asked_by: UUID | None = None) -> DataExport:
    """Return the export that is being made, or ask for one. Raises ExportMadeRecently within a day of the last one.

    `asked_by` is the staff user who asks for a member; the link goes to the member in either case.
    """
    with transaction.atomic():
        last = DataExport.objects.filter(user_id=user_id, state=ExportState.READY).order_by("made_at").last()
        if last is not None and last.made_at is not None and last.made_at > now - PAUSE:
            raise ExportMadeRecently(retry_after=(last.made_at + PAUSE - now).total_seconds())
        mine = DataExport(user_id=user_id, asked_at=now)
        DataExport.objects.bulk_create([mine], ignore_conflicts=True)
        if DataExport.objects.filter(pk=mine.pk).exists():
            audit.record(Act.EXPORT_ASKED, actor_id=asked_by or user_id, subject_id=user_id, caller=caller)
            run_on_commit("authentication.tasks.make_export", str(mine.pk))
            return mine
    asked = DataExport.objects.filter(user_id=user_id, state=ExportState.ASKED).first()
    if asked is None:
        raise ExportMadeRecently(retry_after=1)  # It was finished between the two statements.
    return asked


def make(*, export_id: UUID, now: datetime) -> None:
    """Make an export that was asked for and tell its member. Safe to run twice, and at once."""
    waiting = DataExport.objects.filter(pk=export_id, state=ExportState.ASKED)
    if not waiting.filter(tries__lt=MAX_TRIES).update(tries=F("tries") + 1):
        waiting.update(state=ExportState.FAILED)
        return
    with transaction.atomic():
        export = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("user").first()
        if export is None:
            return
        archive = pack({data.app: data.export(export.user_id) for data in hooks.list_personal_data()}, made_at=now)
        export.state, export.made_at, export.expires_at = ExportState.READY, now, now + LIFETIME
        export.size, export.archive = len(archive), base64.b64encode(archive).decode()
        export.save(update_fields=["state", "made_at", "expires_at", "size", "archive"])
        DataExport.objects.filter(user=export.user).exclude(pk=export.pk).delete()
        audit.record(Act.EXPORT_MADE, actor_id=None, subject_id=export.user_id)
        notices.queue_export_ready(export=export, url=link_to(export))


def list_overdue(*, now: datetime) -> Iterable[UUID]:
    """Return the exports that should have been made by now."""
    overdue = DataExport.objects.filter(state=ExportState.ASKED, asked_at__lt=now - OVERDUE)
    return list(overdue.order_by("pk").values_list("pk", flat=True))


def link_to(export: DataExport) -> str:
    """Return the address that opens an export until it expires."""
    token = signing.dumps([export.pk.hex, export.user.token_version], salt=_SALT)
    return f"{settings.SITE_URL}{reverse('authentication:export-file', args=[token])}"


def open_archive(*, token: str, caller: Caller, now: datetime) -> bytes:
    """Return the ZIP behind a link. Raises NotFound for one that is forged, expired, or from before a new password."""
    try:
        export_id, token_version = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        raise NotFound from None
    export = DataExport.objects.filter(
        pk=UUID(export_id),
        state=ExportState.READY,
        expires_at__gt=now,
        user__token_version=token_version,
        user__is_active=True,
    ).first()
    if export is None or export.archive is None:
        raise NotFound
    audit.record(Act.EXPORT_FETCHED, actor_id=None, subject_id=export.user_id, caller=caller)
    return base64.b64decode(export.archive)


def get_newest(*, user_id: UUID, now: datetime) -> DataExport:
    """Return a member's newest export, without what is in it. Raises NotFound."""
    mine = DataExport.objects.filter(user_id=user_id).exclude(expires_at__lte=now)
    newest = mine.select_related("user").defer("archive").order_by("-asked_at", "-pk").first()
    if newest is None:
        raise NotFound
    return newest


def purge(*, now: datetime) -> None:
    """Delete exports that have expired, and those that failed a month ago."""
    DataExport.objects.filter(expires_at__lte=now).delete()
    DataExport.objects.filter(state=ExportState.FAILED, asked_at__lt=now - timedelta(days=30)).delete()
