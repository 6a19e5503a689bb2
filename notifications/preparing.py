"""From claimed rows to messages: who still wants them and where they are, what they say. A fixed number of queries."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import Error as DatabaseError

from notifications import links
from notifications.addresses import MEMBER, target_of
from notifications.channels.base import DeliveryError, Message
from notifications.claims import Claimed
from notifications.kinds import CHOICES, PUSH, RULES, Channel, Choice, Kind, KindRule, outlet_of
from notifications.letters import FALLBACK, LetterNotWritten, render_letter, zone_of
from notifications.models import Delivery, Device, Preference, QuietHours, State, SuppressedAddress
from notifications.rounds import MAX_ATTEMPTS, Round
from notifications.services.broadcast_rounds import STOPPED, stopped_among
from notifications.sources import Asked, Contact, contacts_of, payloads_of
from numerai.crypto import CryptoError, EncryptedTextField

log = structlog.get_logger(__name__)


def prepare(rows: Sequence[Claimed], *, channel: Channel, this: Round) -> list[tuple[Message, Claimed]]:
    """Return the messages of a claimed chunk; what must not go is noted in `this`.

    1. Rows that were tried too often, that staff have stopped, that their member does not want, or not now.
    2. Rows that nobody is there for any more: no device, no member, an address that was suppressed.
    3. The rest are put into words, in the language of the row or else of the member.
    """
    members = {row.user_id for row in rows if row.user_id is not None}
    quiet = _quiet_hours(members) if channel in PUSH else {}
    contacts = contacts_of({row.user_id for row in rows if row.user_id and _needs_contact(row, quiet)})
    off = _switched_off(rows, channel)
    stopped = _stopped(rows)
    wanted: list[Claimed] = []
    for row in rows:
        rule = _rule_of(row)
        if row.attempts > MAX_ATTEMPTS:
            # Claimed again and again without an outcome: whatever it does to its senders, it does no more.
            this.end(row, State.FAILED, "senders_died")
        elif row.kind == Kind.BROADCAST and row.subject in stopped:
            this.end(row, State.SUPPRESSED, STOPPED, counts=False)
        elif (row.user_id, rule and rule.topic) in off:
            this.end(row, State.SUPPRESSED, "switched_off", counts=False)
        elif row.user_id in quiet and rule and not rule.chooses_its_hour:
            _wait_out(row, quiet[row.user_id], contacts.get(row.user_id), wanted, this)
        else:
            wanted.append(row)
    reached = _find_devices(wanted, this) if channel in PUSH else _find_addresses(wanted, channel, contacts, this)
    languages = {row.id: _language_of(row, contacts) for row, _ in reached}
    payloads = _payloads([row for row, _ in reached], languages, this)
    return list(_messages(reached, languages, payloads, this))


def _rule_of(row: Claimed) -> KindRule | None:
    """Return the rule of a row's kind; None for one that only newer code knows."""
    return RULES[Kind(row.kind)] if row.kind in Kind.values else None


def _needs_contact(row: Claimed, quiet: Mapping[UUID, Any]) -> bool:
    return row.target == MEMBER or not row.language or row.user_id in quiet


def _language_of(row: Claimed, contacts: Mapping[UUID, Contact]) -> str:
    contact = contacts.get(row.user_id) if row.user_id else None
    return row.language or (contact.language if contact else FALLBACK)


def _switched_off(rows: Sequence[Claimed], channel: Channel) -> set[tuple[UUID, Any]]:
    """Return the members and topics, of those in these rows, that do not want this outlet."""
    outlet = outlet_of(channel)
    topics = {(row.user_id, rule.topic) for row in rows if row.user_id and (rule := _rule_of(row)) and rule.topic}
    free = {pair for pair in topics if outlet and Choice.OFF in CHOICES[pair[1], outlet].accepted}
    if outlet is None or not free:
        return set()
    chosen = {
        (user_id, topic): choice
        for user_id, topic, choice in Preference.objects.filter(
            user_id__in={user_id for user_id, _ in free}, topic__in={topic for _, topic in free}, outlet=outlet
        ).values_list("user_id", "topic", "choice")
    }
    return {pair for pair in free if chosen.get(pair, CHOICES[pair[1], outlet].default) == Choice.OFF}


def _stopped(rows: Sequence[Claimed]) -> set[str]:
    """Return the broadcasts, of those in these rows, that staff have stopped."""
    subjects = {row.subject for row in rows if row.kind == Kind.BROADCAST}
    return stopped_among(subjects) if subjects else set()


def _quiet_hours(members: Iterable[UUID]) -> dict[UUID, tuple[time, time]]:
    rows = QuietHours.objects.filter(user_id__in=list(members)).values_list("user_id", "starts_at", "ends_at")
    return {user_id: (starts_at, ends_at) for user_id, starts_at, ends_at in rows}


def _wait_out(
    row: Claimed, hours: tuple[time, time], contact: Contact | None, wanted: list[Claimed], this: Round
) -> None:
    ends_at = quiet_until(this.clock(), hours=hours, zone=zone_of(contact.time_zone if contact else ""))
    if ends_at is None:
        wanted.append(row)
    else:
        this.postpone(row, "quiet_hours", (ends_at - this.clock()).total_seconds(), counts=False)


def quiet_until(now: datetime, *, hours: tuple[time, time], zone: ZoneInfo) -> datetime | None:
    """Return when the quiet hours end that `now` is in, in a member's zone; None outside of them."""
    starts_at, ends_at = hours
    local = now.astimezone(zone)
    clock = local.time()
    is_past_midnight = starts_at > ends_at
    if not (starts_at <= clock < ends_at if not is_past_midnight else clock >= starts_at or clock < ends_at):
        return None
    day = local.date() + timedelta(days=int(is_past_midnight and clock >= starts_at))
    # In the night when clocks go back, the first of the two moments may have passed.
    ends = (datetime.combine(day, ends_at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return next(moment for moment in ends if moment > now)


def _find_devices(rows: Sequence[Claimed], this: Round) -> list[tuple[Claimed, str]]:
    """Return the rows whose device is still there, and still their member's, each with its address."""
    found = {
        str(device_id): (user_id, address)
        for device_id, user_id, address in Device.objects.filter(
            pk__in=[row.target for row in rows], retired_at=None
        ).values_list("id", "user_id", "address")
    }
    reached = []
    for row in rows:
        owner, address = found.get(row.target, (None, None))
        if address is None or owner != row.user_id:
            this.end(row, State.FAILED, "device_gone", counts=False)
        elif (opened := _open(Device, "address", UUID(row.target), address)) is None:
            this.refuse(row, DeliveryError("unreadable"))
        else:
            reached.append((row, opened))
    return reached


def _find_addresses(
    rows: Sequence[Claimed], channel: Channel, contacts: Mapping[UUID, Contact], this: Round
) -> list[tuple[Claimed, str]]:
    """Return the rows with an address that is not suppressed, each with it."""
    opened: list[tuple[Claimed, str]] = []
    for row in rows:
        contact = contacts.get(row.user_id) if row.user_id else None
        if row.target == MEMBER and contact is None:
            this.end(row, State.FAILED, "member_gone", counts=False)
        elif row.target == MEMBER and contact is not None:
            opened.append((row, contact.email))
        elif row.address is None:
            this.end(row, State.FAILED, "no_address", counts=False)
        elif (address := _open(Delivery, "address", row.id, row.address)) is None:
            # A key that is missing on this machine, perhaps: not the end yet.
            this.refuse(row, DeliveryError("unreadable"))
        else:
            opened.append((row, address))
    targets = {row.id: target_of(channel, address) if row.target == MEMBER else row.target for row, address in opened}
    suppressed = set(
        SuppressedAddress.objects.filter(channel=channel, target__in=set(targets.values())).values_list(
            "target", flat=True
        )
    )
    reached = []
    for row, address in opened:
        if targets[row.id] in suppressed:
            this.end(row, State.SUPPRESSED, "address_suppressed", counts=False)
        else:
            reached.append((row, address))
    return reached


def _payloads(rows: Sequence[Claimed], languages: Mapping[UUID, str], this: Round) -> dict[UUID, Mapping[str, Any]]:
    """Return what the rows say: what they hold themselves, or what the app that knows says now."""
    said: dict[UUID, Mapping[str, Any]] = {}
    to_ask: dict[str, list[Claimed]] = {}
    for row in rows:
        if row.payload is None:
            to_ask.setdefault(row.kind, []).append(row)
        elif (payload := _open(Delivery, "payload", row.id, row.payload)) is None:
            this.refuse(row, DeliveryError("unreadable"))
        else:
            said[row.id] = payload
    for kind, asking in to_ask.items():
        asked = [
            Asked(row.id, row.user_id, row.due_on, row.subject, languages[row.id]) for row in asking if row.user_id
        ]
        answers = _ask(kind, asked)
        for row in asking:
            if answers is None:
                this.refuse(row, DeliveryError("no_source"))
            elif row.id not in answers:
                this.end(row, State.FAILED, "nothing_to_say", counts=False)
            elif (answer := answers[row.id]) is None:
                this.refuse(row, DeliveryError("letter_failed"))
            else:
                said[row.id] = answer
    return said


def _ask(kind: str, asked: Sequence[Asked]) -> Mapping[UUID, Mapping[str, Any] | None] | None:
    """Return what the app that knows says, None for a row that it fails on; None if no app knows.

    A chunk it fails on is halved until that one row stands alone: the others are said, and sent.
    """
    try:
        return payloads_of(Kind(kind), asked) if kind in Kind.values else None
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - one row with a mistake must not hold up the others
        if len(asked) == 1:
            log.error("letter_failed", delivery=str(asked[0].id), kind=kind, error=type(error).__name__)
            return {asked[0].id: None}
    middle = len(asked) // 2
    return {**(_ask(kind, asked[:middle]) or {}), **(_ask(kind, asked[middle:]) or {})}


def _messages(
    reached: Sequence[tuple[Claimed, str]],
    languages: Mapping[UUID, str],
    payloads: Mapping[UUID, Mapping[str, Any]],
    this: Round,
) -> Iterable[tuple[Message, Claimed]]:
    for row, address in reached:
        if row.id not in payloads:
            continue
        try:
            yield _message(row, address, languages[row.id], payloads[row.id]), row
        except LetterNotWritten:
            # Newer code queued it, and this worker is not there yet.
            this.refuse(row, DeliveryError("no_letter"))
        except Exception as error:  # noqa: BLE001 - one text with a mistake must not hold up the others
            log.error("letter_failed", delivery=str(row.id), kind=row.kind, error=type(error).__name__)
            this.refuse(row, DeliveryError("letter_failed"))


def _message(row: Claimed, address: str, language: str, payload: Mapping[str, Any]) -> Message:
    rule = _rule_of(row)
    unsubscribe_url = ""
    if row.channel == Channel.EMAIL and row.user_id and rule and rule.topic:
        unsubscribe_url = links.unsubscribe_url(user_id=row.user_id, topic=rule.topic)
    letter = render_letter(
        kind=row.kind, channel=row.channel, language=language, payload=payload, unsubscribe_url=unsubscribe_url
    )
    return Message(
        id=row.id,
        address=address,
        letter=letter,
        kind=row.kind,
        due_on=row.due_on,
        collapse_key=_collapse_key(row, replaces_earlier=bool(rule and rule.replaces_earlier)),
        priority=row.priority,
        unsubscribe_url=unsubscribe_url,
    )


def _collapse_key(row: Claimed, *, replaces_earlier: bool) -> str:
    """Return the key under which a device shows one message: by kind, or by what the message is about."""
    if replaces_earlier:
        return row.kind[:32]
    digest = hashlib.sha256(f"{row.kind}\0{row.due_on}\0{row.subject}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def _open(model: Any, name: str, pk: UUID, value: str) -> Any:
    """Return what a field of a row holds; None if it cannot be read."""
    field = model._meta.get_field(name)
    assert isinstance(field, EncryptedTextField)  # noqa: S101 - tells mypy what the model says
    try:
        return field.open(pk, value)
    except CryptoError:
        return None
