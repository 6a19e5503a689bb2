"""Workers die, servers lose what they held: every member is told once all the same. The short form of the drill."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.chaos_pushes import unexplained

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
            "messages_sent_again_without_an_expired_lease": "0",
            "devices_gone_and_not_retired": "0",
            "deliveries_stuck": "0",
        }.items()
    )


@pytest.mark.parametrize(
    ("accepted", "claims", "faults"),
    [
        ([1.0], [], 0),
        ([1.0, 9.0], [(5.0, 6.0)], 0),
        ([1.0, 9.0], [], 1),
        ([1.0, 9.0], [(5.0, 9.5)], 1),
        ([1.0, 9.0], [(0.2, 0.5)], 1),
        ([1.0, 9.0], [(7.0, 6.0)], 1),
        ([1.0, 9.0, 9.5], [(5.0, 6.0)], 1),
    ],
    ids=["once", "after a lease", "no claim", "claimed later", "claimed before", "lease still ran", "twice for one"],
)
def test_a_repeat_is_forgiven_only_after_a_claim_of_an_expired_lease(
    accepted: list[float], claims: list[tuple[float, float]], faults: int
):
    assert unexplained(accepted, claims) == faults
