"""Prepare and send the readings of many members while everything that does so is hurt, then count what each got.

Usage: script/chaos-readings [--quick] [--members N] [--prepare-only]

On servers of its own: three workers prepare in chunks of a twentieth of the members, and send to a Firebase and a push
service of browsers of this machine (benchmarks/fake_fcm.py) that fail 5 % of the devices' first requests, never answer
1 %, and call 1 % of the devices gone; who has no device gets an e-mail, into a folder. Each time the next share of the
readings or messages is through, something happens: a worker is killed with all its processes in the middle of a
statement or with messages on their way; Valkey is restarted and has lost everything, tasks included; PostgreSQL is
restarted; the heartbeat stops for a minute. The killed ones are started again. The heartbeat is sent by this script,
every other second instead of beat's every minute, so that the waiting is short; it holds the same tasks.

What was accepted twice is held against every claim of the outbox, which a trigger writes down: a repeat is forgiven if
a lease that had run out was claimed between the two, or if the answer to the first came later than a sender waits; both
are counted, apart. --quick shortens leases and pauses to a twelfth. With --prepare-only nobody has a device and the
e-mail channel is off.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
# In place of this folder, whose http.py would stand before the standard library's.
sys.path[0] = str(ROOT)

from benchmarks.chaos_pushes import count_pushes, make_devices, push_server
from benchmarks.chaos_scene import WATCH_CLAIMS, WORKERS, Scene, wait_until, worker_command
from ops.embedded.stage import Stage

PREPARE = "core.tasks.start_preparing"
SEND = "notifications.tasks.send_due_deliveries"
READINGS = "SELECT count(*) FROM daily_readings"
# Of readings only: notices of what is ahead come hours later.
ENDED = "SELECT count(*) FROM notifications_delivery WHERE kind = 'daily_reading' AND ended_at IS NOT NULL"
OPEN = "SELECT count(*) FROM notifications_delivery WHERE kind = 'daily_reading' AND ended_at IS NULL"
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
    "members_without_one_delivery_each_way": """
        SELECT count(*) FROM core_readingschedule AS s LEFT JOIN (
            SELECT user_id, count(*) AS made, count(DISTINCT target) AS targets, min(due_on) AS first_day,
                max(due_on) AS last_day
            FROM notifications_delivery WHERE kind = 'daily_reading' GROUP BY user_id
        ) AS d USING (user_id) LEFT JOIN (
            SELECT user_id, count(*) AS known FROM notifications_device GROUP BY user_id
        ) AS v USING (user_id)
        WHERE s.next_reading_at IS NOT NULL AND (
            d.made IS DISTINCT FROM coalesce(v.known, 1) OR d.targets <> d.made
            OR d.first_day IS DISTINCT FROM s.last_reading_on OR d.last_day IS DISTINCT FROM s.last_reading_on
        )
    """,
    "members_set_aside": "SELECT count(*) FROM core_readingschedule WHERE set_aside_at IS NOT NULL",
    "members_still_due": LEFT,
}


@dataclass(frozen=True)
class Form:
    """The long form and the short one. Seconds."""

    members: int
    pulse: float
    silence: float
    patience: float
    push_timeout: int
    push_chunk: int
    kills: int


LONG = Form(members=50_000, pulse=2, silence=60, patience=400, push_timeout=10, push_chunk=2_000, kills=2)
SHORT = Form(members=400, pulse=0.5, silence=3, patience=90, push_timeout=2, push_chunk=25, kills=1)


def hurt(scene: Scene, form: Form, *, members: int, deliveries: int, sends: bool) -> None:
    """Do all that is done, each when the next share is through, and wait until nothing is left to do."""
    began = time.monotonic()
    preparing = [scene.kill_worker, scene.restart_valkey, *[scene.kill_worker] * (form.kills - 1)]
    sending = [scene.kill_sender, scene.restart_valkey, scene.restart_database, scene.stop_beat, scene.kill_sender]
    if not sends:
        preparing += [scene.restart_database, scene.stop_beat, scene.kill_worker, scene.restart_valkey]
        sending = []
    for acts, query, goal, what in (
        (preparing, READINGS, members, "readings"),
        (sending, ENDED, deliveries, "deliveries"),
    ):
        for number, act in enumerate(acts):
            share = goal * (number + 1) // (len(acts) + 2)
            wait_until(lambda: scene.count(query) >= share, seconds=form.patience)  # noqa: B023 - waited for at once
            at = time.monotonic() - began
            print(f"  {at:4.0f} s {scene.count(query):>7,} {what}: {act.__name__.replace('_', ' ')}", flush=True)
            act()
    print(f"  {time.monotonic() - began:4.0f} s all is done; waiting for the rest", flush=True)
    left = f"SELECT ({LEFT}) + ({OPEN if sends else 'SELECT 0'})"
    wait_until(lambda: scene.count(left) == 0, seconds=form.patience, pause=0.2)


def prepare_stage(members: int, *, sends: bool) -> dict[str, UUID]:
    """Make the members, who are due, and their devices; return these by name."""
    import django
    from django.core.management import call_command
    from django.db import connection, connections

    django.setup()
    from benchmarks.members_at_scale import ZONES, make_members
    from notifications.kinds import Channel
    from notifications.services import set_channel_switch

    call_command("load_content", verbosity=0)
    due_at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    # Where the day is about to end, its reading would come too late to be sent.
    zones = [zone for zone in ZONES if due_at.astimezone(ZoneInfo(zone)).hour < 23]
    make_members(1, members, due_at=due_at, zones=zones)
    names = make_devices(members) if sends else {}
    with connection.cursor() as cursor:
        cursor.execute(WATCH_CLAIMS)
        cursor.execute("ANALYZE notifications_device")
    if not sends:
        set_channel_switch(channel=Channel.EMAIL, is_on=False, reason="Nothing is sent in this drill.")
    connections.close_all()
    return names


def main() -> int:
    """Run it, print what was counted and return the exit code: 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Kill and restart while readings are prepared and sent; then count.")
    parser.add_argument("--prepare-only", action="store_true", help="prepare, and send nothing")
    parser.add_argument("--quick", action="store_true", help="a few hundred members, short leases and pauses")
    parser.add_argument("--members", type=int, help="so many members")
    options = parser.parse_args()
    form, sends = SHORT if options.quick else LONG, not options.prepare_only
    members = options.members or form.members
    with ExitStack() as stack:
        stage = Stage(durable=True)
        stage.start()
        stack.callback(stage.stop)
        log = stack.enter_context(push_server(stage.home, timeout=form.push_timeout)) if sends else None
        os.environ["PUSH_CHUNK"] = str(form.push_chunk)
        names = prepare_stage(members, sends=sends)
        deliveries = len(names) + sum(number % 10 == 9 for number in range(1, members + 1))
        print(f"{members:,} members are due, with {len(names):,} devices; {WORKERS} workers", flush=True)
        scene = Scene(
            stage,
            tasks={
                PREPARE: {"kwargs": {"chunk": max(20, members // 20)}},
                SEND: {"kwargs": {"queue": "celery"}},
            },
            command=worker_command(is_hurried=options.quick),
            pulse=form.pulse,
            silence=form.silence,
        )
        began = time.monotonic()
        with scene:
            try:
                hurt(scene, form, members=members, deliveries=deliveries, sends=sends)
            except TimeoutError:
                print((stage.home / "workers.log").read_text(errors="replace")[-3000:])
            took = time.monotonic() - began
        print(f"{scene.count(READINGS):,} readings in {took:.0f} s, {scene.killed} workers killed")
        required = {name: (scene.count(query), 0) for name, query in FAULTS.items()}
        if log is not None:
            required["deliveries_stuck"] = scene.count(OPEN), 0
            required |= {name: (found, 0) for name, found in count_pushes(scene, names, log, print).items()}
        at_least = {"readings_made": (scene.count(READINGS), members), "workers_killed": (scene.killed, 3)}
        if sends:
            at_least["workers_killed_while_sending"] = scene.killed_sending, 2
    goals = [(name, *found, found[0] == found[1]) for name, found in required.items()]
    goals += [(name, *found, found[0] >= found[1]) for name, found in at_least.items()]
    for name, measured, wanted, is_met in goals:
        print(f"goal {name} measured {measured} required {wanted} {'met' if is_met else 'missed'}")
    return int(not all(is_met for *_, is_met in goals))


if __name__ == "__main__":
    sys.exit(main())
