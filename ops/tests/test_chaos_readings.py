"""Workers die, servers lose what they held: every member gets one reading all the same. The short form of the drill."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

DRILL = Path(__file__).resolve().parents[2] / "benchmarks" / "chaos_readings.py"


def test_each_member_gets_exactly_one_reading_whatever_dies():
    done = subprocess.run(
        [sys.executable, str(DRILL), "--prepare-only", "--quick", "--members", "600"],
        capture_output=True, text=True, timeout=400, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "goal readings_made measured 600 required 600 met" in done.stdout
