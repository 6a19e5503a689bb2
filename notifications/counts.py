"""What senders count (numerai/counters.py), and the one place where a round is counted."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping
from datetime import datetime

from notifications.kinds import Channel
from notifications.models import State
from notifications.rounds import Round
from numerai.counters import Counter, Histogram

ENDED = Counter(
    "numerai_deliveries_total",
    "Attempts to deliver and deliveries that ended without one, by what became of them; queued: to be tried again.",
    ("kind", "channel", "state", "outcome"),
)
TOOK = Histogram(
    "numerai_delivery_seconds",
    "From due to recorded as sent, of those that went at the first attempt.",
    ("kind", "channel"),
    (1, 5, 15, 60, 120, 300, 600, 900, 1800, 3600),
)
RETIRED = Counter(
    "numerai_devices_retired_total", "Devices that their push service said are gone.", ("channel", "outcome")
)


def count_expired(expired: Mapping[tuple[str, str, str], int]) -> None:
    """Count deliveries whose time was over, by kind, channel and outcome."""
    for (kind, channel, outcome), count in expired.items():
        ENDED.add(count, kind, channel, State.EXPIRED.value, outcome)


def count_round(this: Round, *, channel: Channel, at: datetime) -> None:
    """Count what became of a chunk that is recorded at this moment."""
    for (kind, by, state, code), count in Tally(
        (one.row.kind, one.row.channel.value, one.state.value, one.code) for one in this.outcomes
    ).items():
        ENDED.add(count, kind, by, state, code)
    for code, count in Tally(this.retired.values()).items():
        RETIRED.add(count, channel.value, code)
    for one in this.outcomes:
        if one.state == State.SENT and one.row.attempts == 1:
            TOOK.observe(max(0.0, (at - one.row.send_at).total_seconds()), one.row.kind, one.row.channel.value)
