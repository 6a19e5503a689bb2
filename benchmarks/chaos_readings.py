"""Prepare the readings of many members while everything that does so is hurt, then count what each of them got.

Usage: script/chaos-readings --prepare-only [--quick] [--members N]

On servers of its own: three workers prepare in chunks of a fiftieth of the members. Each time the next share of the
readings is there, something happens: a worker is killed with all its processes in the middle of a statement; Valkey
loses everything, tasks included; PostgreSQL is stopped and started again; the heartbeat stops for a while and a second
worker is killed. The killed ones are started again. The heartbeat is sent by this script, every other second instead
of beat's every minute, so that the waiting is short; it holds the same task. Nothing is sent: the e-mail channel is
switched off, which is what `--prepare-only` says.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# In place of this folder, whose http.py would stand before the standard library's.
sys.path[0] = str(ROOT)

import psycopg
import redis

from ops.embedded.processes import spawn
from ops.embedded.stage import Stage

WORKERS = 3
PULSE = 2.0
PATIENCE = 240.0
AT_WORK = "query ~ '(INSERT INTO (daily_readings|notifications_delivery)|UPDATE core_readingschedule)'"


class Scene:
    """The workers, the heartbeat, and a connection of one's own to look and count with."""

    def __init__(self, stage: Stage, *, chunk: int, silence: float) -> None:
        self.stage, self.chunk, self.silence = stage, chunk, silence
        self.workers: list[subprocess.Popen[bytes]] = []
        self.killed = 0
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
        for worker in self.workers:
            kill_tree(worker)

    def start_worker(self) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--role", "worker", "--processes", "1"]
        with (self.stage.home / "workers.log").open("ab") as log:
            self.workers.append(spawn(command, stdout=log, env={**os.environ, "LOG_LEVEL": "ERROR"}))

    def _beat(self) -> None:
        from numerai.celery import app

        while not self._over.wait(PULSE):
            if time.monotonic() >= self._silent_until:
                # A broker that is down or an empty one: the next beat comes.
                with suppress(Exception):
                    app.send_task("core.tasks.start_preparing", kwargs={"chunk": self.chunk}, retry=False)

    def count(self, query: str) -> int:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            found = connection.execute(query.encode()).fetchone()
            return int(found[0]) if found else 0

    def kill_worker(self) -> None:
        """Kill a worker and its processes, if it can be seen at work in the middle of a statement."""
        busy = f"SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND {AT_WORK}"  # noqa: S608 - our own text
        with suppress(TimeoutError):
            wait_until(lambda: self.count(busy), seconds=5, pause=0.001)
        kill_tree(self.workers.pop(0))
        self.killed += 1
        self.start_worker()

    def wipe_valkey(self) -> None:
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.flushall()

    def restart_database(self) -> None:
        self.stage.stop_server(self.stage.database)
        time.sleep(1)
        self.stage.start_server(self.stage.database)

    def stop_heart_and_kill(self) -> None:
        self._silent_until = time.monotonic() + self.silence
        self.kill_worker()


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


READINGS = "SELECT count(*) FROM daily_readings"
LEFT = "SELECT count(*) FROM core_readingschedule WHERE next_reading_at <= now()"
# What must be nothing. A reading or delivery too many, too few or of nobody is counted by the member it belongs to.
FAULTS = {
    "members_without_exactly_one_reading": """
        SELECT count(*) FROM core_readingschedule AS s LEFT JOIN (
            SELECT user_id, count(*) AS made, max(reading_date) AS on_day FROM daily_readings GROUP BY user_id
        ) AS r USING (user_id)
        WHERE s.next_reading_at IS NOT NULL
            AND (r.made IS DISTINCT FROM 1 OR r.on_day IS DISTINCT FROM s.last_reading_on)
    """,
    "members_without_exactly_one_delivery": """
        SELECT count(*) FROM core_readingschedule AS s LEFT JOIN (
            SELECT user_id, count(*) AS made, count(DISTINCT channel) AS channels, max(due_on) AS on_day
            FROM notifications_delivery WHERE kind = 'daily_reading' GROUP BY user_id
        ) AS d USING (user_id)
        WHERE s.next_reading_at IS NOT NULL
            AND (d.made IS DISTINCT FROM 1 OR d.channels <> 1 OR d.on_day IS DISTINCT FROM s.last_reading_on)
    """,
    "members_set_aside": "SELECT count(*) FROM core_readingschedule WHERE set_aside_at IS NOT NULL",
    "members_still_due": LEFT,
}


def hurt(scene: Scene, members: int) -> None:
    """Do all that is done, each when the next share of the readings is there, and wait until nobody is due."""
    acts = [
        scene.kill_worker, scene.wipe_valkey, scene.kill_worker, scene.restart_database, scene.stop_heart_and_kill,
        scene.wipe_valkey,
    ]  # fmt: skip
    for number, act in enumerate(acts):
        share = members * (number + 1) // (len(acts) + 2)
        wait_until(lambda: scene.count(READINGS) >= share, seconds=PATIENCE)  # noqa: B023 - waited for at once
        print(f"  {scene.count(READINGS):>7,} readings: {act.__name__.replace('_', ' ')}", flush=True)
        act()
    wait_until(lambda: scene.count(LEFT) == 0, seconds=PATIENCE, pause=0.2)


def main() -> int:
    """Run it, print what was counted and return the exit code: 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Kill, wipe and restart while readings are prepared; then count.")
    parser.add_argument("--prepare-only", action="store_true", required=True, help="prepare, and send nothing")
    parser.add_argument("--quick", action="store_true", help="3,000 members and a short silence of the heartbeat")
    parser.add_argument("--members", type=int, help="so many members")
    options = parser.parse_args()
    members = options.members or (3_000 if options.quick else 50_000)
    stage = Stage(durable=True)
    stage.start()
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    from benchmarks.members_at_scale import make_members
    from notifications.kinds import Channel
    from notifications.services import set_channel_switch

    call_command("load_content", verbosity=0)
    make_members(1, members, due_at=datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1))
    set_channel_switch(channel=Channel.EMAIL, is_on=False)
    connections.close_all()
    print(f"{members:,} members are due, {WORKERS} workers", flush=True)
    began = time.monotonic()
    with Scene(stage, chunk=max(20, members // 50), silence=5 if options.quick else 60) as scene:
        try:
            hurt(scene, members)
        except TimeoutError:
            print((stage.home / "workers.log").read_text(errors="replace")[-3000:])
        took = time.monotonic() - began
        counted = {name: scene.count(query) for name, query in FAULTS.items()}
        made, killed = scene.count(READINGS), scene.killed
    stage.stop()
    print(f"{made:,} readings in {took:.0f} s, {killed} workers killed")
    goals = [(name, found, 0, found == 0) for name, found in counted.items()]
    goals += [("readings_made", made, members, made == members), ("workers_killed", killed, 3, killed >= 3)]
    for name, measured, required, is_met in goals:
        print(f"goal {name} measured {measured} required {required} {'met' if is_met else 'missed'}")
    return int(not all(is_met for *_, is_met in goals))


if __name__ == "__main__":
    sys.exit(main())
