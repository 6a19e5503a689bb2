"""What the page of a broadcast shows beside its form: how it will look, what became of it, who did what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from authentication.models import AuditEvent, User
from notifications import links
from notifications.broadcast_texts import words_of
from notifications.kinds import Channel, Kind, Topic
from notifications.letters import Letter, render_letter
from notifications.models import Broadcast, State

LIGHT, DARK = "light", "dark"
_DARK_RULES = "@media (prefers-color-scheme: dark)"
_HISTORY = 50
# How an ended delivery counts, for a member of staff: sent, failed, or left out because somebody wanted it so.
_COLUMNS = {
    State.QUEUED: "waiting",
    State.SENDING: "waiting",
    State.SENT: "sent",
    State.FAILED: "failed",
    State.EXPIRED: "failed",
    State.SUPPRESSED: "left_out",
}
_REASONS = {
    "accepted": "",
    "stopped": "stopped by staff",
    "switched_off": "switched off by the member",
    "address_suppressed": "address that bounced, complained or unsubscribed",
    "member_gone": "account closed or erased",
    "device_gone": "device gone",
    "expired": "its time was over",
    "quiet_hours": "waiting for quiet hours to end",
}


@dataclass(frozen=True, slots=True)
class Look:
    """A broadcast in one language, as members meet it."""

    language: str
    push: Letter
    mail: Letter


def look_at(broadcast: Broadcast, language: str, *, staff_id: UUID) -> Look | None:
    """Return how a broadcast looks to a member of a language; None while it has no text for them."""
    words = words_of(broadcast, language)
    if not words:
        return None
    unsubscribe_url = links.unsubscribe_url(user_id=staff_id, topic=Topic.NEWS)
    common: dict[str, Any] = {"kind": Kind.BROADCAST.value, "language": language, "payload": words}
    return Look(
        language=words["language"],
        push=render_letter(channel=Channel.WEBPUSH, **common),
        mail=render_letter(channel=Channel.EMAIL, **common, unsubscribe_url=unsubscribe_url),
    )


def mail_page(look: Look, scheme: str) -> str:
    """Return a mail's HTML as it is shown by day or by night, whatever the reader's own machine prefers."""
    return look.mail.html.replace(_DARK_RULES, "@media all" if scheme == DARK else "@media not all")


def figures_of(broadcast: Broadcast) -> dict[str, Any]:
    """Return what was measured last: by channel and column, and the reasons of what did not go."""
    lines: Sequence[Mapping[str, Any]] = broadcast.figures.get("deliveries", [])
    table: dict[str, Counter[str]] = {}
    reasons: Counter[str] = Counter()
    for line in lines:
        table.setdefault(line["channel"], Counter())[_COLUMNS[State(line["state"])]] += line["count"]
        if line["outcome"] and line["state"] != State.SENT:
            outcome = line["outcome"]
            reasons[_REASONS.get(outcome) or outcome.replace("_", " ")] += line["count"]
    rows = [
        {"name": channel.label, **{column: found[column] for column in set(_COLUMNS.values())}}
        for channel in Channel
        if (found := table.get(channel.value))
    ]
    return {"rows": rows, "reasons": reasons.most_common()}


def history_of(broadcast: Broadcast) -> list[dict[str, Any]]:
    """Return who did what with a broadcast, the latest first, from the audit log. Two queries."""
    lines = list(AuditEvent.objects.filter(subject_id=broadcast.pk).order_by("-at")[:_HISTORY])
    people = dict(User.objects.filter(pk__in={line.actor_id for line in lines}).values_list("pk", "email"))
    return [
        {
            "at": line.at,
            "act": line.act.removeprefix("broadcast_").replace("_", " "),
            "by": people.get(cast(UUID, line.actor_id), "somebody whose account is gone"),
        }
        for line in lines
    ]
