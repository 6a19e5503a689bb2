from __future__ import annotations

import io
import os
import signal
import sys
import time

import pytest

from ops.embedded import EmbeddedError
from ops.embedded.supervisor import Program, StopRequested, Supervisor
from ops.tests.embedded.conftest import wait_for

# Prints, then waits; ends at SIGTERM.
PATIENT = [sys.executable, "-uc", "print('ready'); import time; time.sleep(600)"]
STUBBORN = [
    sys.executable, "-uc",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(600)",
]  # fmt: skip


@pytest.fixture
def output():
    return io.StringIO()


def pump(supervisor, is_true, seconds=20.0):
    supervisor.wait_until(is_true, seconds=seconds, what="The state")


def test_output_is_prefixed_with_the_programs_name(output):
    with Supervisor(output) as supervisor:
        supervisor.start(Program("speaker", PATIENT, tier=1))
        pump(supervisor, lambda: "ready" in output.getvalue())
    assert output.getvalue().splitlines()[0] == "speaker | ready"


def test_a_line_without_its_end_waits_for_the_rest(output):
    halves = [sys.executable, "-uc", "import sys,time; sys.stdout.write('one '); time.sleep(0.3); print('line')"]
    with Supervisor(output) as supervisor:
        supervisor.start(Program("halves", halves, tier=1))
        pump(supervisor, lambda: "line" in output.getvalue())
    assert output.getvalue().splitlines()[0] == "halves  | one line"


def test_a_crashed_program_is_started_again_later_each_time(output):
    with Supervisor(output) as supervisor:
        supervisor.start(Program("crasher", [sys.executable, "-c", "raise SystemExit(3)"], tier=1))
        pump(supervisor, lambda: output.getvalue().count("stopped") == 3)
    delays = [line.rpartition(" in ")[2] for line in output.getvalue().splitlines() if "stopped" in line]
    assert delays == ["0.5 s", "1 s", "2 s"]
    assert "stopped (exit code 3)" in output.getvalue()


def test_the_higher_tier_stops_first(output):
    with Supervisor(output) as supervisor:
        supervisor.start(Program("base", PATIENT, tier=0))
        supervisor.start(Program("top", PATIENT, tier=1))
        pump(supervisor, lambda: output.getvalue().count("ready") == 2)
    stops = [line for line in output.getvalue().splitlines() if "stopping" in line]
    assert stops == ["numerai | stopping top", "numerai | stopping base"]


def test_a_program_that_will_not_stop_is_killed_when_patience_ends(output):
    with Supervisor(output) as supervisor:
        supervisor.start(Program("stubborn", STUBBORN, tier=1, stop_patience=0.3))
        pump(supervisor, lambda: "ready" in output.getvalue())
        pid = supervisor._running["stubborn"].process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_a_program_leaves_behind_in_its_group_ends_with_it(output):
    parent = [
        sys.executable, "-uc",
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid)",
    ]  # fmt: skip
    with Supervisor(output) as supervisor:
        supervisor.start(Program("parent", parent, tier=1))
        pump(supervisor, lambda: "stopped" in output.getvalue())
        left = int(output.getvalue().splitlines()[0].rpartition("|")[2])
    wait_for(lambda: not is_alive(left))


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_request_to_stop_ends_the_run(output):
    with Supervisor(output) as supervisor:
        supervisor.start(Program("patient", PATIENT, tier=1))
        pump(supervisor, lambda: "ready" in output.getvalue())
        os.kill(os.getpid(), signal.SIGTERM)
        started = time.monotonic()
        supervisor.run()
    assert time.monotonic() - started < 10


def test_a_command_that_fails_raises_with_its_name(output):
    with Supervisor(output) as supervisor, pytest.raises(EmbeddedError, match=r"^migrate failed \(exit code 7\)"):
        supervisor.run_to_end("migrate", [sys.executable, "-c", "print('why'); raise SystemExit(7)"], dict(os.environ))
    assert output.getvalue() == "migrate | why\n"


def test_a_state_that_never_comes_raises_with_its_name(output):
    with Supervisor(output) as supervisor, pytest.raises(EmbeddedError, match=r"^Valkey did not come up within 0\.1"):
        supervisor.wait_until(lambda: False, seconds=0.1, what="Valkey")


def test_a_reader_that_goes_away_stops_the_run():
    read, write = os.pipe()
    os.close(read)
    with Supervisor(os.fdopen(write, "w")) as supervisor:
        supervisor.say("hello")
        with pytest.raises(StopRequested):
            supervisor.step()
