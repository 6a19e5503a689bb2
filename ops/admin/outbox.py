"""The outbox: what waits and since when, what ended unsent and why, and trying it again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications.admin import DeliveryAdmin
from notifications.backlog import CHANNEL_NAMES, LOOKED_AT, SHOWN, Dead, Open, list_channels, list_dead, list_open
from notifications.kinds import Channel
from notifications.models import Delivery
from notifications.services import hurry_deliveries, retry_deliveries
from ops.admin.pages import back_to, counted, desk_page, require, show, write_down
from ops.cards import list_link

SEE, ACT = "notifications.view_delivery", "notifications.change_delivery"

admin.site.unregister(Delivery)


@admin.register(Delivery)
class OutboxAdmin(DeliveryAdmin):
    """The deliveries one by one, of which some may be tried again."""

    actions = ["retry"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(ACT))

    @admin.action(description="Try again what failed", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Queue the chosen deliveries anew, as far as they failed and can still be of use."""
        ids = list(queryset.values_list("pk", flat=True)[:LOOKED_AT])
        with transaction.atomic():
            queued = retry_deliveries(now=timezone.now(), ids=ids)
            if queued:
                write_down(request, "deliveries_retried")
        _say(request, queued, of=len(ids))


@desk_page("outbox", permission=SEE)
def outbox_page(request: HttpRequest) -> HttpResponse:
    """Show what waits and what ended unsent, by kind, channel and reason; try one reason again."""
    now = timezone.now()
    if request.method == "POST":
        require(request, ACT)
        _act(request, now)
        return back_to("outbox")
    opened, dead = list_open(now=now), list_dead(now=now)
    stopped = {row.channel: row for row in list_channels(now=now, opened=opened) if not row.sends}
    context = {
        "now": now,
        "waiting": [_waiting(row, stopped, now) for row in opened],
        "dead": [_ended(row) for row in dead],
        "is_cut": sum(row.count for row in dead) >= LOOKED_AT,
        "days": SHOWN.days,
        "limit": f"{LOOKED_AT:,}",
        "may_act": request.user.has_perm(ACT),
    }
    return show(request, "outbox.html", "Outbox", context)


def _waiting(row: Open, stopped: dict[Channel, Any], now: datetime) -> dict[str, Any]:
    channel = stopped.get(row.channel)
    return {
        "row": row,
        "channel": CHANNEL_NAMES[row.channel],
        "count": counted(row.count, is_at_least=row.is_at_least),
        "stopped": "" if channel is None else "the channel is off" if channel.is_configured else "not set up",
        "is_bad": row.is_late(now=now),
        "link": list_link(
            "notifications_delivery", kind=row.kind, channel__exact=row.channel.value, outcome=row.outcome,
            state__in="queued,sending",
        ),
    }  # fmt: skip


def _ended(row: Dead) -> dict[str, Any]:
    return {
        "row": row,
        "channel": CHANNEL_NAMES[row.channel],
        "count": f"{row.count:,}",
        "link": list_link(
            "notifications_delivery", kind=row.kind, channel__exact=row.channel.value, outcome=row.outcome,
            state__exact=row.state.value,
        ),
    }  # fmt: skip


def _act(request: HttpRequest, now: datetime) -> None:
    named, kind, outcome = (request.POST.get(name, "") for name in ("channel", "kind", "outcome"))
    act = _ACTS.get(request.POST.get("do", ""))
    if act is None or named not in Channel.values or not (kind and outcome):
        messages.error(request, "Choose a channel, a kind and a reason.")
        return
    service, written = act
    with transaction.atomic():
        queued = service(now=now, channel=Channel(named), kind=kind, outcome=outcome)
        if queued:
            write_down(request, written)
    _say(request, queued)


def _say(request: HttpRequest, queued: int, *, of: int | None = None) -> None:
    if queued:
        messages.success(request, f"Tried again now: {queued:,}{'' if of is None else f' of {of:,}'}.")
    else:
        messages.warning(request, "None of them can be tried again: their time is over, or what they said is gone.")


_ACTS: dict[str, tuple[Callable[..., int], str]] = {
    "retry": (retry_deliveries, "deliveries_retried"),
    "hurry": (hurry_deliveries, "deliveries_hurried"),
}
