"""Be a member's browser for a moment: subscribe, have today's reading sent, and show what arrives."""

from __future__ import annotations

import textwrap
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.management.members import find_member
from core.management.sending import send_now
from core.selectors.readings import get_reader
from notifications.kinds import Channel, Kind
from notifications.models import Platform
from notifications.receiver import Arrival, Receiver, Untrustworthy
from notifications.selectors import get_push, is_channel_on
from notifications.services import register_device, remove_device

_WIDTH = 46


class Command(BaseCommand):
    help = (
        "Subscribe as a browser would, on a port of this machine, have a member's reading of today sent there, decrypt "
        "what arrives, and show it. For development, while script/up runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("member", help="an e-mail address or an id")
        parser.add_argument("--seconds", type=float, default=30, help="how long to wait; 30 if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.WEBPUSH_ALLOW_LOOPBACK:
            raise CommandError(
                "Pushes to this machine are for development: DEBUG is off, or WEBPUSH_ALLOW_LOOPBACK is."
            )
        if not is_channel_on(channel=Channel.WEBPUSH):
            raise CommandError("Pushes to browsers are off: set VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY.")
        user_id = find_member(options["member"])
        with Receiver() as receiver:
            device, _ = register_device(
                user_id=user_id,
                channel=Channel.WEBPUSH,
                identity=receiver.subscription.endpoint,
                address=receiver.subscription.to_text(),
                platform=Platform.WEB,
            )
            try:
                send_now(user_id, now=timezone.now())
                arrival = receiver.wait(options["seconds"])
                if arrival is None:
                    raise CommandError(self._why_nothing_came(user_id, device.pk))
                try:
                    said = receiver.read(arrival)
                except Untrustworthy as problem:
                    raise CommandError(str(problem)) from problem
            finally:
                remove_device(user_id=user_id, device_id=device.pk)
        self._show(arrival, said)

    def _why_nothing_came(self, user_id: UUID, device_id: UUID) -> str:
        today = get_reader(user_id=user_id, now=timezone.now()).today
        found = get_push(kind=Kind.DAILY_READING, user_id=user_id, device_id=device_id, due_on=today)
        if found is None:
            return "Nothing was queued: the member has switched pushes of readings off."
        how = f"{found.state} {found.outcome}".strip()
        return f"Nothing came; the delivery is {how}. Does script/up run? Its worker is who sends."

    def _show(self, arrival: Arrival, said: dict[str, Any]) -> None:
        worth = timedelta(seconds=int(arrival.headers["ttl"]))
        self.stdout.write(
            f"A push came {arrival.seconds:.1f} s after this browser subscribed: {len(arrival.body)} bytes, encrypted "
            f"for it alone\n(aes128gcm), signed by this product (VAPID), good for {worth} from now.\n"
        )
        self.stdout.write("\n".join(lock_screen(said["title"], said["body"])))
        self.stdout.write(f"\nShown under the tag {said['tag']}: a repeat takes its place.")


def lock_screen(title: str, body: str) -> list[str]:
    """Return the lines of a notification as a phone draws it."""
    words = [title, *textwrap.wrap(body, _WIDTH - 2)]
    head = f"NumerAI{'now':>{_WIDTH - 9}}"
    return [
        f"  ╭{'─' * _WIDTH}╮",
        *(f"  │ {line:<{_WIDTH - 2}} │" for line in (head, *words)),
        f"  ╰{'─' * _WIDTH}╯",
    ]
