"""The devices of script/chaos-readings, the server that takes their pushes, and the count of what it took."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from benchmarks.chaos_scene import ROOT, Scene, wait_until
from benchmarks.fake_fcm import ACCEPTED, GONE, STALLED, TEMPORARY, fate_of
from ops.embedded.processes import spawn

# Seconds until they answer what they have accepted: long enough to be killed in.
LATENCY = 0.4
# Of ten members: seven with one app, one of them with a second; one with a browser; one with both; one with neither,
# who gets an e-mail.
_APPS = {0: 2, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 8: 1}
_BROWSERS = {7: 1, 8: 1}
# A point of the curve and a secret as browsers make them; nobody decrypts here.
_POINT = "BIUPt__LYz34s2K9k6AVCVaL0i9_eO6pMze4bHBfmA4ol9dnX9dP2_jUPX74JsoIOpDZJ_oU7vy8mnvHlBAlDf8"
_SALT = "c2l4dGVlbiBieXRlcyBvaw"


@contextmanager
def push_server(home: Path, *, timeout: int) -> Iterator[Path]:
    """Start the push services and point the settings at them; yield the file in which they write what comes."""
    from notifications.tests.google import PROJECT, service_account

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, log, key_file = f"http://127.0.0.1:{port}", home / "pushes.log", home / "firebase.json"
    key_file.write_text(json.dumps(service_account(url)))
    log.touch()
    os.environ |= {
        "FCM_BASE_URL": url,
        "FIREBASE_PROJECT_ID": PROJECT,
        "FIREBASE_CREDENTIALS_PATH": str(key_file),
        "WEBPUSH_ALLOW_LOOPBACK": "on",
        "PUSH_TIMEOUT": str(timeout),
        # The server has a core to share, and takes no more new connections at once than this without losing some.
        "PUSH_CONNECTIONS": "150",
        "CHAOS_PUSH_URL": url,
    }
    command = [
        sys.executable, "-m", "granian", "--interface", "asginl", "--port", str(port), "--workers", "1",
        "--log-level", "warning", "--backlog", "2048", "--working-dir", str(ROOT), "benchmarks.fake_fcm:app",
    ]  # fmt: skip
    env = {
        **os.environ,
        "FAKE_FCM_LOG": str(log),
        "FAKE_FCM_STALL": str(3 * timeout),
        "FAKE_FCM_LATENCY": str(LATENCY),
        "PYTHONPATH": str(ROOT),
    }
    server = spawn(command, env=env)
    try:
        wait_until(lambda: _is_open(port), seconds=30)
        yield log
    finally:
        server.terminate()
        server.wait(timeout=30)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def member_id(number: int) -> UUID:
    """Return the id of a member of benchmarks/members_at_scale.py."""
    return UUID(f"01890000-0000-7000-8000-{number:012x}")


def make_devices(members: int) -> dict[str, UUID]:
    """Register the devices of members 1 to `members`; return their ids by the name that the push services know."""
    from notifications.kinds import Channel
    from notifications.models import Device, Platform
    from notifications.services.devices import device_id
    from notifications.subscriptions import Subscription

    rows, names = [], {}
    for number in range(1, members + 1):
        for nth in range(_APPS.get(number % 10, 0)):
            name = f"app-{number}-{nth}:{'a1B2c3D4' * 16}"
            names[name] = device_id(Channel.FCM, name)
            rows.append(Device(
                id=names[name], user_id=member_id(number), channel=Channel.FCM, address=name, platform=Platform.ANDROID
            ))  # fmt: skip
        for nth in range(_BROWSERS.get(number % 10, 0)):
            name = f"browser-{number}-{nth}"
            endpoint = f"{os.environ['CHAOS_PUSH_URL']}/push/{name}"
            names[name] = device_id(Channel.WEBPUSH, endpoint)
            rows.append(Device(
                id=names[name], user_id=member_id(number), channel=Channel.WEBPUSH,
                address=Subscription(endpoint, _POINT, _SALT).to_text(), platform=Platform.WEB,
            ))  # fmt: skip
    Device.objects.bulk_create(rows, batch_size=2_000)
    return names


@dataclass
class Told:
    """What the push services and the mail folder say. `shown`: by name, how often each collapse key was accepted."""

    met: Counter[str] = field(default_factory=Counter)
    shown: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    accepted_at: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def read_log(log: Path) -> Told:
    told = Told()
    for line in log.read_text().splitlines():
        at, fate, name, tag = line.split("\t")
        told.met[fate] += 1
        if fate == ACCEPTED:
            told.shown[name][tag] += 1
            told.accepted_at[name].append(float(at))
    return told


def read_mail(folder: Path) -> dict[str, list[float]]:
    """Return when each mail was written, by the delivery in its Message-ID."""
    written: dict[str, list[float]] = defaultdict(list)
    for file in sorted(folder.glob("*.eml")):
        with file.open("rb") as stream:
            head = stream.read(4096)
        written[message_from_bytes(head)["Message-ID"].strip("<>").partition("@")[0]].append(file.stat().st_mtime)
    return written


class Event(NamedTuple):
    """A claim of a delivery whose lease had run out, or that it was put off. Seconds since 1970."""

    at: float
    broken_lease: float | None = None
    put_off_for: str | None = None


LEASE, LATE, NOTHING = "lease", "late", "nothing"


def read_events(scene: Scene) -> dict[str, list[Event]]:
    """Return what the trigger has written down, by delivery."""
    events: dict[str, list[Event]] = defaultdict(list)
    for key, *event in scene.rows(
        "SELECT delivery::text, extract(epoch FROM at)::float, extract(epoch FROM broken_lease)::float, put_off_for"
        " FROM chaos_claim WHERE broken_lease IS NOT NULL OR put_off_for IS NOT NULL"
    ):
        events[key].append(Event(*event))
    return events


def count_pushes(scene: Scene, names: dict[str, UUID], log: Path, say: Callable[[str], None]) -> dict[str, int]:
    """Count everything that must be nothing, and say what came on the way."""
    told, mail = read_log(log), read_mail(scene.stage.home / "outbox")
    deliveries = scene.rows(
        "SELECT id::text, target, channel, state, outcome FROM notifications_delivery WHERE kind = 'daily_reading'"
    )
    retired = {row[0] for row in scene.rows("SELECT id FROM notifications_device WHERE retired_at IS NOT NULL")}
    by_target = {target: key for key, target, channel, *_ in deliveries if channel != "email"}
    times = {by_target.get(str(names[name]), name): at for name, at in told.accepted_at.items()} | mail
    events = read_events(scene)
    live = [name for name in names if fate_of(name) != GONE]
    gone = {names[name] for name in names if fate_of(name) == GONE}
    gone_targets = set(map(str, gone))
    mailed = [key for key, _, channel, *_ in deliveries if channel == "email"]
    repeated = Counter(cause for key, at in times.items() for cause in causes_of(sorted(at), events[key]))
    expired = sum(event.broken_lease is not None for of_one in events.values() for event in of_one)
    put_off = Counter(event.put_off_for for of_one in events.values() for event in of_one if event.put_off_for)
    states = Counter(f"{channel} {state} {outcome}" for _, _, channel, state, outcome in deliveries)
    for state, number in sorted(states.items()):
        say(f"  {number:>7,} {state}")
    say(
        f"push services met {told.met[ACCEPTED]:,} they accepted, {told.met[TEMPORARY]:,} temporary failures,"
        f" {told.met[STALLED]:,} stalls, {told.met[GONE]:,} for devices that are gone"
    )
    say("put off: " + ", ".join(f"{number:,} {reason}" for reason, number in sorted(put_off.items())))
    say(f"killed while sending {scene.killed_sending}, leaving {scene.left_behind:,} deliveries behind")
    say(f"{expired:,} claims of a lease that had run out")
    say(
        f"messages accepted again: {repeated[LEASE]:,} after such a claim, {repeated[LATE]:,} after an answer that came"
        " too late"
    )
    return {
        "live_devices_not_shown_exactly_one": sum(
            list(told.shown.get(name, ())) != ["daily_reading"] for name in live
        ),
        "mails_not_written": sum(key not in mail for key in mailed),
        "devices_gone_and_not_retired": len(gone - retired),
        "devices_retired_and_not_gone": len(retired - gone),
        "messages_accepted_again_for_no_reason": repeated[NOTHING],
        "deliveries_to_who_is_there_not_sent": sum(
            state != "sent" for _, target, _, state, _ in deliveries if target not in gone_targets
        ),
    }  # fmt: skip


def causes_of(accepted: Sequence[float], events: Sequence[Event]) -> Iterator[str]:
    """Yield, for each time that a message was accepted again, what had happened to its delivery in between.

    LEASE: a lease that had run out was claimed. LATE: it was put off, because the answer to what had been accepted did
    not come in time. Otherwise NOTHING, which is a fault.
    """
    for before, after in pairwise(accepted):
        between = [event for event in events if before <= event.at <= after]
        if any(event.broken_lease is not None and event.broken_lease <= event.at for event in between):
            yield LEASE
        else:
            yield LATE if any(event.put_off_for in ("no_answer", "connection_lost") for event in between) else NOTHING
