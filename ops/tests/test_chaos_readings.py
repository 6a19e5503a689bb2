"""Workers die, servers lose what they held: every member is told once all the same. The short form of the drill."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.chaos_pushes import Event, causes_of

DRILL = Path(__file__).resolve().parents[2] / "benchmarks" / "chaos_readings.py"


def test_each_member_is_read_and_told_exactly_once_whatever_dies():
    done = subprocess.run(
        [sys.executable, str(DRILL), "--quick", "--members", "300"],
        capture_output=True, text=True, timeout=400, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    goals = re.findall(r"^goal (\w+) measured (\d+) required \d+ met$", done.stdout, re.MULTILINE)
    assert (
        dict(goals).items()
        >= {
            "readings_made": "300",
            "members_without_exactly_one_reading": "0",
            "live_devices_not_shown_exactly_one": "0",
            "messages_accepted_again_for_no_reason": "0",
            "devices_gone_and_not_retired": "0",
            "deliveries_stuck": "0",
        }.items()
    )


@pytest.mark.parametrize(
    ("accepted", "events", "causes"),
    [
        ([1.0], [], []),
        ([1.0, 9.0], [Event(6.0, broken_lease=5.0)], ["lease"]),
        ([1.0, 9.0], [], ["nothing"]),
        ([1.0, 9.0], [Event(9.5, broken_lease=5.0)], ["nothing"]),
        ([1.0, 9.0], [Event(0.5, broken_lease=0.2)], ["nothing"]),
        ([1.0, 9.0], [Event(6.0, broken_lease=7.0)], ["nothing"]),
        ([1.0, 9.0], [Event(6.0, put_off_for="no_answer")], ["late"]),
        ([1.0, 9.0], [Event(6.0, put_off_for="unavailable")], ["nothing"]),
        ([1.0, 9.0, 9.5], [Event(6.0, broken_lease=5.0)], ["lease", "nothing"]),
    ],
    ids=[
        "once", "after a lease", "no event", "claimed later", "claimed before", "lease still ran", "no answer",
        "refused", "twice for one",
    ],
)  # fmt: skip
def test_a_repeat_is_forgiven_only_for_what_happened_in_between(
    accepted: list[float], events: list[Event], causes: list[str]
):
    assert list(causes_of(accepted, events)) == causes
