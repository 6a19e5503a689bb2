"""How many pushes one second of the sender's processor sends: ours against Google's own SDK.

Usage: python benchmarks/push.py [--quick]

Both clients talk TLS to the same stand-in for Firebase (benchmarks/fake_fcm.py), which answers after 100 ms. Each
turn is a process of its own that sends some messages first, so that connections are open and code is warm, and then
counts the processor time that the sending takes, in user and kernel. Ours is the channel as the sender calls it, with
rendered messages, request bodies, outcomes and the shared rate; the SDK sends Message objects in batches of 500 by
send_each_async, its fast way. A third turn, for information, is our whole path: rows in the database are claimed,
addressed, asked for their words, rendered, sent and recorded.

Needs the packages of requirements-benchmarks.txt.
"""

import argparse
import asyncio
import datetime
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

GOAL, REQUIRED = "push_sends_per_client_cpu_second_vs_firebase_admin", 8.0
TOKEN = "cR7d-x:APA91bE_" + "a1B2c3D4" * 16
TITLE, BODY = "A 4 day in a year of 9", "Do the dull thing first; it will take twenty minutes."


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_service_account(folder: Path, url: str) -> Path:
    from notifications.tests.google import service_account

    path = folder / "firebase.json"
    path.write_text(json.dumps(service_account(url)))
    return path


class Meter:
    """Processor and wall seconds of a block."""

    def __enter__(self) -> "Meter":
        self._cpu, self._wall = self._processor(), time.perf_counter()
        return self

    def __exit__(self, *_: Any) -> None:
        self.cpu, self.wall = self._processor() - self._cpu, time.perf_counter() - self._wall

    @staticmethod
    def _processor() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime


def send_by_channel(count: int) -> Meter:
    """Send by notifications.channels.fcm."""
    import django

    django.setup()
    from notifications.channels.base import Message
    from notifications.channels.fcm import FcmChannel
    from notifications.claims import Claimed
    from notifications.kinds import Channel, Kind, Priority
    from notifications.letters import Letter
    from notifications.rounds import Round
    from numerai.db import uuid7

    channel, kind = FcmChannel(), Kind.DAILY_READING.value
    today = datetime.date(2026, 11, 21)

    def chunk(size: int) -> Round:
        now = datetime.datetime.now(datetime.UTC)
        until = now + datetime.timedelta(hours=4)
        this = Round(clock=lambda: datetime.datetime.now(datetime.UTC), until=until)
        for _ in range(size):
            row_id = uuid7()
            row = Claimed(
                today, row_id, row_id, kind, Channel.FCM, Priority.READING, "", str(row_id), "en", None, None, 1,
                until, now,
            )  # fmt: skip
            letter = Letter(language="en", subject=TITLE, text=BODY)
            this.add(Message(row_id, TOKEN, letter, kind, today, kind, Priority.READING), row)
        return this

    warm = chunk(channel.chunk_size)
    channel.send_all(warm, count=len(warm))
    chunks = [chunk(channel.chunk_size) for _ in range(max(1, count // channel.chunk_size))]
    sizes = [len(one) for one in chunks]
    with Meter() as meter:
        for one, size in zip(chunks, sizes, strict=True):
            channel.send_all(one, count=size)
    outcomes = [outcome.code for one in chunks for outcome in one.outcomes]
    assert outcomes == ["accepted"] * sum(sizes), set(outcomes)
    meter.sent = sum(sizes)
    return meter


def send_by_sdk(count: int) -> Meter:
    """Send by firebase-admin."""
    import firebase_admin
    from firebase_admin import credentials, messaging

    messaging._MessagingService.FCM_URL = f"{os.environ['FCM_BASE_URL']}/v1/projects/{{0}}/messages:send"
    firebase_admin.initialize_app(credentials.Certificate(os.environ["FIREBASE_CREDENTIALS_PATH"]))
    ttl = datetime.timedelta(hours=4)
    batches = [
        [
            messaging.Message(
                token=TOKEN,
                notification=messaging.Notification(title=TITLE, body=BODY),
                data={"kind": "daily_reading", "on": "2026-11-21", "tag": "daily_reading"},
                android=messaging.AndroidConfig(
                    collapse_key="daily_reading",
                    ttl=ttl,
                    priority="high",
                    notification=messaging.AndroidNotification(tag="daily_reading"),
                ),
                apns=messaging.APNSConfig(
                    headers={"apns-collapse-id": "daily_reading", "apns-priority": "10"},
                    payload=messaging.APNSPayload(aps=messaging.Aps(thread_id="daily_reading")),
                ),
            )
            for _ in range(500)
        ]
        for _ in range(max(1, count // 500))
    ]

    async def send_all() -> Meter:
        await messaging.send_each_async(batches[0])
        with Meter() as meter:
            answers = [await messaging.send_each_async(batch) for batch in batches]
        assert sum(answer.success_count for answer in answers) == 500 * len(batches)
        meter.sent = 500 * len(batches)
        return meter

    return asyncio.run(send_all())


def send_whole_path(count: int) -> Meter:
    """Queue readings in the database and send them as a worker does."""
    import django

    django.setup()
    from django.db import connection, transaction

    from notifications import queues, sources
    from notifications.kinds import Channel, Kind
    from notifications.models import Delivery, Device
    from notifications.sender import send_due
    from notifications.services import insert_reading_deliveries
    from notifications.services.devices import device_id
    from numerai.db import uuid7

    # What a reading says costs core its own time; here it is always the same.
    said = {"title": TITLE, "body": BODY}
    sources._payload_sources[Kind.DAILY_READING] = lambda rows: {row.id: said for row in rows}
    sources._contact_source = lambda ids: {one: sources.Contact("a@example.org", "en", "UTC") for one in ids}
    Device.objects.all().delete(), Delivery.objects.all().delete()
    Device.objects.bulk_create(
        [
            Device(
                id=device_id(Channel.FCM, f"{TOKEN}{number}"),
                user_id=uuid7(),
                channel="fcm",
                address=f"{TOKEN}{number}",
                platform="android",
            )
            for number in range(count)
        ],
        batch_size=2_000,
    )
    now = datetime.datetime.now(datetime.UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE claimed ON COMMIT DROP AS SELECT user_id, %s::date AS reading_date,"
            " %s::timestamptz AS due_at, %s::timestamptz AS send_until, NULL::time AS local_time"
            " FROM notifications_device",
            [now.date(), now, now + datetime.timedelta(hours=4)],
        )
        assert insert_reading_deliveries(cursor, claimed="claimed", now=now) == count
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_delivery, notifications_device")
    sent = send_due(queue=queues.ORDINARY).sent
    with Meter() as meter:
        while (result := send_due(queue=queues.ORDINARY)).sent:
            sent += result.sent
    assert sent == count, sent
    meter.sent = count - 2_000
    return meter


TURNS = {"ours": send_by_channel, "sdk": send_by_sdk, "whole": send_whole_path}
NAMES = {"ours": "our FCM channel", "sdk": "firebase-admin send_each_async", "whole": "claim to record"}


def run_turn(turn: str, count: int, environment: dict[str, str]) -> dict[str, float]:
    """Run one turn in a process of its own and return what it measured."""
    command = [sys.executable, __file__, "--turn", turn, "--count", str(count)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, "the stand-in for Firebase did not start"
            assert time.monotonic() < deadline, "the stand-in for Firebase does not answer"
            time.sleep(0.1)


def main() -> int:
    """Measure, print and return the exit code: 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Pushes for each second of the sender's processor.")
    parser.add_argument("--quick", action="store_true", help="one short repetition each instead of three")
    parser.add_argument("--turn", choices=TURNS, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.turn:
        meter = TURNS[arguments.turn](arguments.count)
        print(json.dumps({"cpu": meter.cpu, "wall": meter.wall, "sent": meter.sent}))
        return 0

    from notifications.tests.google import write_certificate
    from ops.embedded import pytest_plugin  # starts throw-away servers and points the environment at them

    assert pytest_plugin.TEMPLATE in os.environ["DATABASE_URL"]
    repetitions = 1 if arguments.quick else 3
    counts = {"ours": 8_000, "sdk": 1_500, "whole": 6_000} if arguments.quick else {
        "ours": 20_000, "sdk": 4_000, "whole": 20_000,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        certificate, key = write_certificate(folder)
        url = f"https://localhost:{port}"
        environment = {
            **os.environ,
            "LOG_LEVEL": "WARNING",
            "SSL_CERT_FILE": str(certificate),
            "REQUESTS_CA_BUNDLE": str(certificate),
            "FCM_BASE_URL": url,
            "FIREBASE_PROJECT_ID": "numerai-test",
            "FIREBASE_CREDENTIALS_PATH": str(write_service_account(folder, url)),
        }
        server = subprocess.Popen(
            [
                sys.executable, "-m", "granian", "--interface", "asginl", "--port", str(port), "--workers", "1",
                "--ssl-certificate", str(certificate), "--ssl-keyfile", str(key), "--log-level", "warning",
                "--backlog", "2048", "benchmarks.fake_fcm:app",
            ],
            cwd=ROOT,
        )  # fmt: skip
        try:
            wait_for(port, server)
            found: dict[str, list[dict[str, float]]] = {turn: [] for turn in TURNS}
            for _ in range(repetitions):
                for turn, count in counts.items():
                    found[turn].append(run_turn(turn, count, environment))
        finally:
            server.terminate()
            server.wait(timeout=30)
    print(f"TLS, answers after 100 ms, {repetitions} interleaved repetitions, medians")
    rates: dict[str, float] = {}
    for turn, measured in found.items():
        rates[turn] = statistics.median(one["sent"] / one["cpu"] for one in measured)
        wall = statistics.median(one["sent"] / one["wall"] for one in measured)
        print(f"{NAMES[turn]:<32} {rates[turn]:8.0f} sends per client CPU second  {wall:8.0f} sends/s")
    ratio = rates["ours"] / rates["sdk"]
    print(f"goal {GOAL} measured {ratio:.1f} required {REQUIRED:g} {'met' if ratio >= REQUIRED else 'missed'}")
    return int(ratio < REQUIRED)


if __name__ == "__main__":
    sys.exit(main())
