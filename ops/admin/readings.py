"""The readings of a day: who should have got one, who did, who did not and why; and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from authentication.models import User
from core.selectors.reading_operations import (
    PAGE,
    MemberDay,
    Why,
    get_member_day,
    get_trouble,
    list_days_in_trouble,
    list_days_undelivered,
    list_members,
)
from core.services.prepare import NoEdition, ReadingsNotOffered, retry_set_aside, send_reading_now
from notifications.backlog import CHANNEL_NAMES, list_retriable
from notifications.kinds import Channel, Kind
from notifications.services import retry_deliveries
from ops.admin.pages import counted, desk_page, require, show, write_down
from ops.dashboard import get_figures
from ops.readings_card import CARD

SEE, ACT = "core.view_readingschedule", "core.change_readingschedule"
DELIVER = "notifications.change_delivery"
SEE_ADDRESS = "authentication.view_user"
# So far back days are shown; further, deliveries are dropped.
DAYS_BACK = 60
RETRIED_AT_ONCE = 1_000

SHOWN = {
    "trouble": "Want a look",
    "without": "Without a reading",
    "with": "With a reading",
    "undelivered": "Not delivered",
}


@desk_page("readings", permission=SEE)
def readings_page(request: HttpRequest) -> HttpResponse:
    """Show a day, or do what a button of it asks for."""
    now = timezone.now()
    if request.method == "POST":
        require(request, ACT)
        _act(request, now)
        return HttpResponseRedirect(request.get_full_path())
    day = _day(request, now)
    shown = request.GET.get("show") if request.GET.get("show") in SHOWN else "trouble"
    rows, has_more = _rows(request, str(shown), day, now)
    trouble = get_trouble(now=now)
    context = {
        "now": now,
        "day": day,
        "is_today": day == now.astimezone(UTC).date(),
        "before": day - timedelta(days=1),
        "after_day": day + timedelta(days=1),
        "shown": shown,
        "tabs": [(name, title, urlencode({"show": name, "day": day})) for name, title in SHOWN.items()],
        "figures": get_figures(CARD),
        "due": counted(trouble.due, is_at_least=trouble.is_at_least),
        "trouble": trouble,
        "set_aside": sorted(trouble.set_aside.items()),
        "rows": rows,
        "next": urlencode({"show": shown, "day": day, "after": rows[-1]["seen"].user_id}) if has_more else "",
        "sought": request.GET.get("member", ""),
        "may": {
            "act": request.user.has_perm(ACT),
            "see_address": request.user.has_perm(SEE_ADDRESS),
            "see_deliveries": request.user.has_perm("notifications.view_delivery"),
        },
    }
    return show(request, "readings.html", "Today's readings", context)


def _day(request: HttpRequest, now: datetime) -> date:
    today = now.astimezone(UTC).date()
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today
    return min(max(day, today - timedelta(days=DAYS_BACK)), today + timedelta(days=1))


def _rows(request: HttpRequest, shown: str, day: date, now: datetime) -> tuple[list[dict[str, Any]], bool]:
    """Return a page of members, and whether there are more; one member where somebody is sought."""
    if sought := request.GET.get("member", "").strip().lower():
        found = _find(request, sought)
        seen = get_member_day(user_id=found, day=day, now=now) if found else None
        return _dressed(request, [seen] if seen else [], day, now), False
    after = _uuid(request.GET.get("after", ""))
    lists: dict[str, Callable[..., list[MemberDay]]] = {
        "trouble": list_days_in_trouble,
        "without": lambda **how: list_members(has_reading=False, **how),
        "with": lambda **how: list_members(has_reading=True, **how),
        "undelivered": list_days_undelivered,
    }
    rows = lists[shown](day=day, now=now, after=after, limit=PAGE)
    return _dressed(request, rows, day, now), len(rows) == PAGE


def _find(request: HttpRequest, sought: str) -> UUID | None:
    """Return a member by id, or by address for those who may see addresses."""
    by_id = _uuid(sought)
    if by_id is not None or not request.user.has_perm(SEE_ADDRESS):
        return by_id
    return User.objects.filter(email=sought).values_list("pk", flat=True).first()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _dressed(request: HttpRequest, rows: Sequence[MemberDay], day: date, now: datetime) -> list[dict[str, Any]]:
    """Add to each member what the role may see and do."""
    ids = [row.user_id for row in rows]
    emails: dict[UUID, str] = {}
    if request.user.has_perm(SEE_ADDRESS):
        emails = dict(User.objects.filter(pk__in=ids).values_list("pk", "email"))
    may_act = request.user.has_perm(ACT)
    deliverable: set[UUID] = set()
    if may_act and request.user.has_perm(DELIVER):
        deliverable = list_retriable(kind=Kind.DAILY_READING, due_on=day, user_ids=ids, now=now)
    is_today = day == now.astimezone(UTC).date()
    return [
        {
            "seen": row,
            "deliveries": [(CHANNEL_NAMES[Channel(channel)], *how) for channel, *how in row.deliveries],
            "email": emails.get(row.user_id, ""),
            "is_bad": row.why in (Why.SET_ASIDE, Why.WAITING),
            "may_retry": may_act and row.why == Why.SET_ASIDE,
            "may_send": may_act and is_today and row.why in (Why.WAITING, Why.MISSED),
            "may_deliver": row.user_id in deliverable,
        }
        for row in rows
    ]


def _act(request: HttpRequest, now: datetime) -> None:
    do, member = request.POST.get("do", ""), _uuid(request.POST.get("member", ""))
    if do == "retry_all":
        _retry_all(request, request.POST.get("reason", ""))
    elif member is None or do not in _ACTS:
        messages.error(request, "Choose a member and what to do for them.")
    else:
        with transaction.atomic():
            _ACTS[do](request, member, now)


def _retry_all(request: HttpRequest, reason: str) -> None:
    if not reason:
        messages.error(request, "Choose a reason.")
        return
    with transaction.atomic():
        tried = retry_set_aside(reason=reason, limit=RETRIED_AT_ONCE)
        if tried:
            write_down(request, "readings_retried")
    if tried:
        messages.success(request, f"Members tried again within a minute: {tried:,}.")
    else:
        messages.warning(request, "Nobody is set aside for this reason any more.")


def _retry(request: HttpRequest, member: UUID, now: datetime) -> None:
    if retry_set_aside(user_ids=[member]):
        write_down(request, "reading_retried", subject_id=member)
        messages.success(request, "The member is tried again within a minute.")
    else:
        messages.warning(request, "This member was not set aside any more.")


def _send(request: HttpRequest, member: UUID, now: datetime) -> None:
    try:
        done = send_reading_now(user_id=member, now=now)
    except ReadingsNotOffered:
        messages.error(request, "This member gets no readings: a proven account and a primary profile are needed.")
    except NoEdition:
        messages.error(request, "There are no texts to make readings of: run manage.py load_content.")
    else:
        write_down(request, "reading_sent_by_staff", subject_id=member)
        messages.success(request, f"Readings made: {done.readings}. Deliveries queued: {done.deliveries}.")


def _deliver(request: HttpRequest, member: UUID, now: datetime) -> None:
    require(request, DELIVER)
    queued = retry_deliveries(now=now, kind=Kind.DAILY_READING.value, user_id=member, due_on=_day(request, now))
    if queued:
        write_down(request, "reading_delivered_again", subject_id=member)
        messages.success(request, f"Deliveries queued again: {queued}.")
    else:
        messages.warning(request, "Nothing of it can be sent again: its time is over, or its device is gone.")


_ACTS: dict[str, Callable[[HttpRequest, UUID, datetime], None]] = {
    "retry": _retry,
    "send": _send,
    "deliver": _deliver,
}
