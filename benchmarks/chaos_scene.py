"""What script/chaos-readings plays with: workers, a heartbeat, the servers, and what is done to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from ops.embedded.processes import spawn
from ops.embedded.stage import Stage

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 3
AT_WORK = "query ~ '(INSERT INTO (daily_readings|notifications_delivery)|UPDATE core_readingschedule)'"
_TRIES = 10
PONDERING = 0.2

# Every claim of the outbox is written down with the worker that made it, and the lease that had run out, if one had;
# and every delivery that was put off, with the reason.
WATCH_CLAIMS = """
CREATE TABLE chaos_claim (
    delivery uuid, worker text DEFAULT current_setting('application_name'), lease_until timestamptz,
    broken_lease timestamptz, put_off_for text, at timestamptz DEFAULT clock_timestamp()
);
CREATE INDEX ON chaos_claim (lease_until);
CREATE FUNCTION chaos_note_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'sending' THEN
        INSERT INTO chaos_claim (delivery, lease_until, broken_lease) VALUES (NEW.id, NEW.lease_until, OLD.lease_until);
    ELSE
        INSERT INTO chaos_claim (delivery, put_off_for) VALUES (NEW.id, NEW.outcome);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_note_claim AFTER UPDATE ON notifications_delivery
    FOR EACH ROW WHEN (NEW.state IN ('queued', 'sending')) EXECUTE FUNCTION chaos_note_claim();
"""
# Who is sending, and how many: leases that still run, with their rows.
_SENDING = """
SELECT c.worker, count(*) FROM chaos_claim AS c JOIN notifications_delivery AS d
    ON d.id = c.delivery AND d.state = 'sending' AND d.lease_until = c.lease_until
WHERE c.lease_until > clock_timestamp() GROUP BY 1 ORDER BY 2 DESC
"""


class Scene:
    """The workers, the heartbeat, and a connection of one's own to look and count with."""

    def __init__(
        self,
        stage: Stage,
        *,
        tasks: Mapping[str, Mapping[str, Any]],
        command: list[str],
        pulse: float,
        silence: float,
    ) -> None:
        self.stage, self.tasks, self.command, self.pulse, self.silence = stage, tasks, command, pulse, silence
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.killed = self.killed_sending = self.left_behind = 0
        self._silent_until = 0.0
        self._over = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Scene:
        for _ in range(WORKERS):
            self.start_worker()
        self._heart.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self._heart.join()
        for worker in self.workers.values():
            kill_tree(worker)

    def start_worker(self) -> None:
        """Start one more; its connections to the database bear its name."""
        name = f"worker-{len(self.workers) + self.killed + 1}"
        env = {
            **os.environ, "LOG_LEVEL": "ERROR", "DATABASE_URL": f"{os.environ['DATABASE_URL']}&application_name={name}",
        }  # fmt: skip
        with (self.stage.home / "workers.log").open("ab") as log:
            self.workers[name] = spawn(self.command, stdout=log, env=env)

    def _beat(self) -> None:
        from numerai.celery import app

        while not self._over.wait(self.pulse):
            if time.monotonic() >= self._silent_until:
                for task, options in self.tasks.items():
                    # A broker that is down or an empty one: the next beat comes.
                    with suppress(Exception):
                        app.send_task(task, retry=False, **options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database, also while it restarts."""
        deadline = time.monotonic() + 30
        while True:
            try:
                with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
                    return connection.execute(query.encode()).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def count(self, query: str) -> int:
        return int(self.rows(query)[0][0])

    def kill_worker(self, name: str = "") -> None:
        """Kill a worker and its processes, if it can be seen at work in the middle of a statement; start another."""
        if not name:
            busy = f"SELECT application_name FROM pg_stat_activity WHERE state = 'active' AND {AT_WORK}"  # noqa: S608
            seen: list[str] = []
            with suppress(TimeoutError):
                wait_until(lambda: seen.extend(row[0] for row in self.rows(busy)) or seen, seconds=5, pause=0.001)
            name = next((one for one in seen if one in self.workers), next(iter(self.workers)))
        kill_tree(self.workers.pop(name))
        self.killed += 1
        self.start_worker()

    def kill_sender(self) -> None:
        """Kill the worker that has most messages on their way; should it have recorded them just before, another."""
        for _ in range(_TRIES):
            sending: list[str] = []

            def is_anybody_sending(found: list[str] = sending) -> bool:
                found[:] = [worker for worker, _ in self.rows(_SENDING) if worker in self.workers]
                return bool(found)

            wait_until(is_anybody_sending, seconds=60, pause=0.005)
            # It has read what it sends, and the messages are with their services, which have not answered.
            time.sleep(PONDERING)
            self.kill_worker(sending[0])
            left = dict(self.rows(_SENDING)).get(sending[0], 0)
            if left:
                self.killed_sending += 1
                self.left_behind += left
                return

    def restart_valkey(self) -> None:
        """Stop it and start it: what it held, tasks included, is gone."""
        self.stage.stop_server(self.stage.valkey)
        time.sleep(0.5)
        self.stage.start_server(self.stage.valkey)

    def restart_database(self) -> None:
        self.stage.stop_server(self.stage.database)
        time.sleep(1)
        self.stage.start_server(self.stage.database)

    def stop_beat(self) -> None:
        """Let the heartbeat stop for a while, and go on at once."""
        self._silent_until = time.monotonic() + self.silence


def kill_tree(worker: subprocess.Popen[bytes]) -> None:
    """Kill a process and all below it, each by its id, and wait until it is gone."""
    below = [worker.pid]
    for pid in below:
        with suppress(OSError):
            below += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    for pid in reversed(below):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    worker.wait()


def wait_until(is_true: Callable[[], object], *, seconds: float, pause: float = 0.02) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(pause)


def worker_command(*, is_hurried: bool) -> list[str]:
    """Return how a worker is started: as ever, or with shorter leases and pauses."""
    from ops.management.commands.serve import command_of

    if not is_hurried:
        return [sys.executable, str(ROOT / "manage.py"), "serve", "--role", "worker", "--processes", "1"]
    _, _, *arguments = command_of("worker", host="", port=0, processes=1)
    return [sys.executable, str(ROOT / "benchmarks" / "hurried_worker.py"), *arguments]
